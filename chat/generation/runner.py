"""Makes answers: one task each, which no socket owns; stop, linger, leave and shutdown end it (D11)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import uuid
from collections.abc import Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from django.db import Error

from accounts.caller import Caller
from accounts.tokens.revocation import revocations
from chat.generation import log as database
from chat.generation.ending import end_of, keep
from chat.generation.pieces import Kind
from chat.generation.preparing import Preparing
from chat.generation.running import Running
from chat.generation.writer import Writer
from clawdsite.core.config.live import current
from clawdsite.core.lifecycle import lifecycle
from gateway import accesslog, services
from gateway.admission import limits
from gateway.call import Call
from gateway.types import Batch, ChatRequest, Finished, Text, Thinking

log = logging.getLogger(__name__)

BEAT: Final = 2.0  # seconds between two signs of life; a lease is 8 s
LOOK: Final = 0.5  # seconds between two looks whether another process was asked to stop one
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


class Runner:
    """All answers that this process makes."""

    def __init__(self, writer: Writer | None = None) -> None:
        self.worker = secrets.token_hex(8)
        self.writer = writer or Writer()
        self.running: dict[uuid.UUID, Running] = {}
        self._preparing: dict[uuid.UUID, Preparing[Any]] = {}
        self._makers: set[asyncio.Task[None]] = set()
        self._beat: asyncio.Task[None] | None = None
        self._timers: dict[uuid.UUID, asyncio.TimerHandle] = {}

    async def prepare(self, generation: uuid.UUID, work: Coroutine[Any, Any, T]) -> T | None:
        """Await what an answer needs before it can start: so long it is alive, and can be stopped (None)."""
        preparing = Preparing(work)
        self._preparing[generation] = preparing
        self._live()
        try:
            return await preparing.result()
        finally:
            del self._preparing[generation]

    async def ready(self, generation: uuid.UUID) -> None:
        """Returns once it is not being prepared here: it was started, or has ended, or is another's."""
        while (preparing := self._preparing.get(generation)) is not None:
            await preparing.over.wait()

    def start(self, job: Job) -> Running:
        """Begin; the row and its message are stored already. Returns at once."""
        running = Running(job.generation, job.conversation, job.caller.id)
        running.message = job.message
        self.running[job.generation] = running
        lifecycle.enter(running)  # a shutdown waits for it, up to server.drain
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
        asking = self._ask(running, job, call) if job.ask is None else job.ask(running, self.writer, call)
        task = running.task = asyncio.get_running_loop().create_task(asking)
        if running.stopped:
            task.cancel()
        unwatch = revocations.watch(job.caller, lambda what: self._left(running, what))
        try:
            await asyncio.wait({task})
        finally:
            unwatch()
        end = await keep(self.writer, running, end_of(task, running, call))
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
        except Error:
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


runner: Runner | None = None


def current_runner() -> Runner:
    """The process's runner, made on the event loop at its first use."""
    global runner
    if runner is None:
        runner = Runner()
    return runner
