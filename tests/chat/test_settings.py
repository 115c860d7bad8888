"""A person's settings and use, and who reads a conversation."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Membership, Team, User
from accounts.selectors import caller_for
from chat import preferences, selectors, spending
from chat.models import Conversation, Grant, Preferences
from clawdsite.core.errors import BadRequest, NotFound
from gateway.models import UsageRow
from tests.chat.sockets import Socket
from tests.chat.test_http import began
from tests.chat.world import World

PROGRAM = Caller("client", "client:x", frozenset({"chat:read", "chat:write"}), frozenset({"team-a"}))


def person(name: str, **teams: str) -> Caller:
    user, _ = User.objects.get_or_create(username=name, defaults={"display_name": name.title()})
    for slug, role in teams.items():
        team, _ = Team.objects.get_or_create(slug=slug)
        Membership.objects.get_or_create(user=user, team=team, defaults={"role": role})
    return caller_for(user, session=f"of-{name}", issued=time.time())


# ---- settings -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_set_stays_and_the_rest_is_the_default() -> None:
    alice, bob = person("alice"), person("bob")
    assert preferences.change(alice, {"theme": "dark", "think": False})["theme"] == "dark"
    assert preferences.change(alice, {"language": "zh", "model": "qwen3:32b"}) == {
        "language": "zh",
        "theme": "dark",
        "send_by": "enter",
        "model": "qwen3:32b",
        "think": False,
        "shortcuts": True,
    }
    assert preferences.settings_of(bob)["theme"] == "auto"
    Preferences.objects.update(values={"theme": "purple", "gone": 1, "language": "en"})
    assert preferences.settings_of(alice)["theme"] == "auto"
    assert preferences.settings_of(alice)["language"] == "en"
    assert "gone" not in preferences.settings_of(alice)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"theme": "purple"}, "theme"),
        ({"theme": ["dark"]}, "theme"),
        ({"language": None}, "language"),
        ({"send_by": "enter", "think": 1}, "think"),
        ({"model": ""}, "model"),
        ({"model": "x" * 201}, "model"),
        ({"model": "a\x00"}, "model"),
        ({"colour": "red"}, "colour"),
        ({"<b>": "red"}, "?"),
    ],
)
def test_a_bad_setting_names_its_field_and_changes_nothing(wanted: dict[str, Any], param: str) -> None:
    alice = person("alice")
    with pytest.raises(BadRequest) as refused:
        preferences.change(alice, wanted)
    assert refused.value.param == param
    assert not Preferences.objects.exists()


@pytest.mark.django_db
def test_programs_have_no_settings() -> None:
    with pytest.raises(NotFound):
        preferences.settings_of(PROGRAM)
    with pytest.raises(NotFound):
        preferences.change(PROGRAM, {"theme": "dark"})


def test_settings_by_http(world: World) -> None:
    client = world.client("nobody")
    assert client.get("/api/settings").json()["theme"] == "auto"
    assert client.put("/api/settings", json={"theme": "light"}).json()["theme"] == "light"
    assert client.get("/api/settings").json()["theme"] == "light"
    bad = client.put("/api/settings", json={"theme": 1})
    assert (bad.status_code, bad.json()["error"]["param"]) == (400, "theme")
    assert world.client("machine").get("/api/settings").status_code == 404


# ---- use ----------------------------------------------------------------------------------------


def spent(caller: str, *, ago: timedelta = timedelta(0), route: str = "/ws/chat", tokens: int = 10) -> None:
    UsageRow.objects.create(
        at=timezone.now() - ago,
        request_id="r",
        caller=caller,
        kind="person",
        route=route,
        status=200,
        outcome="ok",
        prompt_tokens=tokens,
        completion_tokens=1,
        total_ms=1,
    )


@pytest.mark.django_db
def test_use_is_ones_own_by_day_and_month() -> None:
    alice, bob = person("alice"), person("bob")
    assert spending.own(alice)["month"] == {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0}
    spent(alice.id)
    spent(alice.id, route="chat.title", tokens=5)
    spent(alice.id, ago=timedelta(days=32))
    spent(bob.id)
    today = {"requests": 1, "prompt_tokens": 15, "completion_tokens": 2}
    assert spending.own(alice) == {"today": today, "month": today}


@pytest.mark.django_db
def test_a_teams_use_is_for_its_lead_and_unknown_to_others() -> None:
    lena = person("lena", **{"team-a": "lead", "team-b": "member"})
    alice, charlie = person("alice", **{"team-a": "member"}), person("charlie", **{"team-b": "member"})
    for caller in (lena, alice, charlie):
        spent(caller.id)
    found = spending.of_team(lena, "team-a")
    assert (found["team"], found["members"], found["today"]["requests"]) == ("team-a", 2, 2)
    for caller, slug in ((alice, "team-a"), (lena, "team-b"), (lena, "no-such"), (charlie, "team-a")):
        with pytest.raises(NotFound):
            spending.of_team(caller, slug)


def test_an_answer_of_the_chat_is_counted(world: World) -> None:
    client = world.client("dora")
    assert client.get("/api/usage").json()["today"]["requests"] == 0
    began(world, "dora")
    today = world.wait_for(lambda: (found := client.get("/api/usage").json()["today"])["requests"] and found)
    assert today["requests"] == 1
    assert today["completion_tokens"] > 0
    assert client.get("/api/usage", params={"team": "team-b"}).status_code == 404
    assert world.client("lena").get("/api/usage", params={"team": "team-a"}).json()["members"] == 3


# ---- who reads ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_whoever_reads_a_conversation_sees_who_else_does_and_why() -> None:
    alice, bob = person("alice", **{"team-a": "member"}), person("bob", **{"team-a": "member"})
    charlie, admin = person("charlie"), User.objects.create_user("root", display_name="Root")
    team, now = Team.objects.get(slug="team-a"), timezone.now()
    where = Conversation.objects.create(owner_id=alice.id, team=team, updated=now)
    until = now + timedelta(hours=1)
    Grant.objects.create(conversation=where, person_id=charlie.id, made_by=admin, reason="x", until=until)
    Grant.objects.create(conversation=where, person=admin, reason="x", until=now)
    for caller in (alice, bob, charlie):
        found = selectors.readers(caller, where.id)
        assert found["owner"] == {"id": alice.id, "name": "Alice", "reads": True}
        assert found["team"] == {"slug": "team-a", "name": "team-a", "members": 2}
        assert [(one["name"], one["by"]) for one in found["grants"]] == [("Charlie", "Root")]
    with pytest.raises(NotFound):
        selectors.readers(person("dora"), where.id)
    Membership.objects.filter(user=alice.id).delete()
    assert selectors.readers(bob, where.id)["owner"]["reads"] is False


def test_who_reads_by_http(world: World) -> None:
    ack = began(world, team="team-a")
    address = f"/api/conversations/{ack['c']}/access"
    assert world.client("bob").get(address).json()["team"]["members"] == 3
    assert world.client("charlie").get(address).status_code == 404


def test_the_models_to_choose_from_say_what_they_can(world: World) -> None:
    """By the page's session as by a bearer."""
    found = world.client().get("/api/models").json()
    assert found["default"] == "qwen3:32b"
    assert {one["id"]: (one["vision"], one["thinking"]) for one in found["models"]} == {
        "qwen3:32b": (False, True),
        "plain:latest": (False, False),
        "vision:latest": (True, False),
    }
    with httpx.Client(base_url=world.url, cookies={"clawdbot": world.cookie("alice")}) as page:
        assert page.get("/api/models").json() == found


def test_a_model_that_there_is_not_is_refused_before_anything_is_stored(world: World) -> None:
    before = world.client().get("/api/conversations").json()
    with Socket(world) as socket:
        sent_id = str(uuid.uuid4())
        socket.send("chat.send", id=sent_id, c=None, text="hi", opts={"model": "gpt-9"})
        refused = socket.wait("error", id=sent_id)
        assert (refused["code"], refused["args"]) == ("model_not_found", {"param": "model"})
    assert world.client().get("/api/conversations").json() == before
