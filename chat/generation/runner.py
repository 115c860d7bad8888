"""Makes answers: one task each, which no socket owns; stop, linger, leave and shutdown end it (D11)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from django.db import DatabaseError, Error

from accounts.caller import Caller
from accounts.tokens.revocation import revocations
from chat.generation import log as database
from chat.generation.pieces import End, Kind
from chat.generation.running import Running
from chat.generation.writer import AGAIN, PATIENCE, NotSaved, Writer
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError
from clawdsite.core.lifecycle import lifecycle
from gateway import accesslog, services
from gateway.admission import limits
from gateway.call import Call
from gateway.types import Batch, ChatRequest, Finished, Text, Thinking

log = logging.getLogger(__name__)

BEAT: Final = 2.0  # seconds between two signs of life; a lease is 8 s
LOOK: Final = 0.5  # seconds between two looks whether another process was asked to stop one
NOT_SAVED: Final = "not_saved"
AFTER_END: Final = 60.0  # seconds an ended answer stays in memory for those who watch it


T = TypeVar("T")
Ask = Callable[[Running, Writer, Call], Coroutine[Any, Any, Finished | None]]


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to make. ask: another way to make it than the chat's; call: its account then.

    so_far: thinking and text of an answer that goes on: the beginning of its log.
    """

    generation: uuid.UUID
    conversation: uuid.UUID | None
    caller: Caller
    request: ChatRequest
    request_id: str
    message: uuid.UUID | None = None
    ask: Ask | None = None
    call: Call | None = None
    so_far: tuple[tuple[Kind, str], ...] = ()


