"""Who is let into a conversation, and who looks: its owner hears of it, at once or at the next visit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_http import began
from tests.chat.world import World
from tests.proof import proves

LETTING_IN = """
import json, os, sys
from datetime import timedelta
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import User
from chat.models import Conversation
from chat.services import granting
root, _ = User.objects.get_or_create(username="root", defaults={"is_superuser": True, "is_staff": True})
where = Conversation.objects.get(id=sys.argv[2])
if sys.argv[3] == "look":
    made = granting.open_glass(where, root, "case 17")
else:
    person = User.objects.get(username=sys.argv[3])
    made = granting.grant(where, person, root, reason="handover", lasts=timedelta(days=1))
print(json.dumps(made.pk))
"""


def let_in(world: World, conversation: str, who: str) -> int:
    """By an administrator, in another process -> the notice's id."""
    return int(json.loads(world.run(LETTING_IN, conversation, who)))


def news(socket: Socket) -> list[dict[str, Any]]:
    """The notices that came with `ready`: all that stands before the answer to a ping."""
    socket.send("ping", n=7)
    socket.wait("pong", n=7)
    return [one for one in socket.seen if one["t"] == "notice"]


@proves("promise-M20")
def test_the_owner_hears_of_a_look_at_once_and_nobody_else_does(world: World) -> None:
    ack = began(world, text="my secret plan")
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        made = let_in(world, ack["c"], "look")
        notice = alice.wait("notice")
        assert (notice["level"], notice["key"], notice["c"]) == ("warning", "notice.break_glass", ack["c"])
        said = notice["args"]
        assert (said["id"], said["who"], said["title"]) == (made, "root", "my secret plan")
        assert said["until"] > said["at"]
        assert news(bob) == []
        let_in(world, ack["c"], "bob")
        second = alice.wait("notice")
        assert (second["level"], second["key"], second["args"]["who"]) == ("info", "notice.grant", "Bob")
        assert len(news(alice)) == 2  # each once
    world.client("alice").post("/api/notices", json={"seen": [made, second["args"]["id"]]})


@proves("promise-M20")
def test_who_was_away_is_told_on_the_next_visit_until_they_have_seen_it(world: World) -> None:
    ack = began(world, "charlie")
    made = let_in(world, ack["c"], "dora")
    for _ in range(2):
        with Socket(world, "charlie") as socket:
            (notice,) = news(socket)
            assert (notice["key"], notice["args"]["id"]) == ("notice.grant", made)
    assert world.client("charlie").get("/api/notices").json()["notices"][0]["title"] == "Hello"
    assert world.client("charlie").post("/api/notices", json={"seen": [made]}).json() == {"seen": 1}
    with Socket(world, "charlie") as socket:
        assert news(socket) == []


@pytest.mark.parametrize("seen", [[0], ["1"], None, [2**60]])
def test_what_is_no_list_of_notices_is_refused(world: World, seen: Any) -> None:
    assert world.client().post("/api/notices", json={"seen": seen}).status_code == 400
