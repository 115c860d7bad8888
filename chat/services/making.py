"""Beginning the answer of a stored question, and what its watchers are told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from asgiref.sync import sync_to_async

from accounts.caller import Caller
from chat import context, frames
from chat.generation import log
from chat.generation.pieces import End, Piece, Seen, Snapshot
from chat.generation.runner import Job, current_runner
from chat.models import Conversation, Message
from chat.services import titles
from chat.services.asking import Acked
from chat.words import Options
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError
from gateway import services


@dataclass(frozen=True, slots=True)
class Begun:
    """dropped: earlier turns that did not fit into the model's context. model: who answers."""

    dropped: int
    model: str


async def check_model(options: Options) -> None:
    """ModelNotFound for a name that the model's host does not have, before anything is stored."""
    if options.model is not None:
        await services.one_model(options.model)


async def start(caller: Caller, acked: Acked, options: Options, request_id: str) -> Begun:
    """Hand the stored answer to this process's runner. What cannot begin is stored as failed, and said so."""
    generation = uuid.UUID(acked.generation)
    conversation = uuid.UUID(acked.conversation)
    try:
        facts = await services.facts_of(options.model)
        build = sync_to_async(_build, thread_sensitive=False)
        built = await build(acked, options, facts.context_length)
    except ClawdError as error:
        end = End(0, "failed", "error", error=error.code or "bad_request")
        await sync_to_async(log.finish, thread_sensitive=False)(generation, end)
        raise
    message = uuid.UUID(acked.answer) if acked.answer else None
    job = Job(generation, conversation, caller, built.request, request_id, message)
    titles.follow(current_runner().start(job), job)
    return Begun(built.dropped, services.resolve(built.request.model, current()))


def _build(acked: Acked, options: Options, context_length: int | None) -> context.Context:
    config = current()
    where = Conversation.objects.get(id=acked.conversation)
    answer = Message.objects.select_related("asker").get(id=acked.answer)
    built = context.build(config, where, answer, options, context_length=context_length)
    model = services.resolve(built.request.model, config)
    Message.objects.filter(id=answer.id).update(model=model)
    return built


def frame_of(generation: uuid.UUID, seen: Seen) -> str:
    """One thing seen, as a frame of the protocol."""
    if isinstance(seen, Piece):
        return frames.delta(generation, seen.seq, seen.kind, seen.text)
    if isinstance(seen, Snapshot):
        return frames.frame(
            "snapshot", g=generation, s=seen.seq, text=seen.text, think=seen.think, state=seen.state
        )
    error = {"code": seen.error, "key": f"error.{seen.error}"} if seen.error else None
    return frames.frame(
        "gen.end",
        g=generation,
        s=seen.seq,
        m=seen.message,
        reason=seen.reason,
        usage=seen.usage or None,
        err=error,
    )
