"""config.yaml -> one frozen Config, or every problem it has at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clawdsite.core.config import mounted, rules
from clawdsite.core.config.catalogue import marked
from clawdsite.core.config.compare import differences, keeping, leaves
from clawdsite.core.config.grounded import grounded
from clawdsite.core.config.normalise import normalise
from clawdsite.core.config.problems import NOT_YET, ConfigErrors, Ledger, Problem
from clawdsite.core.config.schema import Config
from clawdsite.core.config.tree import Entry, parse
from clawdsite.core.config.tree import Path as TreePath
from clawdsite.core.config.validate import validate

__all__ = ["ConfigErrors", "Loaded", "Problem", "load", "locate", "read"]

MOST: Final = 1024 * 1024
WRITTEN_NOW: Final = "is being written right now"
VARIABLE: Final = "CLAWDBOT_CONFIG"
DEFAULT: Final = "config.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that may be used, and where each part of it came from.

    warnings: what a person should know but nothing refuses. root: the file as a tree (secrets inside).
    waiting: at a reload, the keys whose new value takes a restart.
    """

    config: Config
    file: str
    warnings: tuple[Problem, ...]
    root: Entry = field(repr=False)
    waiting: tuple[str, ...] = ()


def load(path: Path | None, env: Mapping[str, str]) -> Config:
    """The configuration in this file; the development defaults where there is none.

    ConfigErrors names everything that is wrong with it.
    """
    return read(path, env).config


def read(path: Path | None, env: Mapping[str, str], *, keep: Config | None = None) -> Loaded:
    """`load`, with warnings and origins.

    keep: the running configuration at a reload; its restart-only keys stay, and the rules judge the
    mixture, so that a file cannot become acceptable by naming a mode that is not in force.
    """
    if path is None:
        return Loaded(Config(mode="development"), "", (), Entry({}, None, ""))
    file = str(path)
    ledger = Ledger(file)
    root = parse(_content(path), env, ledger)
    if "" in ledger.settled:  # no tree to judge
        raise ConfigErrors(ledger.in_order())
    normalise(root, path.absolute().parent, ledger)
    config = grounded(validate(root, ledger), path.absolute().parent)
    _refuse_planned(config, root, ledger)
    asked = config
    if keep is not None:
        config = keeping(asked, keep)
    warned = _judge(config, root, path, ledger)
    if ledger.found:
        raise ConfigErrors(ledger.in_order())
    return Loaded(config, file, warned, root, differences(config, asked))


def locate(given: str | None, env: Mapping[str, str]) -> Path | None:
    """The file to use: the one given, else $CLAWDBOT_CONFIG, else ./config.yaml if it is there."""
    named = given or env.get(VARIABLE)
    if named:
        return Path(named)
    return Path(DEFAULT) if Path(DEFAULT).is_file() else None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            before = os.fstat(opened.fileno())
            content = opened.read(MOST + 1)
            after = os.fstat(opened.fileno())
    except OSError as error:
        raise ConfigErrors((Problem(str(path), None, "", mounted.reason(error)),)) from None
    if len(content) > MOST:
        raise ConfigErrors((Problem(str(path), None, "", "is larger than 1 MiB"),))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ConfigErrors((Problem(str(path), None, "", WRITTEN_NOW),))
    return content


def _refuse_planned(config: Config, root: Entry, ledger: Ledger) -> None:
    for path, field_, value in leaves(config):
        if marked(field_, "planned") and value != field_.get_default():
            key, line = root.place(path)
            ledger.add_unless_settled(line, key, NOT_YET)


def _judge(config: Config, root: Entry, path: Path, ledger: Ledger) -> tuple[Problem, ...]:
    refused: list[Problem] = []
    warned: list[Problem] = []
    for finding in rules.judge(config, rules.facts(root, path)):
        key, line = root.place(finding.path)
        if not ledger.is_settled(key) and not _hangs_on_another(finding.path, root, ledger):
            found = refused if finding.refused else warned
            found.append(Problem(ledger.file, line, key, finding.message, finding.hint))
    ledger.found += refused  # at the end: two rules may both have a word on one key
    return tuple(warned)


def _hangs_on_another(path: TreePath, root: Entry, ledger: Ledger) -> bool:
    """Which key an issuer needs cannot be said while its algorithm is wrong, nor a provider's while
    its kind is."""
    if path[0] == "oauth2":
        return ledger.is_settled(root.place((*path[:2], "provider"))[0])
    if path[-1] not in ("secret", "jwks_url", "public_key"):
        return False
    return ledger.is_settled(root.place((*path[:-1], "algorithms"))[0])
