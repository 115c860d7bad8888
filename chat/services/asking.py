"""Asking: the question is stored and its answer begun in one transaction, once for each client id."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Team
from chat import access
from chat.generation.log import LEASE
from chat.models import Conversation, Generation, Image, Message, Sent
from chat.search import index
from chat.words import Again, Ask, Clear
from clawdsite.core.errors import Busy, Conflict, NotFound

GONE = "There is nothing here by this id."


@dataclass(frozen=True, slots=True)
class Acked:
    """What was stored. fresh: by this call, so its answer is to be made now; else it was said before.

    question, answer, generation: ids, null where the act has none. more: the answer is one that goes on.
    """

    id: str
    conversation: str
    question: str | None = None
    answer: str | None = None
    generation: str | None = None
    fresh: bool = True
    more: bool = False


def say(caller: Caller, ask: Ask, *, worker: str) -> Acked:
    """Store a question and the answer that is to come. worker: the process that will make it.

    NotFound, InsufficientScope; Busy names who is asking; Conflict: this id said something else before.
    """

    def act() -> Acked:
        where = _conversation(caller, ask)
        parent = _parent(where, ask)
        question = Message.objects.create(
            conversation=where,
            parent=parent,
            role=Message.Role.USER,
            asker_id=caller.id,
            text=ask.text,
            images=[str(one) for one in _pictures(caller, where, ask.images)],
        )
        index.keep_text(where.id, question.id, question.text)
        return begin(caller, where, question, ask.id, worker)

    return once(caller, ask.id, ask, act)


def again(caller: Caller, asked: Again, *, worker: str) -> Acked:
    """Another answer beside the one named (or below the question named). Errors as `say`."""

    def act() -> Acked:
        where = access.held(caller, "conversation.continue", asked.conversation)
        found = where.messages.filter(id=asked.message).select_related("parent").first()
        question = found.parent if found is not None and found.role == Message.Role.ASSISTANT else found
        if question is None or question.role != Message.Role.USER:
            raise NotFound(GONE)
        return begin(caller, where, question, asked.id, worker)

    return once(caller, asked.id, asked, act)


def clear(caller: Caller, asked: Clear) -> Acked:
    """Set a context mark at the end of the shown branch (S6): what is before it goes up no more."""

    def act() -> Acked:
        where = access.held(caller, "conversation.continue", asked.conversation)
        shown = Conversation.objects.select_for_update().filter(id=where.id).values_list("leaf", flat=True)
        mark = Message.objects.create(  # below what somebody asked in this very moment, not beside it
            conversation=where, parent_id=shown.get(), role=Message.Role.MARK, asker_id=caller.id
        )
        Conversation.objects.filter(id=where.id).update(leaf=mark.id)
        return Acked(asked.id, str(where.id), question=str(mark.id))

    return once(caller, asked.id, asked, act)


def once(caller: Caller, sent_id: str, said: Any, act: Callable[[], Acked]) -> Acked:
    """The same id again gets the same answer and does nothing; with another body it is a Conflict."""
    if caller.kind != "person":  # programs own nothing and continue nothing
        raise NotFound(GONE)
    digest = hashlib.sha256(json.dumps(asdict(said), default=str, sort_keys=True).encode()).hexdigest()
    try:
        with transaction.atomic():
            before = _before(caller, sent_id, digest)
            if before is not None:
                return before
            acked = act()
            answer = {**asdict(acked), "fresh": False}
            Sent.objects.create(user_id=caller.id, sent_id=sent_id, digest=digest, answer=answer)
            return acked
    except (IntegrityError, Busy):  # perhaps by the same id at the same moment, by another connection
        before = _before(caller, sent_id, digest)
        if before is None:
            raise
        return before


def _before(caller: Caller, sent_id: str, digest: str) -> Acked | None:
    """What was answered then, as long as the caller may still ask there: an ack opens the conversation."""
    row = Sent.objects.filter(user_id=caller.id, sent_id=sent_id).first()
    if row is None:
        return None
    if row.digest != digest:
        raise Conflict("This id was used for another message.", param="id")
    acked = Acked(**row.answer)
    access.get(caller, "conversation.continue", uuid.UUID(acked.conversation))
    return acked


def _conversation(caller: Caller, ask: Ask) -> Conversation:
    if ask.conversation is not None:
        return access.held(caller, "conversation.continue", ask.conversation)
    access.may_create(caller)
    team = _team(caller, ask)
    where = Conversation.objects.create(
        owner_id=caller.id, team=team, title=_first_words(ask.text), updated=timezone.now()
    )
    index.keep_title(where)
    return where


def _team(caller: Caller, ask: Ask) -> Team | None:
    """The team asked for; where none was said, the default."""
    if ask.team_given:
        if ask.team is None:
            return None
        team = Team.objects.filter(slug=ask.team).first() if ask.team in caller.teams else None
        if team is None:
            raise NotFound("There is no such team.", param="team")
        return team
    return default_team(caller)


def default_team(caller: Caller) -> Team | None:
    """Whose a new conversation is where nothing was said: the person's only team's, if its new ones are."""
    teams = list(Team.objects.filter(slug__in=caller.teams)[:2])
    shared = len(teams) == 1 and teams[0].default_visibility == Team.Visibility.TEAM
    return teams[0] if shared else None


def _parent(where: Conversation, ask: Ask) -> Message | None:
    if ask.parent is None:
        begins = ask.conversation is None or ask.parent_given
        return None if begins else where.messages.filter(id=where.leaf).first()
    parent = where.messages.filter(id=ask.parent).first()
    if parent is None:
        raise NotFound(GONE, param="parent")
    return parent


def _pictures(caller: Caller, where: Conversation, asked: tuple[uuid.UUID, ...]) -> tuple[uuid.UUID, ...]:
    """The caller's own uploads become the conversation's; its pictures may be asked about again."""
    for one in asked:
        access.image(caller, one)
        picture = Image.objects.filter(id=one, conversation__in=[where.id])
        mine = Image.objects.filter(id=one, conversation=None, owner_id=caller.id)
        if not mine.update(conversation=where) and not picture.exists():
            raise NotFound(GONE, param="images")
    return asked


def begin(caller: Caller, where: Conversation, question: Message, sent_id: str, worker: str) -> Acked:
    answer = Message.objects.create(
        conversation=where,
        parent=question,
        role=Message.Role.ASSISTANT,
        asker_id=caller.id,
        state="queued",
    )
    generation = make(caller, where, answer, worker)
    return Acked(sent_id, str(where.id), str(question.id), str(answer.id), str(generation.id))


def make(caller: Caller, where: Conversation, answer: Message, worker: str) -> Generation:
    """The answer in the making, and the branch that is shown now. Busy."""
    try:
        with transaction.atomic():
            generation = Generation.objects.create(
                conversation=where,
                message=answer,
                caller=caller.id,
                asker_id=caller.id,
                worker=worker,
                lease=timezone.now() + LEASE,
            )
    except IntegrityError:
        raise _busy(where) from None
    Conversation.objects.filter(id=where.id).update(leaf=answer.id, updated=timezone.now())
    return generation


def _busy(where: Conversation) -> Busy:
    running = Generation.objects.filter(conversation=where, state__in=Generation.RUNNING)
    row = running.select_related("asker").first()
    who = row.asker.get_full_name() if row is not None and row.asker is not None else ""
    return Busy("An answer is being written in this conversation. Wait for it, or stop it.", details=who)


def _first_words(text: str) -> str:
    """A title until the model has found one: the beginning of the first line."""
    line = " ".join(text.split())[:60]
    return line if len(line) < 60 else line[:59].rsplit(" ", 1)[0] + "…"
