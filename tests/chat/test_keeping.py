"""Deletion, undo and purge, where they meet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.selectors import caller_for
from chat import access
from chat.models import Conversation
from chat.services import keeping
from clawdsite.core.errors import NotFound

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
