"""Who stops an answer while the gateway still asks about its model: the question never goes up (M3)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, history
from tests.chat.test_http import API
from tests.chat.test_two_processes import Other, stop
from tests.chat.world import World, asked
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves

SHOW = "/api/show"


@pytest.fixture
def unsure() -> Iterator[OllamaDouble]:
    """A model's host that says nothing of its model until it is released."""
    with OllamaDouble() as double:
        double.script(SHOW, lambda exchange: double.answers.reply(exchange).stall("headers"))
        yield double


def answered(world: World, double: OllamaDouble) -> None:
    """Whatever was on its way is there: another question is asked and answered behind it."""
    double.script(SHOW)
    double.release()
    assert world.client("charlie").post(API, json=asked("another")).status_code == 200
    assert [one.body["messages"][-1]["content"] for one in double.journal.to(CHAT)] == ["another"]


@proves("promise-M3")
@pytest.mark.parametrize("where", ["the same socket", "another process"])
def test_a_stop_that_comes_before_the_model_is_known_ends_it_at_once(
    unsure: OllamaDouble, where: str
) -> None:
    with ExitStack() as stack:
        world = stack.enter_context(World(unsure))
        other = world if where == "the same socket" else stack.enter_context(Other(unsure, world))
        socket = stack.enter_context(Socket(world))
        there = socket if other is world else stack.enter_context(Socket(other))
        ack = socket.ask("never")
        unsure.wait_for(lambda journal: journal.to(SHOW))
        stop(there, ack["g"])
        stopped = time.monotonic()
        assert socket.wait("gen.end", g=ack["g"])["reason"] == "stopped"
        assert time.monotonic() - stopped < 2
        answer = history(world, ack["c"])[1]
        assert (answer["state"], answer["text"]) == ("stopped", "")
        answered(world, unsure)


@proves("promise-M3", "promise-M6")
@pytest.mark.parametrize("how", ["deleted", "lost to its asker"])
def test_a_question_whose_conversation_is_taken_away_meanwhile_never_goes_up(
    unsure: OllamaDouble, how: str
) -> None:
    with World(unsure) as world, Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        first = alice.ask("never", team="team-a")
        unsure.wait_for(lambda journal: journal.to(SHOW))
        stop(alice, first["g"])
        alice.wait("gen.end", g=first["g"])
        ack = bob.ask("never, too", c=first["c"])
        bob.send("ping", n=1)
        bob.wait("pong", n=1)
        address = f"{API}/{ack['c']}"
        if how == "deleted":
            assert world.client("alice").delete(address).status_code == 204
            assert world.client("alice").post(f"{address}/undo").status_code == 200
        else:
            assert world.client("alice").patch(address, json={"team": None}).status_code == 200
            unsure.release()
        world.wait_for(lambda: history(world, ack["c"])[-1]["state"] == "stopped")
        answered(world, unsure)


def test_a_socket_is_heard_while_its_questions_model_is_asked_about(unsure: OllamaDouble) -> None:
    with World(unsure) as world:
        with Socket(world) as socket:
            ack = socket.ask("Hello")
            unsure.wait_for(lambda journal: journal.to(SHOW))
            socket.send("ping", n=1)
            socket.wait("pong", n=1)
        unsure.release()  # the socket is closed: the answer is made all the same
        world.wait_for(lambda: history(world, ack["c"])[1]["state"] == "complete")


def test_the_same_stop_twice_is_no_error(unsure: OllamaDouble) -> None:
    with World(unsure) as world, Socket(world) as socket:
        ack = socket.ask("never")
        unsure.wait_for(lambda journal: journal.to(SHOW))
        for _ in range(2):
            sent_id = str(uuid.uuid4())
            socket.send("chat.stop", id=sent_id, g=ack["g"])
            socket.wait("ack", id=sent_id)
        answered(world, unsure)
