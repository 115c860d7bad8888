"""A conversation that is deleted or moved while an answer is written in it: that ends, wherever it runs."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.chat import world as worlds
from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, history, some
from tests.chat.test_http import API
from tests.chat.test_two_processes import Other, numbers
from tests.chat.world import World, frames_of, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.redis_server import running

Both = tuple[World, World]
ONE, TWO, REDIS, POSTGRES = "one process", "two processes", "two, Redis", "two, PostgreSQL"


@pytest.fixture
def both(
    double: OllamaDouble, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Both]:
    """Where it is written, and where somebody takes it away. Alice is of both teams."""
    people = worlds.PEOPLE | {"alice": {"team-a": "member", "team-b": "member"}}
    monkeypatch.setattr(worlds, "PEOPLE", people)
    double.script(CHAT, Reply.tokens(100_000, rate=100))
    parts: dict[str, Any] = {}
    with ExitStack() as stack:
        if request.param.endswith("Redis"):
            parts["redis_url"] = stack.enter_context(running()).url
        if request.param.endswith("PostgreSQL"):
            parts["database_url"] = request.getfixturevalue("postgres_url")
        one = stack.enter_context(World(double, **parts))
        yield one, one if request.param == ONE else stack.enter_context(Other(double, one))
    double.script(CHAT)


@proves("promise-M3")
@pytest.mark.parametrize("both", [ONE, TWO, REDIS, POSTGRES], indirect=True)
def test_deleting_a_conversation_stops_its_answer_and_undo_brings_back_what_there_was(
    both: Both, double: OllamaDouble
) -> None:
    one, two = both
    with Socket(one, "alice") as alice, Socket(two, "bob") as bob:
        ack = alice.ask(team="team-a")
        bob.send("sub", c=ack["c"])
        some(alice, ack["g"], 20)
        some(bob, ack["g"])
        deleted = time.monotonic()
        assert two.client("alice").delete(f"{API}/{ack['c']}").status_code == 204
        double.wait_for(lambda journal: journal.to(CHAT)[-1].left)
        assert time.monotonic() - deleted < 5
        for socket in (alice, bob):
            socket.wait("conv.deleted", c=ack["c"])
        assert time.monotonic() - deleted < 5
        for socket in (alice, bob):
            socket.send("ping", n=1)
            socket.wait("pong", n=1)
        assert two.client("alice").post(f"{API}/{ack['c']}/undo").status_code == 200
        answer = one.wait_for(lambda: stopped(two, ack["c"]))
        shown = text_of([frame for frame in alice.seen if frame.get("g") == ack["g"]])
        assert shown
        assert answer["text"].startswith(shown)
        double.script(CHAT)
        body = {"t": "chat.regen", "id": str(uuid.uuid4()), "m": answer["id"], "more": True}
        more = frames_of(two.client("alice").post(f"{API}/{ack['c']}/messages", json=body).text)
        assert (more[-1]["t"], more[-1]["reason"]) == ("gen.end", "stop")


def stopped(world: World, conversation: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = history(world, conversation)[1]
    return answer if answer["state"] == "stopped" else None


@proves("promise-M6")
def test_behind_the_word_that_it_is_gone_no_piece_of_it_is_shown(world: World, double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=500))
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        ack = alice.ask(team="team-a")
        bob.send("resume", g=ack["g"], s=0)
        some(bob, ack["g"], 20)
        some(alice, ack["g"], 20)
        address = f"{API}/{ack['c']}"
        with world.client("bob").stream("GET", f"{address}/messages", headers=STREAM) as read:
            lines = read.iter_lines()
            next(lines)
            assert world.client("alice").delete(address).status_code == 204
            told = time.monotonic()
            rest = [line for line in lines if line.startswith("data: ")]
            assert time.monotonic() - told < 5
        assert '"not_found"' in rest[-1]
        for socket in (alice, bob):
            socket.wait("conv.deleted", c=ack["c"])
            socket.seen.clear()
            socket.send("ping", n=1)
            socket.wait("pong", n=1)
            assert [frame["t"] for frame in socket.seen] == ["pong"]
    double.script(CHAT)


STREAM = {"Accept": "text/event-stream"}


@proves("promise-M6", "promise-M7")
@pytest.mark.parametrize(("both", "to"), [(ONE, None), (TWO, None), (REDIS, "team-b")], indirect=["both"])
def test_a_teammates_answer_ends_where_the_conversation_is_theirs_no_more(
    both: Both, double: OllamaDouble, to: str | None
) -> None:
    one, two = both
    with Socket(two, "alice") as alice, Socket(one, "bob") as bob:
        double.script(CHAT)
        first = alice.ask(team="team-a")
        alice.wait("gen.end", g=first["g"])
        double.script(CHAT, Reply.tokens(100_000, rate=20))
        ack = bob.ask(c=first["c"])
        some(bob, ack["g"])
        assert two.client("alice").patch(f"{API}/{ack['c']}", json={"team": to}).status_code == 200
        moved = time.monotonic()
        double.wait_for(lambda journal: journal.to(CHAT)[-1].left)
        bob.wait("conv.deleted", c=ack["c"])
        assert time.monotonic() - moved < 5
        bob.send("ping", n=1)
        bob.wait("pong", n=1)
        last = numbers(bob, ack["g"])[-1]
        one.wait_for(lambda: history(two, ack["c"])[-1]["state"] == "stopped")
        assert numbers(bob, ack["g"])[-1] == last


@proves("promise-M6")
@pytest.mark.parametrize("both", [TWO], indirect=True)
def test_the_owners_own_answer_goes_on_and_the_others_see_no_more_of_it(
    both: Both, double: OllamaDouble
) -> None:
    one, two = both
    with Socket(one, "alice") as alice, Socket(one, "bob") as bob:
        ack = alice.ask(team="team-a")
        bob.send("sub", c=ack["c"])
        some(bob, ack["g"])
        assert two.client("alice").patch(f"{API}/{ack['c']}", json={"team": None}).status_code == 200
        moved = time.monotonic()
        bob.wait("conv.deleted", c=ack["c"])
        assert time.monotonic() - moved < 5
        bob.send("ping", n=1)
        bob.wait("pong", n=1)
        last = numbers(bob, ack["g"])[-1]
        some(alice, ack["g"], 20)
        bob.send("ping", n=2)
        bob.wait("pong", n=2)
        assert numbers(bob, ack["g"])[-1] == last
