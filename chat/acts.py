"""What each frame of the socket does: one call into a service, and who is told of it."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from chat import access, frames, words
from chat.api import answering
from chat.frames import BadFrame, Hello, Ping, Resume, Said, Subscribe, Unsubscribe
from chat.generation.runner import current_runner
from chat.hub import hub
from chat.models import Generation
from chat.services import asking, making
from chat.services.asking import Acked
from clawdsite import __version__
from clawdsite.core.config.live import current
from clawdsite.core.errors import NotFound

if TYPE_CHECKING:
    from accounts.caller import Caller
    from chat.consumers import ChatConsumer

HEARTBEAT_MS = 20_000


async def carry_out(socket: ChatConsumer, said: Said) -> None:
    """Do what a frame says. Refused, BadFrame, ClawdError."""
    match said:
        case Hello():
            await greet(socket, said)
        case words.Ask():
            await making.check_model(said.options)
            await begun(socket, await _once(asking.say, caller_of(socket), said), said.options)
        case words.Again():
            await making.check_model(said.options)
            await begun(socket, await _once(asking.again, caller_of(socket), said), said.options)
        case words.Stop():
            found = await answering.stop(caller_of(socket), said)
            await socket.say(frames.frame(found.pop("t"), **found))
        case words.Clear():
            await cleared(socket, said)
        case Subscribe():
            await subscribe(socket, said.conversation)
        case Unsubscribe():
            socket.open.discard(said.conversation)
            hub.shut(said.conversation, socket)
        case Resume():
            await resume(socket, said)
        case Ping():
            await socket.say(frames.frame("pong", n=said.n))


async def greet(socket: ChatConsumer, said: Hello) -> None:
    """`ready`, then what the page missed."""
    if socket.greeted:
        raise BadFrame("hello was said already.")
    socket.greeted = True
    caller, config = caller_of(socket), current()
    running = await _thread(_running, caller)
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
    if said.focus is not None:
        await subscribe(socket, said.focus)
    for generation, after in said.have:
        await resume(socket, Resume(generation, after))


async def begun(socket: ChatConsumer, acked: Acked, options: words.Options) -> None:
    """The answer begins; the ack goes out after the commit, and before the first delta."""
    generation, conversation = uuid.UUID(acked.generation), uuid.UUID(acked.conversation)
    ack = frames.frame(
        "ack", id=acked.id, c=acked.conversation, mu=acked.question, ma=acked.answer, g=acked.generation
    )
    await socket.say(ack)
    if acked.fresh:
        await making.start(caller_of(socket), acked, options, socket.ref)
        tell_of(acked)
    hub.open(conversation, socket)
    socket.open.add(conversation)
    socket.follow(generation, conversation, 0)


def tell_of(acked: Acked) -> None:
    """Whoever has the conversation open sees the answer begin."""
    conversation, generation = uuid.UUID(acked.conversation), uuid.UUID(acked.generation)
    start = frames.frame(
        "gen.start", g=acked.generation, c=acked.conversation, m=acked.answer, parent=acked.question, s=0
    )
    hub.tell(conversation, start)
    hub.began(conversation, generation)


async def cleared(socket: ChatConsumer, said: words.Clear) -> None:
    acked = await _thread(asking.clear, caller_of(socket), said)
    await socket.say(frames.frame("ack", id=said.id, c=acked.conversation))
    mark = frames.frame("context.cleared", c=acked.conversation, after=acked.question)
    hub.tell(said.conversation, mark)
    if said.conversation not in socket.open:
        await socket.say(mark)


async def subscribe(socket: ChatConsumer, conversation: uuid.UUID) -> None:
    """Follow what happens in a conversation, and what is being written there now."""
    await _thread(access.get, caller_of(socket), "conversation.read", conversation)
    socket.open.add(conversation)
    hub.open(conversation, socket)
    found = Generation.objects.filter(conversation=conversation, state__in=Generation.RUNNING)
    async for generation in found.values_list("id", flat=True):
        socket.follow(generation, conversation, 0)


async def resume(socket: ChatConsumer, said: Resume) -> None:
    """The rest of an answer, whose ever task it is."""
    row = await _thread(access.generation, caller_of(socket), "conversation.read", said.generation)
    socket.follow(row.id, row.conversation_id, said.after)


async def drop_what_is_hidden(socket: ChatConsumer) -> None:
    """Rights are fewer: conversations that the person may not read any more fall silent."""
    for conversation in list(socket.open):
        try:
            await _thread(access.get, caller_of(socket), "conversation.read", conversation)
        except NotFound:
            socket.open.discard(conversation)
            hub.shut(conversation, socket)
            await socket.say(frames.frame("conv.deleted", c=conversation))
    for generation, task in list(socket.watched.items()):
        try:
            await _thread(access.generation, caller_of(socket), "conversation.read", generation)
        except NotFound:
            task.cancel()


def caller_of(socket: ChatConsumer) -> Caller:
    if socket.visitor is None:
        raise NotFound(access.GONE)
    return socket.visitor.caller


def _running(caller: Caller) -> list[dict[str, Any]]:
    """The person's own answers that are being written."""
    found = Generation.objects.filter(asker_id=caller.id, state__in=Generation.RUNNING)
    rows = found.exclude(conversation=None).values("id", "conversation", "message", "seq")[:50]
    return [
        {"g": str(row["id"]), "c": str(row["conversation"]), "m": str(row["message"]), "s": row["seq"]}
        for row in rows
    ]


async def _once(act: Any, caller: Caller, said: Any) -> Acked:
    acked: Acked = await sync_to_async(act, thread_sensitive=False)(
        caller, said, worker=current_runner().worker
    )
    return acked


async def _thread(act: Any, *args: Any) -> Any:
    return await sync_to_async(act, thread_sensitive=False)(*args)
