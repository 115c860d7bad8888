"""Beginning the answer of a stored question, and what its watchers are told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from functools import partial

from accounts.caller import Caller
from accounts.threads import on_connection
from chat import access, context, frames
from chat.generation import log
from chat.generation.engines.database import going
from chat.generation.pieces import End, Kind, Piece, Seen, Snapshot
from chat.generation.runner import Job, current_runner
from chat.models import Message
from chat.prompts import NOWHERE, Place
from chat.services import leaving, titles
from chat.services.asking import Acked
from chat.words import Options
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError, InsufficientScope, ModelNotFound, NotFound
from gateway import services


@dataclass(frozen=True, slots=True)
class Built:
    """context: what goes up. so_far: what an answer that goes on has already. team: whose it was then."""

    context: context.Context
    so_far: tuple[tuple[Kind, str], ...]
    team: int | None


@dataclass(frozen=True, slots=True)
class Begun:
    """dropped: earlier turns that did not fit into the model's context. model: who answers; empty: nobody,
    it was stopped before the question went up."""

    dropped: int
    model: str


async def check_model(options: Options) -> None:
    """ModelNotFound for a name that the model's host does not have, before anything is stored."""
    if options.model is not None:
        await services.one_model(options.model)


async def start(
    caller: Caller, acked: Acked, options: Options, request_id: str, *, place: Place = NOWHERE
) -> Begun:
    """Hand the stored answer to this process's runner. What cannot begin is stored as failed, and said so.

    place: the asker's, for the system prompt.
    """
    generation = uuid.UUID(acked.generation)
    conversation = uuid.UUID(acked.conversation)
    try:
        found = await current_runner().prepare(generation, _prepared(caller, acked, options, place))
    except ClawdError as error:
        end = End(0, "failed", "error", error=error.code or "bad_request")
        await on_connection(partial(log.finish, generation, end))
        raise
    if found is None:
        await on_connection(partial(log.finish, generation, End(0, "stopped", "stopped")))
        return Begun(0, "")
    message = uuid.UUID(acked.answer) if acked.answer else None
    request = found.context.request
    job = Job(generation, conversation, caller, request, request_id, message, so_far=found.so_far)
    running = current_runner().start(job)
    titles.follow(running, job)
    leaving.follow(running, job, found.team)
    return Begun(found.context.dropped, services.resolve(request.model, current()))


async def _prepared(caller: Caller, acked: Acked, options: Options, place: Place) -> Built | None:
    """What goes up, as long as the model that answers can hold: pictures may go to another one."""
    if acked.more and options.model is None:
        options = await _as_before(acked, options)
    facts = await services.facts_of(options.model)
    found = await on_connection(partial(_build, caller, acked, options, facts.context_length, place))
    if found is None:
        return None
    request = found.context.request
    if any(said.images for said in request.messages):
        seeing = await services.facts_of(request.model, pictures=True)
        if options.model is not None:  # the one that was chosen may not see, and then does not answer
            options = replace(options, model=seeing.name)
        if (seeing.name, seeing.context_length) != (facts.name, facts.context_length):
            more = partial(_build, caller, acked, options, seeing.context_length, place)
            return await on_connection(more)
    return found


async def _as_before(acked: Acked, options: Options) -> Options:
    """An answer goes on by the model that began it, while there is one."""
    kept = Message.objects.filter(id=acked.answer).values_list("model", flat=True)
    name = await on_connection(kept.first)
    try:
        await services.facts_of(name or None)
    except ModelNotFound:
        return options
    return replace(options, model=name or None)


def _build(
    caller: Caller, acked: Acked, options: Options, context_length: int | None, place: Place
) -> Built | None:
    """None: it was stopped, or its conversation was taken away, while the model was asked about."""
    if not going([uuid.UUID(str(acked.generation))]):
        return None
    try:
        where = access.get(caller, "conversation.continue", uuid.UUID(acked.conversation))
    except (NotFound, InsufficientScope):
        return None
    config = current()
    answer = Message.objects.select_related("asker").get(id=acked.answer)
    built = context.build(config, where, answer, options, context_length=context_length, place=place)
    model = services.resolve(built.request.model, config)
    Message.objects.filter(id=answer.id).update(model=model)
    thought = answer.thinking if answer.text or not answer.thinking else f"{answer.thinking}\n\n"
    had: tuple[tuple[Kind, str], ...] = (("think", thought), ("text", answer.text))
    return Built(built, tuple((kind, text) for kind, text in had if text), where.team_id)


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
