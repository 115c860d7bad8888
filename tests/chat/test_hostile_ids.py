"""An id of another team equals a random one: in the words of the refusal, and in the work that it makes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Membership, Team, User
from accounts.selectors import caller_for
from chat import access, acts, selectors, words
from chat.api import exports
from chat.models import Conversation, Generation, Grant, Image, Message
from chat.services import asking, continuing, keeping
from clawdsite.core.errors import ClawdError

pytestmark = pytest.mark.django_db


@dataclass
class Ids:
    """What is asked for: all of one conversation, or all at random."""

    c: uuid.UUID
    m: uuid.UUID
    g: uuid.UUID
    image: uuid.UUID

    @classmethod
    def random(cls) -> Ids:
        return cls(*(uuid.uuid4() for _ in range(4)))


def person(name: str, slug: str) -> User:
    user = User.objects.create_user(name)
    team, _ = Team.objects.get_or_create(slug=slug)
    Membership.objects.create(user=user, team=team)
    return user


def conversation(owner: User, slug: str | None) -> Ids:
    team = Team.objects.get(slug=slug) if slug else None
    where = Conversation.objects.create(owner=owner, team=team, title="secret", updated=timezone.now())
    question = Message.objects.create(conversation=where, role="user", asker=owner, text="secret")
    answer = Message.objects.create(conversation=where, parent=question, role="assistant", asker=owner)
    generation = Generation.objects.create(
        conversation=where, message=answer, caller=str(owner.pk), asker=owner, lease=timezone.now()
    )
    picture = Image.objects.create(
        owner=owner, conversation=where, media_type="image/png", width=1, height=1, content=b"x"
    )
    where.leaf = answer.id
    where.save()
    return Ids(where.id, answer.id, generation.id, picture.id)


def fresh() -> str:
    return str(uuid.uuid4())


VALUE = re.compile(r"'[^']*'|\bs\d+_x\d+\b|\b[0-9a-f]{32}\b|\b\d+\b")
Act = Callable[[Caller, Ids], Any]
ACTS: dict[str, Act] = {
    "sub": lambda who, ids: access.get(who, "conversation.read", ids.c),
    "resume": lambda who, ids: access.generation(who, "conversation.read", ids.g),
    "chat.stop": lambda who, ids: access.generation(who, "conversation.stop", ids.g),
    "chat.send": lambda who, ids: asking.say(who, words.Ask(fresh(), ids.c, ids.m, "x"), worker="w"),
    "chat.send image": lambda who, ids: asking.say(
        who, words.Ask(fresh(), None, None, "x", images=(ids.image,)), worker="w"
    ),
    "chat.regen": lambda who, ids: asking.again(who, words.Again(fresh(), ids.c, ids.m), worker="w"),
    "chat.regen more": lambda who, ids: continuing.again(
        who, words.Again(fresh(), ids.c, ids.m, more=True), worker="w"
    ),
    "context.clear": lambda who, ids: asking.clear(who, words.Clear(fresh(), ids.c)),
    "GET conversation": lambda who, ids: selectors.one(who, ids.c),
    "GET messages": lambda who, ids: selectors.history(who, ids.c),
    "GET export": lambda who, ids: exports.export(who, ids.c, "json"),
    "GET image": lambda who, ids: access.image(who, ids.image),
    "PATCH title": lambda who, ids: keeping.rename(who, ids.c, "mine"),
    "PATCH team": lambda who, ids: keeping.move(who, ids.c, None),
    "PATCH pinned": lambda who, ids: keeping.place(who, ids.c, pinned=True),
    "PATCH leaf": lambda who, ids: keeping.show(who, ids.c, str(ids.m)),
    "DELETE": lambda who, ids: keeping.delete(who, ids.c),
    "POST undo": lambda who, ids: keeping.undo(who, ids.c),
    "drop": lambda who, ids: acts._hidden(who, [ids.c]),
    "drop answers": lambda who, ids: acts._unreadable(who, [ids.g]),
}


def shape(act: Act, who: Caller, ids: Ids) -> tuple[Any, list[str]]:
    """What is said, and which questions went to the database (without their values)."""
    with CaptureQueriesContext(connection) as asked:
        try:
            told: Any = len(act(who, ids))
        except ClawdError as error:
            told = (type(error).__name__, error.body(), error.headers())
    return told, [VALUE.sub("?", one["sql"]) for one in asked.captured_queries]


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("theirs", ["of a team", "private", "deleted", "granted before"])
def test_a_foreign_id_is_as_unknown_as_a_random_one(name: str, theirs: str) -> None:
    owner, stranger = person("alice", "team-a"), person("charlie", "team-b")
    ids = conversation(owner, None if theirs == "private" else "team-a")
    if theirs == "deleted":
        Conversation.objects.filter(id=ids.c).update(deleted=timezone.now())
    if theirs == "granted before":
        Grant.objects.create(conversation_id=ids.c, person=stranger, reason="over", until=timezone.now())
    caller = caller_for(stranger, session="s")
    before = list(Message.objects.values()), list(Conversation.objects.values())
    foreign = shape(ACTS[name], caller, ids)
    nobodys = shape(ACTS[name], caller, Ids.random())
    assert foreign == nobodys
    assert foreign[1]  # it did ask
    assert (list(Message.objects.values()), list(Conversation.objects.values())) == before