class Preparing:
    """What an answer needs before its question can go up."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.task, self.stopped = task, False

    def stop(self) -> None:
        self.stopped = True
        self.task.cancel()


class Runner:
    """All answers that this process makes."""

    def __init__(self, writer: Writer | None = None) -> None:
        self.worker = secrets.token_hex(8)
        self.writer = writer or Writer()
        self.running: dict[uuid.UUID, Running] = {}
        self._preparing: dict[uuid.UUID, Preparing] = {}
        self._makers: set[asyncio.Task[None]] = set()
        self._beat: asyncio.Task[None] | None = None
        self._timers: dict[uuid.UUID, asyncio.TimerHandle] = {}

    async def prepare(self, generation: uuid.UUID, work: Coroutine[Any, Any, T]) -> T | None:
        """Await what an answer needs before it can start: so long it is alive, and can be stopped (None)."""
        task = asyncio.ensure_future(work)
        preparing = self._preparing[generation] = Preparing(task)
        self._live()
        try:
            await asyncio.wait({task})
        finally:
            del self._preparing[generation]
            task.cancel()  # whoever waited has gone
        if task.cancelled():
            return None
        found = task.result()
        return None if preparing.stopped else found

    def start(self, job: Job) -> Running:
        """Begin; the row and its message are stored already. Returns at once."""
        running = Running(job.generation, job.conversation, job.caller.id)
        running.message = job.message
        self.running[job.generation] = running
        running.on_watchers = lambda count: self._linger(running, count)
        task = asyncio.get_running_loop().create_task(self._make(running, job))
        self._makers.add(task)
        task.add_done_callback(self._makers.discard)
        self._live()
        self._linger(running, 0)
        return running

    def stop(self, generation: uuid.UUID) -> bool:
        """End it now, text kept. False: it is not this process's, or over."""
        preparing = self._preparing.get(generation)
        if preparing is not None:
            preparing.stop()
            return True
        running = self.running.get(generation)
        if running is None or running.end is not None:
            return False
        running.stopped = True
        if running.task is not None:
            running.task.cancel()
        return True

    async def close(self) -> None:
        """The process ends: what still runs is stored as interrupted."""
        for running in self.running.values():
            if running.task is not None and running.end is None:
                running.task.cancel()
        if self._makers:
            await asyncio.wait(set(self._makers), timeout=5)
        if self._beat is not None:
            self._beat.cancel()
        for timer in self._timers.values():
            timer.cancel()

    # ---- one answer ------------------------------------------------------------------------------

    async def _make(self, running: Running, job: Job) -> None:
        call = job.call or Call(job.request_id, method="CHAT", path="/ws/chat", route="/ws/chat", status=200)
        call.caller, call.stream = job.caller, True
        running.call = call
        lifecycle.enter(running)  # a shutdown waits for it, up to server.drain
        asking = self._ask(running, job, call) if job.ask is None else job.ask(running, self.writer, call)
        task = running.task = asyncio.get_running_loop().create_task(asking)
        if running.stopped:
            task.cancel()
        unwatch = revocations.watch(job.caller, lambda what: self._left(running, what))
        try:
            await asyncio.wait({task})
        finally:
            unwatch()
        end = _end_of(task, running, call)
        end = await self._keep(running, end)
        if end.state == "stopped":
            call.outcome, call.error_code = "stopped", None
        running.close(replace(end, message=running.message))
        running.call = None
        lifecycle.leave(running)
        accesslog.finish(call)
        self._timer(running, AFTER_END, lambda: self._forget(running))

    async def _ask(self, running: Running, job: Job, call: Call) -> Finished | None:
        finished: Finished | None = None
        try:
            if job.so_far:
                await self._repeat(running, job.so_far)
            call.closers.append(limits.sit(job.caller, call))
            take = partial(self._take, running)
            async with aclosing(services.complete(job.caller, [job.request], call, take=take)) as batches:
                async for batch in batches:
                    take(batch)
                    finished = next((one for one in batch.events if isinstance(one, Finished)), finished)
        finally:
            await call.close()
        return finished

    def _take(self, running: Running, batch: Batch) -> bool:
        for event in batch.events:
            if isinstance(event, Text):
                running.thought.over()
                self.writer.add(running, "text", event.text)
            elif isinstance(event, Thinking):
                running.thought.begun()
                self.writer.add(running, "think", event.text)
        return True

    async def _repeat(self, running: Running, so_far: Iterable[tuple[Kind, str]]) -> None:
        """In the log before the model is asked: whoever watches has all of it, however it ends."""
        running.repeating = True
        for kind, text in so_far:
            self.writer.add(running, kind, text)
        await self.writer.flush()
        running.repeating = False

    async def _keep(self, running: Running, end: End) -> End:
        """Store the end -> the one that is stored; a database that stays away makes it a failure that says
        so."""
        try:
            await self.writer.flush()
            kept = await self._settled(running, end)
        except LookupError:  # it went with its conversation, and nobody watches it
            return End(len(running.pieces), "stopped", "stopped")
        except Exception as error:  # noqa: BLE001 - whatever it is, the watchers must hear an end
            why = str(error) if isinstance(error, NotSaved) else type(error).__name__
            log.error("an answer was not stored: %s", why)  # noqa: TRY400 - no conversation text in the log
            return End(len(running.pieces), "failed", "error", error=NOT_SAVED)
        if kept.state not in (end.state, "stopped"):
            log.warning("an answer that ended here was %s for others already", kept.state)
        return kept

    async def _settled(self, running: Running, end: End) -> End:
        """Tried again while the database is away, like every part of it."""
        clock = asyncio.get_running_loop().time
        until = clock() + PATIENCE
        settle = partial(database.settle, running.generation, end, running.pieces)
        while True:
            try:
                found: End = await self.writer.call(settle, taken=running.taken)
            except Error:
                if clock() >= until:
                    raise
                await asyncio.sleep(AGAIN)
            else:
                return found

    # ---- who watches, who left --------------------------------------------------------------------

    def _linger(self, running: Running, watchers: int) -> None:
        """With nobody watching, in any process, it goes on for chat.linger, then stops, text kept."""
        timer = self._timers.pop(running.generation, None)
        if timer is not None:
            timer.cancel()
        if watchers == 0 and running.end is None:
            self._leave_later(running, current().chat.linger)

    def _leave_later(self, running: Running, seconds: float) -> None:
        def leave() -> None:
            task = asyncio.ensure_future(self._leave(running))
            self._makers.add(task)
            task.add_done_callback(self._makers.discard)

        self._timer(running, seconds, leave)

    async def _leave(self, running: Running) -> None:
        """Nobody here watches any more: it ends, unless another process had somebody a while ago."""
        try:
            since = await self.writer.call(database.unwatched, running.generation)
        except DatabaseError:
            since = None
        left = 0.0 if since is None else current().chat.linger - since
        if running.watchers == 0 and running.end is None:
            if left > 0:
                self._leave_later(running, left)
            else:
                self.stop(running.generation)

    def _left(self, running: Running, what: str) -> None:
        if what.startswith("ended"):
            self.stop(running.generation)

    def _timer(self, running: Running, seconds: float, act: object) -> None:
        loop = asyncio.get_running_loop()
        self._timers[running.generation] = loop.call_later(seconds, act)  # type: ignore[arg-type]

    def _forget(self, running: Running) -> None:
        self.running.pop(running.generation, None)
        self._timers.pop(running.generation, None)

    # ---- signs of life -----------------------------------------------------------------------------

    def _live(self) -> None:
        loop = asyncio.get_running_loop()
        if self._beat is None or self._beat.done() or self._beat.get_loop() is not loop:
            self._beat = loop.create_task(self._beats())

    def _alive(self) -> dict[uuid.UUID, int]:
        """What this process makes, and how many pieces each has by now."""
        running = {one.generation: len(one.pieces) for one in self.running.values() if one.end is None}
        return dict.fromkeys(self._preparing, 0) | running

    async def _beats(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while alive := self._alive():
            beats = clock() >= due
            due = clock() + BEAT if beats else due
            try:
                for generation in await self._stopped(alive if beats else None):
                    self.stop(generation)
            except Exception as error:  # noqa: BLE001 - a missed beat is made up by the next
                if beats:
                    log.warning("running answers could not say that they live: %s", type(error).__name__)
            await asyncio.sleep(min(LOOK, BEAT))

    async def _stopped(self, alive: dict[uuid.UUID, int] | None) -> set[uuid.UUID]:
        """Which of its answers this process is to stop. alive: say that they live, too."""
        if alive is None:
            found: set[uuid.UUID] = await self.writer.call(database.to_stop, self.worker)
        else:
            found = await self.writer.call(database.beat, self.worker, alive)
        return found


def _end_of(task: asyncio.Task[Finished | None], running: Running, call: Call) -> End:
    """How the task ended, in the words of the log. Usage in tokens and milliseconds."""
    ttft = call.ttft()
    usage = {
        "in": call.usage.prompt,
        "out": call.usage.completion,
        "ttft_ms": None if ttft is None else round(ttft * 1000),
        "ms": round((time.monotonic() - call.started) * 1000),
        "context": call.context,
        "thought_ms": running.thought.ms(),
    }
    if running.broken:
        call.outcome, call.error_code = "unavailable", NOT_SAVED
        return End(0, "failed", "error", usage, NOT_SAVED)
    if task.cancelled():
        call.outcome = "stopped" if running.stopped else "draining"
        if running.stopped:
            return End(0, "stopped", "stopped", usage)
        return End(0, "interrupted", "interrupted", usage)
    error = task.exception()
    if error is None:
        finished = task.result()
        length = finished is not None and finished.reason == "length"
        return End(0, "complete", "length" if length else "stop", usage)
    if isinstance(error, ClawdError):
        call.outcome, call.error_code = error.outcome, error.code
        return End(0, "failed", "error", usage, error.code or "bad_request")
    log.error("unexpected error", exc_info=error)
    call.outcome, call.error_code = "error", "internal_error"
    return End(0, "failed", "error", usage, "internal_error")


runner: Runner | None = None


def current_runner() -> Runner:
    """The process's runner, made on the event loop at its first use."""
    global runner
    if runner is None:
        runner = Runner()
    return runner
