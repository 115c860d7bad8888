"""One key of the configuration in words: value, where it comes from, what it does, when an edit counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from clawdsite.core.config.catalogue import Key, catalogue, sections, written
from clawdsite.core.config.compare import leaves
from clawdsite.core.config.load import Loaded
from clawdsite.core.config.nearest import nearest_key
from clawdsite.core.config.rules import AUTHORIZATION_WORDS
from clawdsite.core.config.tree import Entry, Path, below_key

EFFECTS: Final = {
    "reload": "a reload (SIGHUP) takes it over",
    "restart": "takes a restart",
    "not available yet": "not available yet",
}
OPEN_ENDED: Final = (
    "models.aliases",
    "models.options",
    "limits.teams",
    "oauth2.group_map",
    "oauth2.scope_map",
)


class UnknownKey(LookupError):
    """There is no such key; `nearest` is what was probably meant."""

    def __init__(self, name: str, nearest: str | None) -> None:
        super().__init__(name)
        self.name = name
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Explanation:
    """value, default: as one would write them; a secret's only as its length. origin: where it was set."""

    name: str
    value: str
    origin: str
    key: Key

    def __str__(self) -> str:
        rows = {
            "from": self.origin,
            "type": self.key.kind,
            "default": self.key.default,
            "change": EFFECTS[self.key.effect],
        }
        lines = [f"{self.name} = {self.value}", *(f"  {word:<9}{text}" for word, text in rows.items())]
        return "\n".join([*lines, f"  {self.key.description}"])


def explain(loaded: Loaded, name: str) -> tuple[Explanation, ...]:
    """The key of that name: `upstream.timeout`, `auth.jwt.secret` (each issuer's), `auth.jwt[1].secret`.

    A section gives all of its keys. Another spelling (`timeout`, `secret_file`) gives the key it sets.
    UnknownKey where there is none.
    """
    wanted = _wanted(name)
    found = tuple(
        _told(loaded, path, value)
        for path, _, value in leaves(loaded.config)
        if _covers(wanted, path) and _dotted(path) in catalogue()
    )
    if not found:  # a list without items has keys all the same
        found = tuple(
            Explanation(key.path, "(no entry)", "nowhere", key)
            for key in catalogue().values()
            if _covers(wanted, tuple(key.path.split("."))) and not key.stands_for
        )
    if not found:
        raise UnknownKey(name, nearest_key(_steps(name)))
    return found


def _wanted(name: str) -> Path:
    """The path that a name asks for, other spellings and names below open-ended keys resolved."""
    steps = _steps(name)
    plain = _dotted(steps)
    for above in OPEN_ENDED:
        if plain.startswith(above + "."):
            return _first_words(steps, above.count(".") + 1)
    key = catalogue().get(plain)
    if key is None and plain not in sections():
        raise UnknownKey(name, nearest_key(steps))
    if key is not None and key.stands_for:
        indexes = [step for step in steps if isinstance(step, int)]
        target: Path = tuple(key.stands_for.split("."))
        return (*target[:-1], *indexes, target[-1])
    return steps


def _steps(name: str) -> Path:
    """`auth.jwt[1].secret` -> (auth, jwt, 1, secret)."""
    found = re.findall(r"\[(\d{1,6})\]|([^.\[\]]+)", name)
    return tuple(int(index) if index else word for index, word in found)


def _first_words(steps: Path, count: int) -> Path:
    """The steps up to that many words; indexes between them stay."""
    found: list[str | int] = []
    for step in steps:
        found.append(step)
        count -= isinstance(step, str)
        if not count:
            break
    return tuple(found)


def _dotted(path: Path) -> str:
    return ".".join(step for step in path if isinstance(step, str))


def _covers(wanted: Path, path: Path) -> bool:
    """Whether the path is the wanted one or lies below it; without an index all items are wanted."""
    if not any(isinstance(step, int) for step in wanted):
        path = tuple(step for step in path if isinstance(step, str))
    return path[: len(wanted)] == wanted


def _told(loaded: Loaded, path: Path, value: object) -> Explanation:
    key = catalogue()[_dotted(path)]
    return Explanation(_name(loaded.root, path), _shown(value, key), _origin(loaded, path), key)


def _name(root: Entry, path: Path) -> str:
    """As one would write it: a list that is written as one mapping has no index, nor has an absent one."""
    name = ""
    for index, step in enumerate(path):
        listed = root.at(path[:index])
        if not (isinstance(step, int) and (listed is None or _single(listed))):
            name = below_key(name, step)
    return name


def _single(listed: Entry) -> bool:
    """Whether a list of sections is written as one mapping."""
    return [item.key for item in listed.value] == [listed.key]


def _shown(value: object, key: Key) -> str:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        if not text:
            return "(not set)"
        open_words = (
            (*AUTHORIZATION_WORDS, key.default) if key.path == "upstream.authorization" else (key.default,)
        )
        is_open = text in open_words or text.startswith("sqlite:")  # a path holds no password
        return text if is_open else f"(set, {len(text)} characters)"
    if isinstance(value, str) and "\n" in value:
        return f"({len(value.splitlines())} lines)"
    return written(value, key.field)


def _origin(loaded: Loaded, path: Path) -> str:
    entry = loaded.root.at(path)
    if entry is None:
        return "the default" if loaded.file else "the development defaults; there is no configuration file"
    place = f"{loaded.file}:{entry.line}"
    if entry.file:
        return f"the file {entry.file} ({place})"
    parts = list(_all(entry))
    names = sorted({name for part in parts for name in part.variables})
    if not names:
        return place
    if all(part.fallback for part in parts if part.variables):
        return f"{place}, the fallback written there; {' and '.join(names)} not set"
    return f"the environment variable{'s' if len(names) > 1 else ''} {' and '.join(names)} ({place})"


def _all(entry: Entry) -> Iterator[Entry]:
    yield entry
    children: Any = entry.value.values() if isinstance(entry.value, dict) else entry.value
    if isinstance(entry.value, dict | list):
        for child in children:
            yield from _all(child)
