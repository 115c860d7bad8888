"""The one road of a question: both edges (HTTP and socket) ask the model here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from accounts.caller import Caller
from clawdsite.core import metrics
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import ClawdError, ModelNotFound
from gateway import clearing, images, upstream
from gateway.admission.queue import Ticket, line
from gateway.call import Call
from gateway.types import (
    Batch,
    ChatRequest,
    EmbeddingRequest,
    Event,
    Finished,
    Json,
    ModelCard,
    ModelFacts,
    Plan,
    Usage,
)
from gateway.wire.ollama import EventReader, path_for, plan_for, to_payload

Take = Callable[[Batch], bool]


@dataclass(frozen=True, slots=True)
class Question:
    """One answer to be made: `index` is its choice number, `prompt` which of the requests it belongs to."""

    index: int
    prompt: int
    request: ChatRequest
    facts: ModelFacts
    plan: Plan
    payload: Json


class Spent:
    """What the answers of one call took: a prompt counts once, however many answers it got."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.by_prompt: dict[int, Usage] = {}

    def add(self, prompt: int, usage: Usage) -> None:
        known = self.by_prompt.get(prompt)
        self.by_prompt[prompt] = usage if known is None else known.plus(usage)
        parts = self.by_prompt.values()
        self.call.usage = Usage(
            sum(part.prompt for part in parts),
            sum(part.completion for part in parts),
            sum(part.reasoning for part in parts),
            any(part.estimated for part in parts),
        )

    def waited(self, seconds: float) -> None:
        self.call.queued = max(self.call.queued or 0.0, seconds)


def resolve(name: str | None, config: Config) -> str:
    """The name the model's host knows: default for none, then aliases (S3)."""
    found = name or config.models.default
    for _ in range(len(config.models.aliases)):
        found = config.models.aliases.get(found, found)
    return found


async def complete(
    caller: Caller,
    requests: Sequence[ChatRequest],
    call: Call,
    *,
    authorization: str | None = None,
    take: Take | None = None,
) -> AsyncGenerator[Batch, None]:
    """Ask the model; events of all answers as they come, each batch marked with its choice.

    requests: one chat, or the prompts of one legacy completion; each makes `n` answers.
    authorization: the caller's header, for `upstream.authorization: forward` alone.
    take: offered later batches of plain words at once, while the generator's reader waits, where there is one
        answer: to wake the reader costs more than the batch. What it does not take is yielded.
    Closing the generator closes the upstream's connection and frees the slot, whatever the phase.
    Raises ClawdError: BadRequest before anything is sent; Overloaded, Upstream* later.
    Fills in `call`: model, queued, first_piece, usage, outcome.
    """
    config = current()
    _describe(call, requests[0])
    call.model = resolve(requests[0].model, config)
    if requests[0].kind == "chat" and not requests[0].messages:
        await clearing.clear(caller, requests[0].session or "")
        yield Batch(0, (Finished("stop", Usage()),))
        return
    questions = await _questions(caller, requests, call, config, authorization)
    spent = Spent(call)
    take = take if len(questions) == 1 else None
    answers = [_answer(caller, question, spent, authorization, take) for question in questions]
    merged = answers[0] if len(answers) == 1 else _merge(answers, at_once=config.models.n_max)
    async with aclosing(merged):
        async for batch in merged:
            if call.first_piece is None:
                call.first_piece = time.monotonic()
            yield batch


async def embed(
    caller: Caller, request: EmbeddingRequest, call: Call, *, authorization: str | None = None
) -> tuple[Json, str]:
    """Native /api/embed answer and the model's name. Same admission as a question."""
    config = current()
    model = call.model = (await _facts(request.model, config, authorization)).name
    payload: Json = {"model": model, "input": list(request.inputs), "truncate": False}
    if request.dimensions is not None:
        payload["dimensions"] = request.dimensions
    if config.upstream.identify:
        payload |= _identity(caller, request.session)
    async with await line().enter(Ticket(caller.id, model)) as slot:
        call.queued = slot.waited
        host = upstream.current()
        await host.ensure_loaded(model, authorization=authorization)
        native = await host.embed(payload, authorization=authorization)
    call.first_piece = time.monotonic()
    call.usage = Usage(prompt=int(native.get("prompt_eval_count") or 0))
    return native, model


async def list_models(*, authorization: str | None = None) -> list[ModelCard]:
    """What the model's host has, and the aliases that lead to one of those."""
    cards = await upstream.current().models(authorization=authorization)
    known = {card.id: card for card in cards}
    config = current()
    for alias in config.models.aliases:
        card = known.get(resolve(alias, config))
        if card is not None and alias not in known:
            cards.append(replace(card, id=alias))
    return cards


async def one_model(name: str, *, authorization: str | None = None) -> ModelCard:
    """The card of a model or alias, under the name that was asked. Raises ModelNotFound."""
    try:
        card = await upstream.current().card(resolve(name, current()), authorization=authorization)
    except ModelNotFound:
        raise ModelNotFound(name) from None
    return replace(card, id=name)


