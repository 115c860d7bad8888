"""What lies under every address of /api: bodies, threads, and a database that does not answer."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from unittest import mock

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.test import AsyncRequestFactory
from django.utils import timezone

from accounts.models import Membership, Team, User
from accounts.selectors import caller_for
from chat import images, selectors, spending
from chat.api import views
from chat.api.closing import closed
from chat.models import Conversation
from chat.services import keeping
from clawdsite.core.errors import Internal, NotFound, Unavailable
from gateway.async_view import known
from gateway.types import Image


@pytest.mark.parametrize("error", [OperationalError("locked"), InterfaceError("closed")])
def test_a_database_that_does_not_answer_is_503_and_no_bug(error: Exception) -> None:
    found = known(error)
    assert isinstance(found, Unavailable)
    assert found.retry_after
    assert isinstance(known(IntegrityError()), Internal)


@pytest.mark.parametrize(("size", "elsewhere"), [(10, False), (2_000_000, True)])
def test_a_large_body_is_read_where_no_stream_waits_for_it(size: int, elsewhere: bool) -> None:
    request = AsyncRequestFactory().post(
        "/api/conversations", {"text": "x" * size}, content_type="application/json"
    )
    here: list[bool] = []

    def read(_: Any) -> dict[str, Any]:
        here.append(threading.current_thread() is threading.main_thread())
        return {}

    with mock.patch.object(views, "json_body", read):
        asyncio.run(views.ChatView().body_of(request))
    assert here == [not elsewhere]


@pytest.mark.django_db
def test_nul_reaches_no_database() -> None:
    alice = User.objects.create_user("alice")
    where = Conversation.objects.create(owner=alice, updated=timezone.now())
    with pytest.raises(NotFound):
        keeping.move(caller_for(alice), where.id, "team\x00")
    plain = Image(b"\x89PNG" + bytes(20), "image/png", "image")
    assert images._keep(caller_for(alice), plain, "a\x00b").name == "ab"


@pytest.mark.django_db
def test_who_is_in_a_team_by_hand_and_by_a_provider_is_one_person() -> None:
    lena, team = User.objects.create_user("lena"), Team.objects.create(slug="team-a")
    for source in ("", "wecom"):
        Membership.objects.create(user=lena, team=team, role="lead", source=source)
    where = Conversation.objects.create(owner=lena, team=team, updated=timezone.now())
    assert selectors.readers(caller_for(lena), where.id)["team"]["members"] == 1
    assert spending.of_team(caller_for(lena), "team-a")["members"] == 1


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("Look:\n```python\nprint(1)", "\n```"),
        ("~~~~\ncode\n~~~\nstill", "\n~~~~"),
        ("```\ncode\n````", ""),
        ("```\ncode\n``` not its end", "\n```"),
        ("```not a fence``` in one line", ""),
        ("    ```\n    indented", ""),
        ("plain", ""),
    ],
)
def test_code_that_was_cut_off_does_not_swallow_the_turns_behind_it(text: str, closing: str) -> None:
    assert closed(text) == text + closing
