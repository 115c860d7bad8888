"""What a double of Ollama answers: status, headers, body pieces, and how it misbehaves.

A Reply never changes; `cut`, `split`, `stall` and `slow` give a changed copy:

    Reply.recording("native-chat-stream").cut(at=100, how="rst")
    Reply.lines({"done": True}).stall("headers")
    Reply.tokens(1000, rate=50)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

RECORDINGS = Path(__file__).parent.parent / "recordings"
How = Literal["clean", "fin", "rst"]
Piece = tuple[float, bytes]  # seconds after the piece before it, bytes of the body
Body = Callable[[], Iterator[Piece]]
NDJSON = (("Content-Type", "application/x-ndjson"),)
JSON = (("Content-Type", "application/json; charset=utf-8"),)


@dataclass(frozen=True)
class Stall:
    """Silence at a place of the answer.

    where: `headers` (before any byte), `first` (after the headers), or after so many bytes of the body.
    seconds: None lasts until `double.release()`, the client's going, or the double's end.
    """

    where: Literal["headers", "first"] | int
    seconds: float | None = None


@dataclass(frozen=True)
class Reply:
    """One answer.

    length: bytes of the body when it is announced by Content-Length; None sends it in chunks.
    end: `clean`, or how the connection breaks after the last piece (without the terminating chunk).
    wire: instead of all else, these bytes as they are, `gap` seconds apart; then the end is as `end` says.
    wire_cut: so many bytes go out, head and framing counted; then the connection ends by `end`.
    slot: whether it takes one of the double's `parallel` places.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = NDJSON
    body: Body = field(default=lambda: iter(()))
    length: int | None = None
    end: How = "clean"
    stalls: tuple[Stall, ...] = ()
    wire: tuple[bytes, ...] | None = None
    gap: float = 0.0
    wire_cut: int | None = None
    slot: bool = True

    # ---- making one ---------------------------------------------------------------------------

    @classmethod
    def pieces(cls, pieces: Iterable[bytes], *, gap: float = 0.0, **more: Any) -> Reply:
        """Chunks as given, `gap` seconds apart."""
        kept = tuple((gap, piece) for piece in pieces)
        return cls(body=lambda: iter(kept), **more)

    @classmethod
    def lines(cls, *lines: Any, gap: float = 0.0, **more: Any) -> Reply:
        """NDJSON: one chunk a line; bytes go as they are, anything else as JSON."""
        return cls.pieces([to_line(line) for line in lines], gap=gap, **more)

    @classmethod
    def json(cls, value: Any, status: int = 200, *, headers: Iterable[tuple[str, str]] = ()) -> Reply:
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls.text(body, status, headers=(*JSON, *headers))

    @classmethod
    def error(cls, status: int, message: Any, *, headers: Iterable[tuple[str, str]] = ()) -> Reply:
        """Ollama's own form of an error."""
        return cls.json({"error": message}, status, headers=headers)

    @classmethod
    def text(
        cls, body: bytes | str, status: int = 200, *, headers: Iterable[tuple[str, str]] | None = None
    ) -> Reply:
        """A body of a known length; without `headers` it is text/plain."""
        raw = body.encode() if isinstance(body, str) else body
        named = (("Content-Type", "text/plain"),) if headers is None else tuple(headers)
        return cls(status, named, lambda: iter(((0.0, raw),)), len(raw))

    @classmethod
    def raw(cls, *wire: bytes, gap: float = 0.0, end: How = "fin") -> Reply:
        """Bytes that need not be HTTP at all, in several writes `gap` seconds apart."""
        return cls(wire=wire, gap=gap, end=end)

    @classmethod
    def recording(cls, name: str | Path, *, timing: float = 0.0) -> Reply:
        """Replays a recorded exchange byte for byte, one chunk for each recorded piece.

        name: a file, or the name of one in tests/recordings.
        timing: 1.0 keeps the recorded pauses, 0 has none.
        """
        recorded = load_recording(name)
        kept, before = [], 0.0
        for piece in recorded["body"]:
            at = piece["ms"] / 1000 * timing
            kept.append((at - before, piece["text"].encode()))
            before = at
        headers = tuple((key, value) for key, value in recorded["headers"].items() if key not in FRAMING)
        length = sum(len(raw) for _, raw in kept) if "content-length" in recorded["headers"] else None
        return cls(recorded["status"], headers, lambda: iter(kept), length)

    @classmethod
    def tokens(
        cls, count: int, *, rate: float | None = None, model: str = "qwen3:32b", thinking: int = 0
    ) -> Reply:
        """`thinking` thought and `count` said words as /api/chat streams them; rate: words a second."""
        from tests.doubles.native import chat_lines

        gap = 1 / rate if rate else 0.0
        return cls(body=lambda: ((gap, line) for line in chat_lines(model, count, thinking)))

    @classmethod
    def flood(cls, line: Any, times: int, **more: Any) -> Reply:
        """The same line again and again as fast as the client reads; made on the way, not kept."""
        raw = to_line(line)
        return cls(body=lambda: ((0.0, raw) for _ in range(times)), **more)

    # ---- changing one -------------------------------------------------------------------------

    def cut(self, at: int, how: How = "fin") -> Reply:
        """Only the first `at` bytes of the body, then the end: `clean` ends it as if it were whole."""
        length = at if self.length is not None and how == "clean" else self.length
        return replace(self, body=lambda: cut_pieces(self.body(), at), end=how, length=length)

    def cut_wire(self, at: int, how: Literal["fin", "rst"] = "fin") -> Reply:
        """Only the first `at` bytes on the wire: inside the head, or inside the framing of a chunk."""
        return replace(self, wire_cut=at, end=how)

    def split(self, *at: int) -> Reply:
        """The same bytes in other pieces: one write and one chunk up to each place."""
        return replace(self, body=lambda: split_pieces(self.body(), at))

    def stall(self, where: Literal["headers", "first"] | int, seconds: float | None = None) -> Reply:
        return replace(self, stalls=(*self.stalls, Stall(where, seconds)))

    def slow(self, gap: float) -> Reply:
        """Each piece comes `gap` seconds after the one before."""
        return replace(self, body=lambda: ((gap, raw) for _, raw in self.body()))

    def with_headers(self, *headers: tuple[str, str]) -> Reply:
        """More headers, in place of those of the same name."""
        new = {name.lower() for name, _ in headers}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in new)
        return replace(self, headers=kept + headers)

    def whole(self) -> bytes:
        """The whole body."""
        return b"".join(raw for _, raw in self.body())


FRAMING = ("transfer-encoding", "content-length")


def to_line(line: Any) -> bytes:
    if isinstance(line, bytes):
        return line
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def load_recording(name: str | Path) -> dict[str, Any]:
    """A recorded exchange: request, status, headers, body pieces with their milliseconds."""
    path = Path(name)
    if not path.suffix:
        path = RECORDINGS / f"{name}.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def cut_pieces(pieces: Iterator[Piece], at: int) -> Iterator[Piece]:
    left = at
    for gap, raw in pieces:
        if left <= 0:
            return
        yield gap, raw[:left]
        left -= len(raw)


def split_pieces(pieces: Iterator[Piece], at: tuple[int, ...]) -> Iterator[Piece]:
    whole = b"".join(raw for _, raw in pieces)
    places = [0, *sorted({place for place in at if 0 < place < len(whole)}), len(whole)]
    for start, end in zip(places, places[1:], strict=False):
        yield 0.0, whole[start:end]
