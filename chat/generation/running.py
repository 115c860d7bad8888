"""One answer that this process is making, as those who watch it see it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable

from chat.generation.pieces import FAR_BEHIND, MUCH, End, Kind, Piece, Seen, Snapshot, joined
from gateway.call import Call
from gateway.types import Finished


class Thought:
    """How long the model thought before it said something."""

    __slots__ = ("_end", "_since")

    def __init__(self) -> None:
        self._since = self._end = 0.0

    def begun(self) -> None:
        if not self._since:
            self._since = time.monotonic()

    def over(self) -> None:
        if self._since and not self._end:
            self._end = time.monotonic()

    def ms(self) -> int:
        """Until now, where it says nothing yet; 0: it did not think."""
        return round(1000 * ((self._end or time.monotonic()) - self._since)) if self._since else 0


class Running:
    """Watchers are readers with a number, not queues: a slow one costs nothing and gets a snapshot later.

    pieces: what is in the log already, so it may be shown. pending: gathered, not yet in the log.
    """

    def __init__(self, generation: uuid.UUID, conversation: uuid.UUID | None, caller: str) -> None:
        self.generation = generation
        self.conversation = conversation
        self.caller = caller
        self.message: uuid.UUID | None = None
        self.call: Call | None = None  # while it is being asked for
        self.state = "queued"
        self.end: End | None = None
        self.pieces: list[Piece] = []
        self.pending: list[tuple[Kind, str]] = []
        self.pending_size = 0
        self.watchers = 0
        self.on_watchers: Callable[[int], None] = lambda count: None
        self.stopped = False
        self.broken = False
        self.thought = Thought()
        self.repeating = False  # what is shown now was there before this answer went on
        self.task: asyncio.Task[Finished | None] | None = None
        self._changed = asyncio.Event()

    def gather(self, kind: Kind, text: str) -> int:
        """Take one more bit of the answer; how many characters are waiting now."""
        if self.pending and self.pending[-1][0] == kind and kind != "raw":
            self.pending[-1] = (kind, self.pending[-1][1] + text)
        else:
            self.pending.append((kind, text))
        self.pending_size += len(text)
        return self.pending_size

    def take(self) -> list[Piece]:
        """What is gathered, numbered, for the log."""
        first = len(self.pieces) + 1
        taken = [Piece(first + place, kind, text) for place, (kind, text) in enumerate(self.pending)]
        self.pending, self.pending_size = [], 0
        return taken

    def show(self, pieces: list[Piece]) -> None:
        """These are in the log now."""
        self.pieces += pieces
        if not self.repeating:
            self.state = "generating"
        self._wake()

    def break_off(self) -> None:
        """A part of it could not be stored: no later part may follow."""
        self.broken = True
        self.pending, self.pending_size = [], 0
        if self.task is not None:
            self.task.cancel()

    def close(self, end: End) -> None:
        """It is over."""
        self.end, self.state = end, end.state
        self._wake()

    def seen_after(self, after: int) -> list[Seen]:
        """What a reader that knows numbers up to `after` is to see now; may be nothing."""
        last = len(self.pieces)
        found: list[Seen] = []
        if after > last or self._far(after):
            found.append(self.snapshot())
        else:
            found += self.pieces[after:]
        if self.end is not None:
            found.append(self.end)
        return found

    def snapshot(self) -> Snapshot:
        text, think = joined(self.pieces, "text"), joined(self.pieces, "think")
        return Snapshot(len(self.pieces), text, think, self.state)

    async def begin(self) -> None:
        """Before the first look: here all is known."""

    async def change(self) -> None:
        """Wait until there is something new."""
        await self._changed.wait()

    def watch(self) -> Callable[[], None]:
        """Count one more watcher; call the result once to count it off."""
        self.watchers += 1
        self.on_watchers(self.watchers)
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                self.watchers -= 1
                self.on_watchers(self.watchers)

        return leave

    def _far(self, after: int) -> bool:
        behind = self.pieces[after:]
        return len(behind) > FAR_BEHIND or sum(len(piece.text) for piece in behind) > MUCH

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
