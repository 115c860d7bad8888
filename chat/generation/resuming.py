"""Answers of the API that can be come back to: their events, whole and numbered, in the chat's own log."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Final

from django.db import Error
from django.utils import timezone

from accounts.caller import Caller
from accounts.threads import on_connection
from chat import access
from chat.generation import log
from chat.generation.ending import NOT_SAVED
from chat.generation.following import Followed, following
from chat.generation.pieces import End, Piece
from chat.generation.runner import Job, current_runner
from chat.generation.running import Running
from chat.generation.writer import Writer
from chat.ids import uuid7
from chat.models import Generation
from chat.services import leaving
from clawdsite.core.errors import BadRequest, NotFound, Unavailable
from gateway.admission import limits
from gateway.call import Call
from gateway.resumable import Question
from gateway.types import Finished
from gateway.wire import sse
from gateway.wire.openai.envelope import dumps

GONE = "There is nothing here by this id."
ROUTE: Final = "/v1/generations"  # on whose account a resumable answer is booked
AT_ONCE: Final = 500  # pieces

Opened = asyncio.Future[Exception | None]


class Kept:
    """One answer that this process makes."""

    def __init__(self, running: Running, opened: Opened) -> None:
        self.id = str(running.generation)
        self._running, self._opened = running, opened

    async def opened(self, grace: float) -> bool:
        await asyncio.wait({self._opened}, timeout=grace)
        if not self._opened.done():
            return False
        failure = self._opened.result()
        if failure is not None:
            raise failure
        return True

    def drop(self) -> None:
        current_runner().stop(self._running.generation)

    def events(self) -> AsyncGenerator[bytes, None]:
        return _shown(self._running.generation, 0)


class Raw:
    """The keeper (gateway.resumable): a row, a task, and the log that other processes read."""

    async def begin(self, question: Question, call: Call) -> Kept:
        runner, generation = current_runner(), uuid7()
        try:
            await runner.writer.call(_store, generation, question.caller.id, runner.worker)
        except Error:
            raise Unavailable(
                "An answer that can be resumed cannot be kept now. Ask without the header, or try again."
            ) from None
        opened: Opened = asyncio.get_running_loop().create_future()
        job = Job(
            generation,
            None,
            question.caller,
            question.asked[0],
            call.request_id,
            ask=partial(_ask, question, opened),
            call=_account(call),
        )
        running = runner.start(job)
        leaving.follow(running, job)
        call.closers.append(running.watch())  # somebody is there, until the request's end
        return Kept(running, opened)

    async def rest(self, caller: Caller, generation: str, after: int) -> AsyncGenerator[bytes, None]:
        row = await on_connection(partial(_row, caller, generation))
        running = current_runner().running.get(row.id)
        last = len(running.pieces) if running is not None else row.seq if row.ended else None
        if last is not None and after > last:  # where another process still writes, the number may be to come
            raise BadRequest(f"after is beyond the last chunk, which is {last}.", param="after")
        return _shown(row.id, after)


async def _ask(
    question: Question, opened: Opened, running: Running, writer: Writer, call: Call
) -> Finished | None:
    """Make the answer; each event is one numbered piece of the log."""
    number = 0

    def add(events: bytes) -> None:
        nonlocal number
        for event in events.decode().split("\n\n")[:-1]:
            number += 1
            writer.add(running, "raw", numbered(event, number))

    try:
        call.closers.append(limits.sit(question.caller, call))
        events = question.events(call)
        call.closers.append(events.aclose)
        async for found in events:
            add(found)
            if not opened.done():
                opened.set_result(None)
    except Exception as error:
        if not opened.done():
            opened.set_result(error)
        add(question.failed(error, call))
        raise
    finally:
        if not opened.done():
            opened.set_result(None)
        await call.close()
    return None


def numbered(event: str, number: int) -> str:
    """The event with its number in its JSON; `[DONE]` has none to carry it."""
    if not event.endswith("}"):
        return event + "\n\n"
    return f'{event[:-1]},"clawdbot":{{"seq":{number}}}}}\n\n'


def _account(call: Call) -> Call:
    """Of the answer, which may go on when the request has gone: tokens are booked here."""
    return Call(
        call.request_id,
        method=call.method,
        path=call.path,
        route=ROUTE,
        address=call.address,
        client_request_id=call.client_request_id,
        status=200,
    )


def _store(generation: uuid.UUID, caller: str, worker: str) -> None:
    Generation.objects.create(id=generation, caller=caller, worker=worker, lease=timezone.now() + log.LEASE)


def _row(caller: Caller, text: str) -> Generation:
    """The answer, if it is this caller's and not over for long. NotFound."""
    try:
        wanted = uuid.UUID(text)
    except ValueError:
        raise NotFound(GONE) from None
    row = access.generation(caller, "conversation.read", wanted)
    over = row.ended is not None and row.ended < timezone.now() - log.KEPT
    if str(wanted) != text or row.conversation_id is not None or over:
        raise NotFound(GONE)
    return row


async def _shown(generation: uuid.UUID, after: int) -> AsyncGenerator[bytes, None]:
    """Behind number `after`, whoever makes it. NotFound: it was forgotten meanwhile."""
    running = current_runner().running.get(generation) or following.of(generation)
    leave = running.watch()
    try:
        await running.begin()
        while True:
            found = running.pieces[after : after + AT_ONCE]
            if found:
                after = found[-1].seq
                yield _written(found)
            elif isinstance(running, Followed) and running.gone:
                raise NotFound(GONE)
            elif running.end is None:
                await running.change()  # nothing can come between the look and the wait
            else:
                last = _last_words(running.end, whole=running.end.seq == len(running.pieces))
                if last:
                    yield last
                return
    finally:
        leave()


def _written(pieces: Sequence[Piece]) -> bytes:
    return "".join(piece.text for piece in pieces).encode()


def _last_words(end: End, *, whole: bool) -> bytes:
    """What the log itself does not say: an answer that was cut, and never had a last event."""
    if not whole or end.error == NOT_SAVED:
        why = "could not be kept whole"
    elif end.state == "stopped":
        why = "was stopped"
    elif end.state == "interrupted":
        why = "was interrupted: the server that made it has ended"
    else:
        return b""
    return sse.event(dumps(Unavailable(f"The answer {why}. What came before is all there is.").body()))