async def facts_of(
    name: str | None, *, pictures: bool = False, authorization: str | None = None
) -> ModelFacts:
    """Facts of the model that will answer: the vision model where pictures need one. ModelNotFound."""
    config = current()
    facts = await _facts(name, config, authorization)
    if pictures and config.models.vision and not facts.can("vision"):
        facts = await _facts(config.models.vision, config, authorization)
    return facts


def _describe(call: Call, request: ChatRequest) -> None:
    call.stream = request.stream
    call.session = request.session
    call.end_user = request.end_user
    call.notes = request.notes


async def _questions(
    caller: Caller, requests: Sequence[ChatRequest], call: Call, config: Config, authorization: str | None
) -> list[Question]:
    """Everything that can be refused before a slot is taken: model, capabilities, pictures."""
    pictures = any(message.images for message in requests[0].messages)
    facts = await facts_of(requests[0].model, pictures=pictures, authorization=authorization)
    call.model = facts.name
    identity = _identity(caller, requests[0].session) if config.upstream.identify else {}
    questions: list[Question] = []
    for prompt, request in enumerate(requests):
        plan = plan_for(request, facts)
        if any(message.images for message in request.messages) and facts.can("vision"):
            request = await images.clean_request(request, config.chat.image)
        for offset in range(request.n):
            payload = to_payload(
                request,
                facts,
                plan,
                cap=config.models.max_tokens,
                defaults=config.models.options.get(facts.name, {}),
                user_id=identity.get("user_id"),
                session_id=identity.get("session_id"),
                seed_offset=offset,
            )
            questions.append(Question(len(questions), prompt, request, facts, plan, payload))
    return questions


async def _facts(name: str | None, config: Config, authorization: str | None) -> ModelFacts:
    """Facts by the name the client knows; an unknown one is named as the client wrote it."""
    try:
        facts = await upstream.current().facts(resolve(name, config), authorization=authorization)
    except ModelNotFound:
        raise ModelNotFound(name or config.models.default) from None
    metrics.learn_models((facts.name,))  # the host knows it: it may be a label
    return facts


def _identity(caller: Caller, session: str | None) -> dict[str, str]:
    """S5: opaque ids, never the body's `user`."""
    return {"user_id": caller.id} | ({"session_id": session} if session else {})


async def _answer(
    caller: Caller, question: Question, spent: Spent, authorization: str | None, take: Take | None
) -> AsyncGenerator[Batch, None]:
    """One answer, from the wait for a slot to its end."""
    host = upstream.current()
    reader = EventReader(question.request, question.plan)
    spent.call.ticket = Ticket(caller.id, question.facts.name)
    slot = await line().enter(spent.call.ticket)
    spent.call.ticket = None
    try:
        spent.waited(slot.waited)
        await host.ensure_loaded(question.facts.name, authorization=authorization)
        tap = None if take is None else partial(_tapped, reader, spent.call, take)
        path = path_for(question.request)
        stream = host.stream(path, question.payload, authorization=authorization, tap=tap)
        async with aclosing(stream):
            async for lines in stream:
                events, failure = _read(reader, lines)
                if events:
                    yield Batch(question.index, tuple(events))
                if failure is not None:
                    raise failure
                if reader.finished:
                    break
        last = reader.end()
        if last:
            spent.call.outcome = "upstream_incomplete"
            yield Batch(question.index, tuple(last))
    finally:
        spent.add(question.prompt, reader.usage())
        room = host.room(question.facts.name, authorization=authorization)
        spent.call.context = room or question.facts.context_length
        slot.release()


def _tapped(reader: EventReader, call: Call, take: Take, lines: list[Json]) -> bool:
    """Whether these lines were plain words, and somebody took them."""
    events = reader.plain(lines)
    if events is None or call.first_piece is None or not take(Batch(0, events)):
        return False
    reader.count(events)
    return True


def _read(reader: EventReader, lines: list[Json]) -> tuple[list[Event], ClawdError | None]:
    """Events of one read; what came before a failure is not lost with it."""
    events: list[Event] = []
    try:
        for native in lines:
            events += reader.feed(native)
    except ClawdError as failure:
        return events, failure
    return events, None


async def _merge(answers: list[AsyncGenerator[Batch, None]], at_once: int) -> AsyncGenerator[Batch, None]:
    """Batches of several answers as they come. The first failure ends them all."""
    arrived: asyncio.Queue[Batch | BaseException | None] = asyncio.Queue(maxsize=2 * len(answers))
    gate = asyncio.Semaphore(at_once)

    async def pump(answer: AsyncGenerator[Batch, None]) -> None:
        try:
            async with gate, aclosing(answer):
                async for batch in answer:
                    await arrived.put(batch)
        except ClawdError as error:
            await arrived.put(error)
        else:
            await arrived.put(None)

    tasks = [asyncio.create_task(pump(answer)) for answer in answers]
    left = len(tasks)
    try:
        while left:
            item = await arrived.get()
            if item is None:
                left -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
