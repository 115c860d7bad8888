"""Stop strings matched by the gateway on the answer's text, with a hold-back (reference 1.6 b)."""

from __future__ import annotations

from collections import deque

from gateway.types import Json


class HoldBack:
    """Lets text through up to the first stop string, and holds back what may be the start of one.

    The stop string that is complete first wins, however the text was cut into pieces. A logprob item
    goes out with the first character of its token, and not at all when that character does not.
    hit: a stop string was found; nothing comes after it.
    """

    __slots__ = ("_firsts", "_held", "_items", "_released", "_stops", "hit")

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._firsts = frozenset(stop[0] for stop in stops)
        self._held = ""
        self._released = 0  # characters let through, ever
        self._items: deque[tuple[int, Json]] = deque()  # where the token began, its logprob item
        self.hit = False

    def push(self, text: str, items: tuple[Json, ...] = ()) -> tuple[str, tuple[Json, ...]]:
        """The next piece goes in; what may be shown comes out."""
        base = self._released + len(self._held)
        self._items.extend((base + offset, item) for offset, item in _placed(text, items))
        self._held += text
        cut = self._match()
        self.hit = cut is not None
        return self._release(self._safe() if cut is None else cut)

    def flush(self) -> tuple[str, tuple[Json, ...]]:
        """What is still held, when no more text comes."""
        return self._release(len(self._held))

    def _match(self) -> int | None:
        """Where in the held text that stop string begins that is complete first."""
        held = self._held
        ends = [(at + len(stop), at) for stop in self._stops if (at := held.find(stop)) >= 0]
        return min(ends)[1] if ends else None

    def _safe(self) -> int:
        """How many held characters cannot be part of a stop string."""
        held = self._held
        for at, char in enumerate(held):
            if char in self._firsts:
                rest = held[at:]
                if any(stop.startswith(rest) for stop in self._stops):
                    return at
        return len(held)

    def _release(self, count: int) -> tuple[str, tuple[Json, ...]]:
        out = self._held[:count]
        self._held = "" if self.hit else self._held[count:]
        self._released += count
        everything = not self._held and not self.hit
        items = []
        while self._items and (everything or self._items[0][0] < self._released):
            items.append(self._items.popleft()[1])
        return out, tuple(items)


def _placed(text: str, items: tuple[Json, ...]) -> list[tuple[int, Json]]:
    """Each logprob item with the offset of its token; 0 where tokens and text differ (reference 2.7)."""
    if len(items) < 2 or "".join(item["token"] for item in items) != text:
        return [(0, item) for item in items]
    placed, offset = [], 0
    for item in items:
        placed.append((offset, item))
        offset += len(item["token"])
    return placed
