"""Grants and administrators, asked for by HTTP and on the socket, as everybody asks (rows of the matrix)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_http import API, began
from tests.chat.world import World, asked
from tests.proof import proves

ACTING = """
import os, sys
from datetime import timedelta
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from django.utils import timezone
from accounts import audit
from accounts.models import User
from chat.models import Conversation, Grant
from chat.services import granting
act, where, who = sys.argv[2:5]
row = Conversation.objects.get(pk=where)
root, made = User.objects.get_or_create(username="root", defaults={"is_staff": True, "is_superuser": True})
person = User.objects.get(username=who)
if act == "grant":
    granting.grant(row, person, root, reason="handover", lasts=timedelta(days=1))
elif act == "end":
    assert granting.end(Grant.objects.get(conversation=row, person=person), root)
elif act == "expire":
    Grant.objects.filter(conversation=row, person=person).update(until=timezone.now())
elif act == "soon":
    Grant.objects.filter(conversation=row, person=person).update(until=timezone.now() + timedelta(seconds=3))
elif act == "glass":
    granting.open_glass(row, person, "case 17")
elif act == "raise":
    User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
assert audit.verify() is None
"""


def act(world: World, what: str, conversation: str, who: str = "charlie") -> None:
    world.run(ACTING, what, conversation, who)


def news(world: World, conversation: str, who: str = "alice") -> list[dict[str, Any]]:
    found = world.client(who).get("/api/notices").json()["notices"]
    return [one for one in found if one["c"] == conversation]


@pytest.fixture
def granted(world: World) -> dict[str, Any]:
    """alice's private conversation, which charlie may read."""
    ack = began(world)
    assert world.client("charlie").get(f"{API}/{ack['c']}").status_code == 404
    act(world, "grant", ack["c"])
    return ack


@proves("cell-M164")
def test_a_grant_opens_one_conversation_for_reading_and_tells_its_owner(
    world: World, granted: dict[str, Any]
) -> None:
    charlie = world.client("charlie")
    assert charlie.get(f"{API}/{granted['c']}").json()["may"] == ["pin", "export"]
    assert charlie.get(f"{API}/{granted['c']}/messages").json()["messages"][0]["text"] == "Hello"
    assert granted["c"] in {one["id"] for one in charlie.get(API).json()["conversations"]}
    (notice,) = news(world, granted["c"])
    assert (notice["kind"], notice["who"], notice["by"], notice["reason"]) == (
        "grant", "Charlie", "root", "handover",
    )  # fmt: skip
    assert news(world, granted["c"], "charlie") == []
    assert charlie.post("/api/notices", json={"seen": [notice["id"]]}).json() == {"seen": 0}
    assert world.client().post("/api/notices", json={"seen": [notice["id"]]}).json() == {"seen": 1}
    assert news(world, granted["c"]) == []


@pytest.mark.parametrize("seen", [None, "1", [True], ["1"], [0], [2**60], [1] * 101])
def test_what_was_seen_is_said_by_ids(world: World, seen: Any) -> None:
    answer = world.client().post("/api/notices", json={"seen": seen})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "seen")


@proves("cell-M165")
def test_who_has_a_grant_asks_nothing_there(world: World, granted: dict[str, Any]) -> None:
    nowhere = world.client("charlie").post(f"{API}/{uuid.uuid4()}/messages", json=asked())
    there = world.client("charlie").post(f"{API}/{granted['c']}/messages", json=asked())
    assert there.status_code == nowhere.status_code == 404
    assert there.json() == nowhere.json()
    assert len(world.client().get(f"{API}/{granted['c']}/messages").json()["messages"]) == 2


@proves("cell-M166")
@pytest.mark.parametrize("change", [{"title": "mine"}, {"team": "team-b"}, {"team": None}])
def test_who_has_a_grant_changes_nothing_there(
    world: World, granted: dict[str, Any], change: dict[str, Any]
) -> None:
    assert world.client("charlie").patch(f"{API}/{granted['c']}", json=change).status_code == 404
    assert world.client("charlie").delete(f"{API}/{granted['c']}").status_code == 404
    assert world.client().get(f"{API}/{granted['c']}").json()["title"] == "Hello"


@proves("cell-M167")
@pytest.mark.parametrize("how", ["end", "expire"])
def test_a_grant_that_is_over_opens_nothing(world: World, granted: dict[str, Any], how: str) -> None:
    act(world, how, granted["c"])
    charlie = world.client("charlie")
    there, nowhere = charlie.get(f"{API}/{granted['c']}"), charlie.get(f"{API}/{uuid.uuid4()}")
    assert there.status_code == nowhere.status_code == 404
    assert there.json() == nowhere.json()


@proves("cell-M167")
@pytest.mark.parametrize("how", ["end", "soon"])
def test_what_was_open_by_a_grant_closes_within_seconds_of_its_end(
    world: World, granted: dict[str, Any], how: str
) -> None:
    with Socket(world, "charlie") as charlie:
        charlie.send("sub", c=granted["c"])
        charlie.send("ping", n=1)
        charlie.wait("pong")
        act(world, how, granted["c"])
        charlie.wait("conv.deleted", c=granted["c"])


def test_a_grant_to_who_became_an_administrator_counts_no_more(
    world: World, granted: dict[str, Any]
) -> None:
    act(world, "grant", granted["c"], "dora")
    assert world.client("dora").get(f"{API}/{granted['c']}").status_code == 200
    act(world, "raise", granted["c"], "dora")
    assert world.client("dora").get(f"{API}/{granted['c']}").status_code == 404


@proves("cell-M099", "cell-M101")
def test_an_administrator_reads_nothing_foreign_by_the_api_also_with_break_glass(world: World) -> None:
    ack = began(world)
    act(world, "raise", ack["c"], "lena")
    for glass in (False, True):
        if glass:
            act(world, "glass", ack["c"], "lena")
        for tail in ("", "/messages", "/export"):
            assert world.client("lena").get(f"{API}/{ack['c']}{tail}").status_code == 404
        assert world.client("lena").post(f"{API}/{ack['c']}/messages", json=asked()).status_code == 404
        assert ack["c"] not in json.dumps(world.client("lena").get(API).json())
        with Socket(world, "lena") as socket:
            socket.send("sub", c=ack["c"])
            assert socket.wait("error")["code"] == "not_found"
    (notice,) = news(world, ack["c"])
    assert (notice["kind"], notice["who"], notice["reason"]) == ("break_glass", "Lena", "case 17")
