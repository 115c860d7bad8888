"""An answer as server-sent events: its response, its pieces, its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final

from django.http import StreamingHttpResponse

from gateway.async_view import known
from gateway.call import Call
from gateway.dialects import Dialect, Writer
from gateway.types import Batch
from gateway.wire import sse

GRACE: Final = 10.0  # seconds a stream waits for its first event before it answers 200 (design section 3)
HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


Write = Callable[[bytes], bool]


class Direct:
    """The way around a stream's generator for batches that can go at once, as whoever waits for it sleeps on.

    write: of a sender that has one; False: not now, and nothing was sent.
    """

    __slots__ = ("_writer", "write")

    def __init__(self) -> None:
        self._writer: Writer | None = None
        self.write: Write | None = None

    def begin(self, writer: Writer) -> None:
        self._writer = writer

    def take(self, batch: Batch) -> bool:
        """Send it, if that can be done now. What a writer has written must go: so it is asked first."""
        if self._writer is None or self.write is None or not self.write(b""):
            return False
        return self.write(self._writer.write(batch))


class EventStream(StreamingHttpResponse):
    """pieces: the same generator that Django would iterate, for a sender that knows they are small bytes.
    direct: its way around it."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], direct: Direct | None = None) -> None:
        super().__init__(pieces, content_type="text/event-stream; charset=utf-8", headers=HEADERS)
        self.pieces, self.direct = pieces, direct


async def give_up(task: asyncio.Task[Batch]) -> None:
    """End a task and see it ended: what it awaits can be closed only then."""
    task.cancel()
    await asyncio.wait({task})


async def to_sse(
    dialect: Dialect,
    writer: Writer,
    first: asyncio.Task[Batch],
    events: AsyncGenerator[Batch, None],
    call: Call,
) -> AsyncGenerator[bytes, None]:
    """The answer as server-sent events; a failure is an error event and no [DONE] (M2)."""
    try:
        opening = writer.start()
        if not first.done():
            opening += sse.comment("keep-alive")  # the grace is over: headers and a sign of life
        if opening:
            yield opening
        with call.leaving:
            batch: Batch | None = await first
        while batch is not None:
            yield writer.write(batch)
            with call.leaving:
                batch = await anext(events, None)
        yield writer.end()
    except Exception as error:  # noqa: BLE001 - the status is sent: every failure must become an event
        shown = dialect.named(known(error))
        call.outcome, call.error_code = shown.outcome, shown.code
        yield writer.error(shown)
    finally:
        await call.close()
