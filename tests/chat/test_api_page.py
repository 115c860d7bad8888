"""docs/chat-api.md describes every call of /api that there is, and the fields of what comes back."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from accounts.models import Team, User
from accounts.selectors import caller_for
from chat import preferences, selectors, spending
from chat.models import Conversation
from chat.search.finding import find
from chat.services import importing
from chat.urls import urlpatterns
from tests.chat.test_import import chatgpt
from tests.house.test_docs import column, page, section

METHODS = ("get", "post", "put", "patch", "delete")


def calls() -> set[str]:
    """`GET /api/x/<id>`, for each method of each view."""
    found = set()
    for pattern in urlpatterns:
        if not str(pattern.pattern).startswith("api/"):
            continue  # the page itself
        address = "/" + re.sub(r"<\w+:\w+>", "<id>", str(pattern.pattern))
        view = pattern.callback.view_class
        found |= {f"{method.upper()} {address}" for method in METHODS if hasattr(view, method)}
    return found


def test_every_call_is_described_and_none_that_does_not_exist() -> None:
    described = re.findall(r"^\| `([A-Z]+ /\S+)` \|", page("chat-api.md"), re.MULTILINE)
    assert len(set(described)) == len(described)
    assert set(described) == calls()


@pytest.fixture
def answers(db: None) -> dict[str, dict[str, Any]]:
    """One answer of each kind, by the heading that describes it."""
    alice = caller_for(User.objects.create_user("alice"), session="s", issued=time.time())
    importing.store(alice, chatgpt())
    where = Conversation.objects.get()
    where.team = Team.objects.create(slug="team-a")
    return {
        "A conversation": selectors.one(alice, where.id),
        "A message": selectors.history(alice, where.id)["messages"][0],
        "Search": find(alice, "answer")["results"][0],
        "Settings": preferences.settings_of(alice),
        "Use": spending.own(alice)["today"],
        "Who can see it": selectors.readers(alice, where.id),
    }


def test_every_field_is_described(answers: dict[str, dict[str, Any]]) -> None:
    for title, answer in answers.items():
        described = column(section(page("chat-api.md"), title), 1)
        assert sorted(described) == sorted(answer), title
