"""One answer that this process is making, as those who watch it see it."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Sequence

from chat import frames
from chat.generation.pieces import FAR_BEHIND, MUCH, End, Kind, Piece, Seen, Snapshot, joined
from gateway.call import Call
from gateway.types import Finished

log = logging.getLogger(__name__)


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


Push = Callable[[Sequence[str]], bool]


class Pushed:
    """A watcher that knows all there is, and takes what comes as frames, at once and without a task's turn.

    push: shows frames; False: not now. over: done when it is to look for itself again.
    """

    __slots__ = ("after", "over", "push")

    def __init__(self, after: int, push: Push, over: asyncio.Future[None]) -> None:
        self.after, self.push, self.over = after, push, over

    def take(self, shown: Sequence[str], last: int) -> None:
        if self.over.done():  # left, or was cancelled a moment ago
            return
        try:
            taken = self.push(shown)
        except Exception:  # the others are shown theirs
            log.exception("an answer could not be pushed")
            taken = False
        if taken:
            self.after = last
        else:
            self.look()

    def look(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


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
        self.taken = False  # the log takes no more of it: it is over for others, or somebody stopped it
        self.gone = False  # not to be shown any more
        self.thought = Thought()
        self.repeating = False  # what is shown now was there before this answer went on
        self.task: asyncio.Task[Finished | None] | None = None
        self._named = str(generation)
        self._over = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._pushed: list[Pushed] = []

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
        if self._pushed and pieces:
            self._push(pieces)
        self._tell()

    def break_off(self, *, taken: bool = False) -> None:
        """A part of it could not be stored: no later part may follow."""
        self.broken, self.taken = True, taken
        self.pending, self.pending_size = [], 0
        if self.task is not None:
            self.task.cancel()

    def withdraw(self) -> None:
        """Nobody who watches sees any more of it: to them there is no such answer."""
        self.gone = True
        self._wake()

    def close(self, end: End) -> None:
        """It is over."""
        self.end, self.state = end, end.state
        self._over.set()
        self._wake()

    def seen_after(self, after: int) -> list[Seen]:
        """What a reader that knows numbers up to `after` is to see now; may be nothing.

        LookupError where there is no such answer (any more).
        """
        if self.gone:
            raise LookupError(self.generation)
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
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    async def over(self) -> End:
        """Wait until it is."""
        while self.end is None:
            await self._over.wait()
        return self.end

    async def pushed(self, after: int, push: Push) -> int:
        """Let what comes behind `after`, the last number so far, be pushed: until there is an end, or `push`
        says no. -> the last number pushed."""
        one = Pushed(after, push, asyncio.get_running_loop().create_future())
        self._pushed.append(one)
        try:
            await one.over
        finally:
            self._pushed.remove(one)
        return one.after

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

    def _push(self, pieces: Sequence[Piece]) -> None:
        """The frames are made once, whoever many see them."""
        shown = [frames.delta(self._named, piece.seq, piece.kind, piece.text) for piece in pieces]
        for one in self._pushed:
            one.take(shown, pieces[-1].seq)

    def _wake(self) -> None:
        """Everybody is to look for themselves."""
        for one in self._pushed:
            one.look()
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)
