"""Deletion, undo and purge, where they meet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditLine, Membership, Team, User
from accounts.selectors import caller_for
from chat import access
from chat.api import exports
from chat.models import Conversation
from chat.services import keeping
from clawdsite.core.errors import NotFound
from tests.proof import proves

pytestmark = pytest.mark.django_db


def deleted(ago: timedelta) -> Conversation:
    owner, _ = User.objects.get_or_create(username="alice")
    now = timezone.now()
    return Conversation.objects.create(owner=owner, updated=now, deleted=now - ago)


def test_what_is_taken_back_while_others_are_purged_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    over, back = deleted(keeping.UNDO * 2), deleted(keeping.UNDO * 2)
    purge = keeping._purge

    def meanwhile(conversation: Any) -> int:
        Conversation.objects.filter(id=back.id).update(deleted=None)
        return purge(conversation)

    monkeypatch.setattr(keeping, "_purge", meanwhile)
    assert keeping.purge() == 1
    assert [one.id for one in Conversation.objects.all()] == [back.id]
    assert over.id != back.id


def test_what_was_purged_in_this_very_moment_is_not_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    where = deleted(timedelta(0))
    get = access.get

    def late(*args: Any, **more: Any) -> Conversation:
        found = get(*args, **more)
        Conversation.objects.filter(id=where.id).delete()
        return found

    monkeypatch.setattr(access, "get", late)
    with pytest.raises(NotFound):
        keeping.undo(caller_for(where.owner), where.id)


@proves("hard-H48")
def test_who_moves_exports_or_deletes_a_conversation_is_written_down_without_a_word_of_it() -> None:
    alice = User.objects.create(username="alice", display_name="Alice")
    team = Team.objects.create(slug="team-a")
    Membership.objects.create(user=alice, team=team)
    caller, now = caller_for(alice), timezone.now()
    where = Conversation.objects.create(owner=alice, updated=now, title="a secret plan")
    keeping.move(caller, where.id, "team-a")
    keeping.move(caller, where.id, "team-a")  # it is there: nothing to write down
    exports.export(caller, where.id, "json")
    keeping.delete(caller, where.id)
    keeping.undo(caller, where.id)
    keeping.delete(caller, where.id)
    Conversation.objects.update(deleted=now - keeping.UNDO * 2)
    keeping.purge()
    lines = AuditLine.objects.order_by("id")
    assert [(one.actor, one.action.removeprefix("conversation.")) for one in lines] == [
        ("alice", "moved"),
        ("alice", "exported"),
        ("alice", "deleted"),
        ("alice", "restored"),
        ("alice", "deleted"),
        ("clawdbot", "purged"),
    ]
    assert {one.target for one in lines} == {f"conversation:{where.id}"}
    assert lines[0].details == {"from": None, "to": "team-a"}
    assert "secret" not in str([one.details for one in lines])


@proves("hard-H48")
def test_what_is_refused_leaves_no_line() -> None:
    charlie = User.objects.create(username="charlie")
    where = deleted(timedelta(0))
    for act in (keeping.delete, keeping.undo):
        with pytest.raises(NotFound):
            act(caller_for(charlie), where.id)
    assert not AuditLine.objects.exists()
