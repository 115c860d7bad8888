"""Socket frames (subprotocol clawd.v1): text in, typed messages out, and back. Pure; docs/protocol.md."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from chat import words
from chat.words import Again, Ask, Clear, Refused, Stop

PROTOCOL: Final = "clawd.v1"
VERSION: Final = 1
DEEPEST: Final = 64  # JSON nesting
MOST_HAD: Final = 100  # answers that a page may ask for in its hello
FAR: Final = 2**53
LONGEST_WORD: Final = 64  # of a language or a time zone

RESTART, AGAIN = 1012, 1013
BAD_FRAME, NO_IDENTITY, NOT_FOR_YOU, NO_HELLO = 4400, 4401, 4403, 4408
TOO_MANY, TOO_OLD, TOO_FAST = 4409, 4426, 4429
COME_BACK: Final = {RESTART: 1000, AGAIN: 5000, TOO_FAST: 5000}  # milliseconds
_quoted: Final = json.encoder.encode_basestring_ascii
NOWHERE: Final = uuid.UUID(int=0)  # an id that nothing has


class BadFrame(Exception):
    """Not a frame of this protocol: an error frame, then the close with this code."""

    def __init__(self, message: str, close: int = BAD_FRAME) -> None:
        super().__init__(message)
        self.close = close


@dataclass(frozen=True, slots=True)
class Hello:
    """focus: the open conversation. have: (generation, last number seen). language, zone: of the page."""

    focus: uuid.UUID | None = None
    have: tuple[tuple[uuid.UUID, int], ...] = ()
    language: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Subscribe:
    conversation: uuid.UUID


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    conversation: uuid.UUID


@dataclass(frozen=True, slots=True)
class Resume:
    generation: uuid.UUID
    after: int


@dataclass(frozen=True, slots=True)
class Ping:
    n: int


Said = Hello | Ask | Again | Stop | Clear | Subscribe | Unsubscribe | Resume | Ping


def from_frame(text: str) -> Said | None:
    """What a frame says; None: a type that is not known, to be ignored.

    BadFrame: not JSON, no object, no `t`: the socket closes. Refused: this message alone is wrong.
    """
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadFrame("A frame must be one JSON object.") from None
    if not isinstance(found, dict) or too_deep(found):
        raise BadFrame("A frame must be one JSON object, nested at most 64 deep.")
    kind = found.get("t")
    if not isinstance(kind, str):
        raise BadFrame("A frame names its type in t.")
    reader = READERS.get(kind)
    return reader(found) if reader is not None else None


def frame(t: str, **fields: Any) -> str:
    """One outgoing frame; a field that is None is left out. UUIDs become their text."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"t": t, **kept}, separators=(",", ":"), default=str)


def whole(t: str, **fields: Any) -> str:
    """One outgoing frame in which null is a value."""
    return json.dumps({"t": t, **fields}, separators=(",", ":"), default=str)


def delta(generation: uuid.UUID | str, seq: int, kind: str, text: str) -> str:
    """The one frame that is made for each token: as `frame` would make it, for a fifth of its time."""
    return f'{{"t":"delta","g":"{generation}","s":{seq},"k":"{kind}","d":{_quoted(text)}}}'


def error(
    code: str | None,
    *,
    sent_id: str | None = None,
    generation: str | None = None,
    args: Mapping[str, Any] | None = None,
    retry: bool = False,
    retry_after_ms: int | None = None,
    ref: str = "",
) -> str:
    """An `error` frame: `key` is the page's text for this code, args what it fills in, ref the support's."""
    code = code or "bad_request"
    return frame(
        "error",
        id=sent_id,
        g=generation,
        code=code,
        key=f"error.{code}",
        args=dict(args or {}),
        retry=retry,
        retry_after_ms=retry_after_ms,
        ref=ref,
    )


def too_deep(value: Any) -> bool:
    """More than 64 levels of arrays and objects."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _hello(found: dict[str, Any]) -> Hello:
    """app, lang and tz may be anything: they are judged where they are used."""
    version = found.get("v")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadFrame("hello must carry v, the protocol's version.")
    if version < VERSION:
        raise BadFrame("This page is too old: please load it again.", TOO_OLD)
    have = found.get("have") or []
    if not isinstance(have, list) or len(have) > MOST_HAD or not all(isinstance(one, dict) for one in have):
        raise BadFrame("hello.have must be a list of {g, s}.")
    seen = tuple((_known(one.get("g")) or NOWHERE, _clamped(one.get("s"))) for one in have)
    language, zone = (value if isinstance(value := found.get(name), str) else "" for name in ("lang", "tz"))
    return Hello(_known(found.get("focus")), seen, language[:LONGEST_WORD], zone[:LONGEST_WORD])


def _known(value: Any) -> uuid.UUID | None:
    """An id that a page remembered; a wrong one is looked for like any other, and not found."""
    if value is None:
        return None
    try:
        return words.Reader({"id": value}).reference("id")
    except Refused:
        return NOWHERE


def _clamped(value: Any) -> int:
    return min(max(value, 0), FAR) if isinstance(value, int) and not isinstance(value, bool) else 0


def _number(value: Any) -> int:
    """A sequence number, clamped to what can be one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("bad_request", "s must be a whole number.", param="s")
    return _clamped(value)


def _resume(found: dict[str, Any]) -> Resume:
    return Resume(words.Reader(found).reference("g"), _number(found.get("s", 0)))


def _ping(found: dict[str, Any]) -> Ping:
    n = found.get("n", 0)
    return Ping(n if isinstance(n, int) and not isinstance(n, bool) and abs(n) <= FAR else 0)


READERS: Final[dict[str, Callable[[dict[str, Any]], Said]]] = {
    "hello": _hello,
    "chat.send": words.ask,
    "chat.regen": words.again,
    "chat.stop": words.stop,
    "context.clear": words.clear,
    "sub": lambda found: Subscribe(words.Reader(found).reference("c")),
    "unsub": lambda found: Unsubscribe(words.Reader(found).reference("c")),
    "resume": _resume,
    "ping": _ping,
}
