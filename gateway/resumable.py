"""An answer that outlives the connection that asked for it (contract.md, API resume): who keeps it is set
from above, because what is kept is kept where conversations are."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from django.http import HttpRequest

from accounts.caller import Caller
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import ClawdError, UpstreamInvalid
from gateway import services
from gateway.async_view import known
from gateway.call import Call
from gateway.dialects import Dialect, Writer
from gateway.streaming import GRACE, EventStream
from gateway.types import ChatRequest, Json
from gateway.wire import sse
from gateway.wire.openai.envelope import dumps

WANTED: Final = "X-Clawdbot-Resumable"
NAMED: Final = "x-clawdbot-generation"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom, and in which dialect the answer is written."""

    caller: Caller
    asked: Sequence[ChatRequest]
    body: Json
    dialect: Dialect
    config: Config
    authorization: str | None

    async def events(self, call: Call) -> AsyncGenerator[bytes, None]:
        """Server-sent events, one or several at a time, to the last. ClawdError: the answer failed."""
        batches = services.complete(self.caller, self.asked, call, authorization=self.authorization)
        writer: Writer | None = None
        async with aclosing(batches):
            async for batch in batches:
                if writer is None:
                    writer = self._writer(call)
                    yield writer.start()
                yield writer.write(batch)
        if writer is None:
            raise UpstreamInvalid("The model's host sent an empty answer.", should_retry=False)
        yield writer.end()

    def failed(self, error: Exception, call: Call) -> bytes:
        """The event that ends an answer that failed."""
        return self._writer(call).error(self.dialect.named(known(error)))

    def _writer(self, call: Call) -> Writer:
        return self.dialect.writer(self.asked, self.body, call.model or "", self.config)


class Kept(Protocol):
    """An answer being made. id: what the client asks for the rest by."""

    id: str

    async def opened(self, grace: float) -> bool:
        """Wait for its first event, so long. False: not yet. What failed before it is raised."""

    def drop(self) -> None:
        """Nobody will ever ask for it: end it."""

    def events(self) -> AsyncGenerator[bytes, None]:
        """From the first event to the last."""


class Keeper(Protocol):
    """Makes answers as tasks of the server, and remembers them for a while after their end."""

    async def begin(self, question: Question, call: Call) -> Kept:
        """Unavailable where it cannot be kept. call: of the request; the answer has an account of its own."""

    async def rest(self, caller: Caller, generation: str, after: int) -> AsyncGenerator[bytes, None]:
        """The events behind number `after`. NotFound: not this caller's, over for long, or unknown.
        BadRequest: it has no such number."""


keeper: Keeper | None = None


def keeper_for(request: HttpRequest) -> Keeper | None:
    """Who keeps the answer, where this request wants to be able to come back and somebody is there to."""
    return keeper if request.headers.get(WANTED, "").strip().lower() == "true" else None


async def begin(keeper: Keeper, question: Question, call: Call) -> EventStream:
    """The answer as a stream that may be left. The first event decides the status, within the grace."""
    call.stream, call.booked = True, False
    kept = await keeper.begin(question, call)
    try:
        opened = await kept.opened(GRACE)
    except BaseException as error:
        kept.drop()  # its id was never said
        if isinstance(error, ClawdError):
            raise question.dialect.named(error) from None
        raise
    call.response_headers[NAMED] = kept.id
    return EventStream(_shown(kept.events(), call, b"" if opened else sse.comment("keep-alive")))


async def rest(caller: Caller, generation: str, after: int, call: Call) -> EventStream | None:
    """What is missing of an answer. None: nobody keeps any. Errors as `Keeper.rest`."""
    if keeper is None:
        return None
    call.stream = True
    return EventStream(_shown(await keeper.rest(caller, generation, after), call, b""))


async def _shown(
    events: AsyncGenerator[bytes, None], call: Call, opening: bytes
) -> AsyncGenerator[bytes, None]:
    """The events as they come; whoever loses access meanwhile is told so, and sees no more."""
    try:
        async with aclosing(events):
            if opening:
                yield opening
            while True:
                with call.leaving:
                    event = await anext(events, None)
                if event is None:
                    return
                yield event
    except Exception as error:  # noqa: BLE001 - the status is sent: every failure must become an event
        shown = known(error)
        call.outcome, call.error_code = shown.outcome, shown.code
        yield sse.event(dumps(shown.body()))
    finally:
        await call.close()
