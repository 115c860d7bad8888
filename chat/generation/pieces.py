"""What an answer's log is made of. Pure data."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

Kind = Literal["text", "think", "raw"]
Reason = Literal["stop", "length", "stopped", "error", "interrupted", "filtered"]

FLUSH_SECONDS: Final = 0.04  # deltas of one answer are gathered for so long,
FLUSH_BYTES: Final = 2048  # or until there are so many
FAR_BEHIND: Final = 500  # pieces; a reader further behind gets one snapshot instead
MUCH: Final = 256 * 1024  # characters; likewise


class Piece(NamedTuple):
    """seq: from 1, without a gap. A tuple: one is made for each token."""

    seq: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The last word of an answer. seq: of its last piece. usage: {in, out, ttft_ms, ms}. error: a code.

    message: where it is stored, for an answer of a conversation.
    """

    seq: int
    state: str
    reason: Reason
    usage: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    message: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of an answer up to seq, for whoever is too far behind for pieces."""

    seq: int
    text: str
    think: str
    state: str


Seen = Piece | Snapshot | End


def storable(text: str) -> str:
    """The text as any engine can keep it: NUL and half a surrogate pair become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def joined(pieces: list[Piece], kind: Kind) -> str:
    return "".join(piece.text for piece in pieces if piece.kind == kind)
