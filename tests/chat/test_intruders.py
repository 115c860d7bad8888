"""Who lost a conversation has lost it by every door: by what they said before, and by what still streams."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

import pytest

from tests.chat.sockets import Socket
from tests.chat.world import World, asked, frames_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves

API = "/api/conversations"
CHAT = "/api/chat"
LEAVING = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts import services
from accounts.models import Team, User
user, team = User.objects.get(username=sys.argv[2]), Team.objects.get(slug="team-a")
match sys.argv[3]:
    case "out":
        services.remove_member(team, user, "cli")
    case "in":
        services.add_member(team, user, "cli")
    case "off":
        services.deactivate(user, "cli")
    case "on":
        services.reactivate(user, "cli")
"""


@pytest.fixture
def bob(world: World) -> Iterator[str]:
    """In the team again afterwards, whatever became of him."""
    yield "bob"
    for word in ("on", "in"):
        world.run(LEAVING, "bob", word)


@pytest.fixture
def endless(double: OllamaDouble) -> Iterator[OllamaDouble]:
    double.script(CHAT, Reply.tokens(100_000, rate=50))
    yield double
    double.script(CHAT)


def gone(world: World, conversation: str, who: str) -> None:
    """Returns once the started gateway has heard that this person may not read it."""
    world.wait_for(lambda: world.client(who).get(f"{API}/{conversation}").status_code == 404)


@proves("hard-H22")
def test_a_question_said_again_opens_no_conversation_that_was_lost(world: World, bob: str) -> None:
    body = asked("Hello", team="team-a")
    said = frames_of(world.client(bob).post(API, json=body).text)[0]
    assert frames_of(world.client(bob).post(API, json=body).text)[0] == said  # again is no second question
    world.run(LEAVING, bob, "out")
    gone(world, said["c"], bob)
    answer = world.client(bob).post(API, json=body)
    assert (answer.status_code, said["c"] in answer.text) == (404, False)
    with Socket(world, bob) as socket:
        socket.send("chat.send", **{**body, "c": None, "parent": None, "images": [], "opts": {}})
        assert socket.wait("error")["code"] == "not_found"
    # the teammates' next answer stays theirs
    assert world.client("alice").post(f"{API}/{said['c']}/messages", json=asked()).status_code == 200


def test_a_question_said_again_opens_no_conversation_that_was_deleted(world: World) -> None:
    body = asked()
    said = frames_of(world.client().post(API, json=body).text)[0]
    assert world.client().delete(f"{API}/{said['c']}").status_code == 204
    assert world.client().post(API, json=body).status_code == 404


@proves("promise-M7")
def test_the_answer_of_who_leaves_the_team_ends_whoever_else_watches_it(
    world: World, endless: OllamaDouble, bob: str
) -> None:
    with Socket(world, bob) as asking, Socket(world, "alice") as alice:
        ack = asking.ask(team="team-a")
        alice.send("sub", c=ack["c"])
        alice.wait("delta", g=ack["g"])
        world.run(LEAVING, bob, "out")
        heard = time.monotonic()
        assert alice.wait("gen.end", g=ack["g"])["reason"] == "stopped"
        endless.wait_for(lambda journal: all(exchange.closed for exchange in journal.to(CHAT)))
        assert time.monotonic() - heard < 5
        asking.wait("conv.deleted", c=ack["c"])


def test_the_answer_of_who_leaves_another_team_goes_on(
    world: World, endless: OllamaDouble, bob: str
) -> None:
    with Socket(world, bob) as asking:
        ack = asking.ask(team=None)
        asking.wait("delta", g=ack["g"])
        world.run(LEAVING, bob, "out")
        listed = world.client(bob)
        world.wait_for(lambda: "team-a" not in listed.get("/api/conversations").text)
        asking.wait("delta", g=ack["g"])
        asking.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        asking.wait("gen.end", g=ack["g"])


@proves("promise-M7")
@pytest.mark.parametrize("how", ["private", "deleted", "out", "off"])
def test_an_answer_that_streams_by_http_ends_for_who_may_not_read_on(
    world: World, endless: OllamaDouble, bob: str, how: str
) -> None:
    with Socket(world, "alice") as alice:
        ack = alice.ask(team="team-a")
        alice.wait("delta", g=ack["g"])
        address = f"{API}/{ack['c']}/messages"
        headers = {"Accept": "text/event-stream", "Cookie": f"clawdbot={world.cookie(bob)}"}
        with world.client(None).stream("GET", address, headers=headers) as answer:
            assert answer.status_code == 200
            lines = answer.iter_lines()
            next(lines)
            if how in ("out", "off"):
                world.run(LEAVING, bob, how)
            elif how == "private":
                assert world.client("alice").patch(f"{API}/{ack['c']}", json={"team": None}).is_success
            else:
                assert world.client("alice").delete(f"{API}/{ack['c']}").is_success
            heard = time.monotonic()
            frames = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
            assert time.monotonic() - heard < 6
            assert frames[-1]["t"] in ("error", "gen.end")
        alice.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
