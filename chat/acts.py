"""What each frame of the socket does: one call into a service, and who is told of it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import Error

from accounts.threads import in_thread
from chat import access, frames, telling, words
from chat.api import answering
from chat.failing import known, shown
from chat.frames import Hello, Ping, Resume, Said, Subscribe, Unsubscribe
from chat.generation.runner import current_runner
from chat.models import Generation
from chat.prompts import Place
from chat.services import asking, continuing, granting, making
from chat.services.asking import Acked
from chat.words import Refused
from clawdsite import __version__
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError, Draining, NotFound
from clawdsite.core.lifecycle import lifecycle
from gateway.admission import limits
from gateway.call import Call

if TYPE_CHECKING:
    from accounts.caller import Caller
    from chat.consumers import ChatConsumer

T = TypeVar("T")

_beginning: set[asyncio.Task[None]] = set()
HEARTBEAT_MS = 20_000
MOST_OPEN = 200  # conversations that one socket may follow


async def carry_out(socket: ChatConsumer, said: Said) -> None:
    """Do what a frame says. Refused, BadFrame, ClawdError."""
    if not isinstance(said, Hello | Ping | Unsubscribe):
        await socket.up_to_date()
        if socket.closing:
            return
    match said:
        case Hello():
            await greet(socket, said)
        case words.Ask():
            await ask(socket, said, asking.say)
        case words.Again():
            await ask(socket, said, continuing.again)
        case words.Stop():
            found = await answering.stop(caller_of(socket), said)
            await socket.say(frames.frame(found.pop("t"), **found))
        case words.Clear():
            await clear(socket, said)
        case _:
            await look(socket, said)


async def look(socket: ChatConsumer, said: Subscribe | Unsubscribe | Resume | Ping) -> None:
    """Frames that change nothing."""
    match said:
        case Subscribe():
            await subscribe(socket, said.conversation)
        case Unsubscribe():
            socket.shut(said.conversation)
        case Resume():
            await resume(socket, said)
        case Ping():
            await socket.say(frames.frame("pong", n=said.n))


async def greet(socket: ChatConsumer, said: Hello) -> None:
    """`ready`, then what the page missed."""
    if socket.greeted:
        raise Refused("bad_request", "hello was said already.", param="t")
    socket.greeted, socket.place = True, Place(said.language, said.zone)
    caller, config = caller_of(socket), current()
    running = await in_thread(partial(_running, caller))
    await socket.say(
        frames.frame(
            "ready",
            user={"id": caller.id, "name": socket.visitor.name if socket.visitor else ""},
            scopes=sorted(caller.scopes),
            teams=sorted(caller.teams),
            exp=int(socket.visitor.ends) if socket.visitor else 0,
            now=int(time.time()),
            limits={
                "text": words.LONGEST_TEXT,
                "images": words.MOST_IMAGES,
                "image_bytes": config.chat.image.max_bytes,
            },
            hb_ms=HEARTBEAT_MS,
            app=__version__,
            running=running,
        )
    )
    socket.told_ready = True
    await socket.mind_the_end()
    missed: list[Subscribe | Resume] = [Resume(generation, after) for generation, after in said.have]
    if said.focus is not None:
        missed.append(Subscribe(said.focus))
    for one in missed:
        await _missed(socket, one)
    await tell_news(socket)


async def tell_news(socket: ChatConsumer) -> None:
    """Who was let into this person's conversations, and was not spoken of yet; here each is said once.

    What the database does not say now it says at the next visit.
    """
    try:
        news = await in_thread(partial(granting.notices, caller_of(socket)))
    except Error:
        return
    for one in news:
        if one["id"] not in socket.noticed:
            socket.noticed.add(one["id"])
            await socket.say(telling.noticed(one))


async def _missed(socket: ChatConsumer, one: Subscribe | Resume) -> None:
    """What is gone is said; the rest comes all the same."""
    try:
        if isinstance(one, Resume):
            await resume(socket, one)
        else:
            await subscribe(socket, one.conversation)
    except ClawdError as error:
        generation = str(one.generation) if isinstance(one, Resume) else None
        await socket.say(frames.error(error.code, generation=generation, ref=socket.ref))


async def ask(socket: ChatConsumer, said: words.Ask | words.Again, store: Callable[..., Acked]) -> None:
    """Store it, say that it is stored, and begin the answer, whose model may have to be asked about first:
    meanwhile the socket is listened to, and whether it stays or not the answer begins."""
    if lifecycle.draining:
        raise Draining("The gateway is being restarted. Your question is still with you.", retry_after=5)
    caller = caller_of(socket)
    call = Call(socket.ref, address=_address(socket), caller=caller)
    limits.count_address(call)
    limits.count_caller(caller, call)
    await making.check_model(said.options)
    acked = await in_thread(partial(store, caller, said, worker=current_runner().worker))
    await socket.say(telling.ack(acked))
    conversation = uuid.UUID(acked.conversation)
    await enter(socket, conversation)
    if acked.fresh:
        task = asyncio.ensure_future(_begin(socket, caller, acked, said, call))
        _beginning.add(task)
        task.add_done_callback(_beginning.discard)
    elif conversation in socket.open:
        socket.follow(uuid.UUID(str(acked.generation)), 0)


async def _begin(
    socket: ChatConsumer, caller: Caller, acked: Acked, said: words.Ask | words.Again, call: Call
) -> None:
    try:
        await begin(socket, caller, acked, said.options)
        await tell_limit(socket, call)
    except Exception as error:  # noqa: BLE001 - as with any frame that fails
        await socket.say(shown(known(error, socket.ref), said, socket.ref))
    finally:  # however it went, its end is shown
        if uuid.UUID(acked.conversation) in socket.open:
            socket.follow(uuid.UUID(str(acked.generation)), 0)


async def begin(socket: ChatConsumer, caller: Caller, acked: Acked, options: words.Options) -> None:
    """What cannot begin has ended already: its `gen.end` says why."""
    try:
        begun = await making.start(caller, acked, options, socket.ref, place=socket.place)
    except ClawdError:
        telling.began(acked, "")
        return
    telling.began(acked, begun.model)
    telling.updated(await in_thread(partial(telling.use_of, acked.conversation)), caller.id)
    if begun.dropped:
        await socket.say(telling.trimmed(acked, begun.dropped))


async def tell_limit(socket: ChatConsumer, call: Call) -> None:
    """How many questions are left in this minute, where that is limited."""
    left = call.response_headers.get("x-ratelimit-remaining-requests")
    reset = call.response_headers.get("x-ratelimit-reset-requests", "0s")
    if left is not None:
        milliseconds = 1000 * int(reset.removesuffix("s"))
        await socket.say(frames.frame("limit", kind="requests", remaining=int(left), reset_ms=milliseconds))


async def clear(socket: ChatConsumer, said: words.Clear) -> None:
    acked = await in_thread(partial(asking.clear, caller_of(socket), said))
    await socket.say(frames.frame("ack", id=said.id, c=acked.conversation))
    await enter(socket, said.conversation)
    if acked.fresh:
        telling.cleared(said.conversation, acked.question)


async def subscribe(socket: ChatConsumer, conversation: uuid.UUID) -> None:
    """Follow what happens in a conversation; what is being written there comes as one snapshot first."""
    await in_thread(partial(access.get, caller_of(socket), "conversation.read", conversation))
    if not await enter(socket, conversation):
        return
    for generation in await in_thread(partial(_running_in, conversation)):
        if conversation in socket.open:  # not lost meanwhile
            socket.follow(generation, frames.FAR)


async def resume(socket: ChatConsumer, said: Resume) -> None:
    """The rest of an answer, whoever makes it."""
    row = await in_thread(partial(access.generation, caller_of(socket), "conversation.read", said.generation))
    socket.follow(row.id, said.after, anew=True)
    await drop_what_is_hidden(socket, [])  # as in `enter`


async def enter(socket: ChatConsumer, conversation: uuid.UUID) -> bool:
    """Hear of what happens there; what a page opened first is forgotten first. False: it was lost meanwhile.

    Who lost it after the right was looked at and before they stood here was not told: so it is looked at
    once more. (The other way round a stranger would hear what is said while their right is looked at.)
    """
    if len(socket.open) >= MOST_OPEN and conversation not in socket.open:
        socket.shut(next(iter(socket.open)))
    socket.enter(conversation)
    await drop_what_is_hidden(socket, [conversation])
    return conversation in socket.open


async def doubt(socket: ChatConsumer, conversation: uuid.UUID) -> None:
    """It was moved: gone, or shown as it is now."""
    await drop_what_is_hidden(socket, [conversation])
    if conversation in socket.open:
        facts = await in_thread(partial(telling.facts_of, str(conversation)))
        if facts is not None:
            await socket.say(frames.whole("conv.updated", **facts))


async def drop_what_is_hidden(socket: ChatConsumer, doubted: Iterable[uuid.UUID]) -> None:
    """Conversations among these that the person may not read any more fall silent, and their answers: also
    those that begin to be shown while the database is asked."""
    caller = caller_of(socket)
    opened, watched = list(doubted), list(socket.watched)
    gone, unseen = await in_thread(lambda: (_hidden(caller, opened), _unreadable(caller, watched)))
    while begun := [one for one in socket.watched if one not in watched]:
        watched += begun
        unseen += await in_thread(partial(_unreadable, caller, begun))
    socket.hush(unseen)
    for conversation in gone:
        socket.shut(conversation)
        await socket.say(frames.frame("conv.deleted", c=conversation))


def caller_of(socket: ChatConsumer) -> Caller:
    if socket.visitor is None:
        raise NotFound(access.GONE)
    return socket.visitor.caller


def _hidden(caller: Caller, conversations: list[uuid.UUID]) -> list[uuid.UUID]:
    seen = set(access.visible(caller).filter(id__in=conversations).values_list("id", flat=True))
    return [one for one in conversations if one not in seen]


def _unreadable(caller: Caller, generations: list[uuid.UUID]) -> list[uuid.UUID]:
    rows = Generation.objects.filter(id__in=generations).exclude(conversation=None)
    readable = rows.filter(conversation__in=access.visible(caller))
    seen = set(readable.values_list("id", flat=True))
    return [one for one in generations if one not in seen]


def _running(caller: Caller) -> list[dict[str, Any]]:
    """The person's own answers that are being written, where they may still be read."""
    found = Generation.objects.filter(asker_id=caller.id, state__in=Generation.RUNNING)
    readable = found.filter(conversation__in=access.visible(caller))
    rows = readable.values("id", "conversation", "message", "seq")
    return [
        {"g": str(row["id"]), "c": str(row["conversation"]), "m": str(row["message"]), "s": row["seq"]}
        for row in rows[:50]
    ]


def _running_in(conversation: uuid.UUID) -> list[uuid.UUID]:
    found = Generation.objects.filter(conversation=conversation, state__in=Generation.RUNNING)
    return list(found.values_list("id", flat=True))


def _address(socket: ChatConsumer) -> str:
    return str((socket.scope.get("client") or ("",))[0])
