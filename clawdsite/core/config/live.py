"""The configuration in force: one reference, swapped whole; a broken file changes nothing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clawdsite.core.config.compare import differences
from clawdsite.core.config.load import WRITTEN_NOW, ConfigErrors, read
from clawdsite.core.config.problems import Problem
from clawdsite.core.config.schema import Config


@dataclass(frozen=True, slots=True)
class Reload:
    """What one reload came to.

    ok: the new file is in force. problems: why it is not; the old configuration stays, all of it.
    changed: keys with another value than before. needs_restart: keys whose new value waits for a restart.
    at: Unix seconds.
    """

    ok: bool
    problems: tuple[Problem, ...] = ()
    changed: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    at: float = field(default_factory=time.time)


QUIET: Final = 0.1  # seconds without a change after which a file counts as written
PATIENCE: Final = 2.0

_current: Config = Config(mode="development")
_path: Path | None = None
_reloading = threading.Lock()


def current() -> Config:
    """The configuration in force; the development defaults before anything was installed.

    The same object until a reload: who derives something from it compares by `is`.
    """
    return _current


def install(config: Config, path: Path | None = None) -> None:
    """Put a configuration in force; path: the file that `reload` reads again."""
    global _current, _path
    _current, _path = config, path


def reload() -> Reload:
    """Read the file again and take it over if nothing is wrong with it; never raises for a bad file.

    Keys that take a restart keep their running value, and the rules judge the mixture. Blocks while it
    reads, and while the file is still being written: call it in a thread.
    """
    global _current
    with _reloading:
        running = _current
        try:
            if _path is not None:
                _settle(_path)
            loaded = read(_path, os.environ, keep=running)
        except ConfigErrors as error:
            return Reload(False, error.problems)
        fresh = loaded.config if _path is not None else running
        changed = differences(running, fresh)
        if changed:
            _current = fresh
        return Reload(True, (), changed, loaded.waiting, loaded.warnings)


def _settle(path: Path) -> None:
    """Return once the file has been left alone for a moment; half a file can be valid too.

    ConfigErrors after two seconds of changes. A clock that runs behind the file's is no reason to wait.
    """
    patience = time.monotonic() + PATIENCE
    while 0 <= time.time() - _written_at(path) < QUIET:
        if time.monotonic() > patience:
            raise ConfigErrors((Problem(str(path), None, "", WRITTEN_NOW),))
        threading.Event().wait(QUIET / 4)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # reading it will say why
        return 0.0


@contextmanager
def override(config: Config) -> Iterator[Config]:
    """Another configuration for a while (tests)."""
    global _current
    before, _current = _current, config
    try:
        yield config
    finally:
        _current = before
