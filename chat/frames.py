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
FAR: Final = 2**53

ENDED, CLOSED = 1000, 1012
BAD_FRAME, NO_IDENTITY, NOT_FOR_YOU, NO_HELLO = 4400, 4401, 4403, 4408
TOO_MANY, TOO_OLD, TOO_FAST = 4409, 4426, 4429


class BadFrame(Exception):
    """Not a frame of this protocol: an error frame, then the close with this code."""

    def __init__(self, message: str, close: int = BAD_FRAME) -> None:
        super().__init__(message)
        self.close = close


@dataclass(frozen=True, slots=True)
class Hello:
    """app: the page's version. focus: the open conversation. have: (generation, last number seen)."""

    app: str = ""
    lang: str = ""
    focus: uuid.UUID | None = None
    have: tuple[tuple[uuid.UUID, int], ...] = ()


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
    if not isinstance(found, dict):
        raise BadFrame("A frame must be one JSON object.")
    kind = found.get("t")
    if not isinstance(kind, str):
        raise BadFrame("A frame names its type in t.")
    reader = READERS.get(kind)
    return reader(found) if reader is not None else None


def frame(t: str, **fields: Any) -> str:
    """One outgoing frame; a field that is None is left out. UUIDs become their text."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"t": t, **kept}, separators=(",", ":"), default=str)


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


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _hello(found: dict[str, Any]) -> Hello:
    version = found.get("v")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadFrame("hello must carry v, the protocol's version.")
    if version < VERSION:
        raise BadFrame("This page is too old: please load it again.", TOO_OLD)
    reader = words.Reader(found)
    have = found.get("have", [])
    if not isinstance(have, list) or len(have) > 100:
        raise BadFrame("hello.have must be a list of {g, s}.")
    seen = [one for one in have if isinstance(one, dict)]
    app, lang = (value if isinstance(value := found.get(name), str) else "" for name in ("app", "lang"))
    return Hello(
        app[:32],
        lang[:35],
        reader.optional("focus"),
        tuple((words.Reader(one).reference("g"), _number(one.get("s"))) for one in seen),
    )


def _number(value: Any) -> int:
    """A sequence number, clamped to what can be one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("bad_request", "s must be a whole number.", param="s")
    return min(max(value, 0), FAR)


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
