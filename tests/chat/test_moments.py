"""Two things in the same moment: what the other did between our look and our act."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Membership, Team, User
from accounts.selectors import caller_for
from chat import access, telling
from chat.hub import Hub
from chat.models import Conversation, Message
from chat.services import asking
from chat.words import Ask, Clear

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Caller:
    user = User.objects.create_user("alice")
    Membership.objects.create(user=user, team=Team.objects.create(slug="team-a"))
    return caller_for(user)


@pytest.fixture
def where(alice: Caller) -> Conversation:
    return Conversation.objects.create(owner_id=alice.id, updated=timezone.now())


def test_the_same_question_twice_at_once_is_answered_alike_and_not_busy(
    alice: Caller, where: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the first one's commit the other meets its running answer before it meets its id."""
    ask = Ask(str(uuid.uuid4()), where.id, None, "only once")
    first = asking.say(alice, ask, worker="w")
    look, looks = asking._before, iter([lambda *_: None])
    monkeypatch.setattr(asking, "_before", lambda *sent: next(looks, look)(*sent))
    second = asking.say(alice, ask, worker="w")
    assert (second.question, second.generation, second.fresh) == (first.question, first.generation, False)
    assert Message.objects.count() == 2


def test_a_mark_goes_below_what_was_asked_meanwhile(
    alice: Caller, where: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, answers = access.get, []

    def late(*args: Any, **more: Any) -> Conversation:
        found = get(*args, **more)
        monkeypatch.setattr(access, "get", get)
        answers.append(asking.say(alice, Ask(str(uuid.uuid4()), where.id, None, "hello"), worker="w").answer)
        return found

    monkeypatch.setattr(access, "get", late)
    asking.clear(alice, Clear(str(uuid.uuid4()), where.id))
    assert str(Message.objects.get(role="mark").parent_id) == answers[0]


class Tab:
    """A page that is open somewhere."""

    def __init__(self, *teams: str) -> None:
        self.teams, self.heard = frozenset(teams), list[str]()

    def told(self, frame: str) -> None:
        self.heard.append(frame)


@pytest.mark.parametrize(
    ("team", "owner_hears", "mate_hears"), [(None, True, False), ("team-a", False, True)]
)
def test_an_owner_who_left_the_team_hears_no_title_of_its_conversations(
    monkeypatch: pytest.MonkeyPatch, team: str | None, owner_hears: bool, mate_hears: bool
) -> None:
    hub, left, mate = Hub(), Tab(), Tab("team-a")
    hub.enter("owner", left)  # type: ignore[arg-type]
    hub.enter("mate", mate)  # type: ignore[arg-type]
    said: list[Any] = []
    hub.elsewhere = lambda what, **facts: said.append(facts["person"])
    monkeypatch.setattr(telling, "hub", hub)
    telling.titled(uuid.uuid4(), "Our secret plan", "owner", team)
    assert (bool(left.heard), bool(mate.heard)) == (owner_hears, mate_hears)
    assert said == ["owner" if owner_hears else None]
