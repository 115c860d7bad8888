"""Asking by HTTP: the socket's frames as server-sent events, each with an id to resume from."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.http import StreamingHttpResponse

from accounts.caller import Caller
from accounts.threads import on_connection
from chat import access, frames, telling, words
from chat.generation import log
from chat.generation.pieces import End, Seen
from chat.generation.runner import current_runner
from chat.generation.watching import watch
from chat.models import Generation
from chat.prompts import NOWHERE, Place
from chat.services import asking, continuing, keeping, making
from chat.services.asking import Acked
from clawdsite.core.errors import BadRequest, ClawdError, InsufficientScope, NotFound
from gateway.call import Call
from gateway.streaming import HEADERS
from gateway.types import Json

GONE = "There is nothing here by this id."
LOOK: Final = 2.0  # seconds between two looks whether who reads a stream still may

Still = Callable[[uuid.UUID], Awaitable[bool]]  # whether the caller, as of now, may read this conversation


def as_error(refused: words.Refused) -> ClawdError:
    """A refusal of the socket's words, as the HTTP error of the same code."""
    if refused.code == "not_found":
        return NotFound(refused.message, param=refused.param)
    return BadRequest(refused.message, code=refused.code, param=refused.param)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks by HTTP, from where, and whether they still may read."""

    caller: Caller
    call: Call
    still: Still
    place: Place = NOWHERE


async def ask(who: Asker, asked: words.Ask) -> StreamingHttpResponse:
    """Store the question, then stream its answer."""
    return await _streamed(who, asked, asking.say)


async def again(who: Asker, asked: words.Again) -> StreamingHttpResponse:
    """Another answer, or the rest of one, streamed."""
    return await _streamed(who, asked, continuing.again)


async def clear(caller: Caller, asked: words.Clear) -> Json:
    """Set a context mark."""
    acked = await _thread(asking.clear, caller, asked)
    if acked.fresh:
        telling.cleared(asked.conversation, acked.question)
    return {"t": "context.cleared", "c": acked.conversation, "after": acked.question}


async def clear_session(caller: Caller, session: str) -> None:
    """An API call without messages (S6): sets a mark where its session is a conversation that the caller may
    continue. Any other changes nothing, and nobody learns which it was."""
    try:
        asked = words.Clear(str(uuid.uuid4()), keeping.as_id(session, "session_id"))
        await clear(caller, asked)
    except (NotFound, InsufficientScope):
        return


async def stop(caller: Caller, asked: words.Stop) -> Json:
    """End a running answer, text kept; again is no error."""
    row = await _thread(access.generation, caller, "conversation.stop", asked.generation)
    if not current_runner().stop(row.id):
        await _thread(log.ask_to_stop, row.id)
    return {"t": "ack", "id": asked.id, "g": str(row.id)}


async def resume(caller: Caller, conversation: uuid.UUID, seen: str, still: Still) -> StreamingHttpResponse:
    """The rest of what is running. seen: the last event's id, `<generation>:<number>`. NotFound."""
    where = await _thread(access.get, caller, "conversation.read", conversation)
    generation, after = _last_event(seen)
    found = Generation.objects.filter(conversation=where)
    if generation is not None:
        row = await found.filter(id=generation).afirst()
    else:
        row = await found.filter(state__in=Generation.RUNNING).afirst()
    if row is None:
        raise NotFound("No answer is being written in this conversation.")
    return _events(_sse(row.id, after, [], lambda: still(conversation)))


async def _streamed(
    who: Asker, asked: words.Ask | words.Again, store: Callable[..., Acked]
) -> StreamingHttpResponse:
    """Stored and begun whether or not the client stays; then its frames."""
    await making.check_model(asked.options)
    beginning = asyncio.ensure_future(_begun(who, asked, store))
    acked, dropped = await asyncio.shield(beginning)
    conversation = uuid.UUID(acked.conversation)
    generation = uuid.UUID(str(acked.generation))
    opening = [telling.ack(acked), *([telling.trimmed(acked, dropped)] if dropped else [])]
    return _events(_sse(generation, 0, opening, lambda: who.still(conversation)))


async def _begun(
    who: Asker, asked: words.Ask | words.Again, store: Callable[..., Acked]
) -> tuple[Acked, int]:
    """What was stored, and how many earlier turns did not fit."""
    dropped = 0
    acked: Acked = await _thread(store, who.caller, asked, worker=current_runner().worker)
    if acked.fresh:
        try:
            begun = await making.start(who.caller, acked, asked.options, who.call.request_id, place=who.place)
        except ClawdError:  # its gen.end says why
            telling.began(acked, "")
        else:
            dropped = begun.dropped
            telling.began(acked, begun.model)
            telling.updated(await _thread(telling.use_of, acked.conversation), who.caller.id)
    return acked, dropped


def _events(pieces: AsyncGenerator[bytes, None]) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces, content_type="text/event-stream; charset=utf-8", headers=HEADERS)


async def _sse(
    generation: uuid.UUID, after: int, opening: list[str], still: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[bytes, None]:
    for one in opening:
        yield f"data: {one}\n\n".encode()
    try:
        async with aclosing(_allowed(watch(generation, after), still)) as seen:
            async for found in seen:
                yield b"".join(_event(generation, one) for one in found)
    except LookupError:
        yield f"data: {frames.error('not_found', generation=str(generation))}\n\n".encode()


async def _allowed(
    watched: AsyncGenerator[list[Seen], None], still: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[list[Seen], None]:
    """What is watched, while its reader may read it. LookupError once they may not: to them it is gone."""
    clock = asyncio.get_running_loop().time
    looked = clock()
    async with aclosing(watched):
        while True:
            coming = asyncio.ensure_future(anext(watched, None))
            try:
                while not coming.done():
                    await asyncio.wait({coming}, timeout=max(0.0, looked + LOOK - clock()))
                    if clock() - looked >= LOOK:
                        looked = await _looked(still, clock)
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            found = coming.result()
            if found is None:
                return
            yield found


async def _looked(still: Callable[[], Awaitable[bool]], clock: Callable[[], float]) -> float:
    if not await still():
        raise LookupError
    return clock()


def _event(generation: uuid.UUID, seen: Seen) -> bytes:
    number = "" if isinstance(seen, End) else f"id: {generation}:{seen.seq}\n"
    return f"{number}data: {making.frame_of(generation, seen)}\n\n".encode()


def _last_event(seen: str) -> tuple[uuid.UUID | None, int]:
    if not seen:
        return None, 0
    generation, _, number = seen.partition(":")
    try:
        return uuid.UUID(generation), min(max(int(number or 0), 0), frames.FAR)
    except ValueError:
        message = "Last-Event-ID is the id of an event of this answer."
        raise BadRequest(message, param="Last-Event-ID") from None


async def _thread(act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    return await on_connection(partial(act, *args, **more))
