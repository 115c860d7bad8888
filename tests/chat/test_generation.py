"""An answer lives on the server: it survives sockets and networks, stops when told to, and ends when its
asker leaves or its process dies."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_http import began
from tests.chat.world import World, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves

CHAT = "/api/chat"


@pytest.fixture
def slow(double: OllamaDouble) -> Iterator[OllamaDouble]:
    """The model writes one answer of ten seconds."""
    double.script(CHAT, Reply.tokens(1000, rate=100))
    yield double
    double.script(CHAT)


def history(world: World, conversation: str, who: str = "alice") -> list[dict]:
    found = world.client(who).get(f"/api/conversations/{conversation}/messages")
    return list(found.json()["messages"])


def some(socket: Socket, generation: str, deltas: int = 5) -> None:
    for _ in range(deltas):
        socket.wait("delta", g=generation)


@proves("promise-M3")
def test_stop_ends_it_within_a_second_and_what_was_shown_stays(world: World, slow: OllamaDouble) -> None:
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"])
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        stopped = time.monotonic()
        end = socket.wait("gen.end", g=ack["g"])
        assert end["reason"] == "stopped"
        slow.wait_for(lambda journal: all(one.closed for one in journal.to(CHAT)))
        assert time.monotonic() - stopped < 1.5
        answer = history(world, ack["c"])[1]
        assert (answer["state"], answer["text"]) == ("stopped", text_of(socket.seen))


@proves("promise-M3")
def test_stop_ends_an_answer_that_still_thinks(world: World, double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(1, rate=100, thinking=100_000))
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"])
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        assert socket.wait("gen.end", g=ack["g"])["reason"] == "stopped"
        double.wait_for(lambda journal: all(one.closed for one in journal.to(CHAT)))
        assert text_of(socket.seen) == ""
    double.script(CHAT)


@proves("promise-M3")
def test_stop_while_the_model_is_loaded_ends_the_answer_and_not_the_load() -> None:
    with OllamaDouble(loaded=False, load_time=None) as cold, World(cold) as world, Socket(world) as socket:
        ack = socket.ask()
        cold.wait_for(lambda journal: journal.to("/api/generate"))
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        stopped = time.monotonic()
        assert socket.wait("gen.end", g=ack["g"])["reason"] == "stopped"
        assert time.monotonic() - stopped < 1.5
        (load,) = cold.journal.to("/api/generate")
        assert not load.closed
        cold.finish_loads()
        assert history(world, ack["c"])[1]["state"] == "stopped"


def test_a_second_question_is_busy_and_names_who_asked(world: World, slow: OllamaDouble) -> None:
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        ack = alice.ask(team="team-a")
        some(alice, ack["g"], 1)
        sent_id = str(uuid.uuid4())
        bob.send("chat.send", id=sent_id, c=ack["c"], text="me too", images=[], opts={})
        refused = bob.wait("error", id=sent_id)
        assert (refused["code"], refused["args"]["who"]) == ("busy", "Alice")
        bob.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        assert bob.wait("error")["code"] == "not_found"
        alice.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        alice.wait("gen.end", g=ack["g"])


@proves("promise-M9")
def test_a_socket_lost_at_any_point_resumes_by_number_with_the_same_text(
    world: World, slow: OllamaDouble
) -> None:
    pieces: list[dict] = []
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"], 3)
        pieces += [frame for frame in socket.seen if frame.get("g") == ack["g"]]
    rolled = random.Random(7)
    for _ in range(10):
        last = max(frame["s"] for frame in pieces if frame["t"] == "delta")
        with Socket(world) as socket:
            socket.send("resume", g=ack["g"], s=last)
            some(socket, ack["g"], rolled.randint(1, 8))
            pieces += [frame for frame in socket.seen if frame.get("g") == ack["g"]]
    last = max(frame["s"] for frame in pieces if frame["t"] == "delta")
    with Socket(world) as socket:
        socket.send("resume", g=ack["g"], s=last)
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        socket.wait("gen.end", g=ack["g"])
        pieces += [frame for frame in socket.seen if frame.get("g") == ack["g"]]
    numbers = [frame["s"] for frame in pieces if frame["t"] == "delta"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert history(world, ack["c"])[1]["text"] == text_of(pieces)


def test_a_second_device_that_comes_late_sees_it_whole(world: World, slow: OllamaDouble) -> None:
    with Socket(world) as first, Socket(world) as second:
        ack = first.ask()
        some(first, ack["g"], 20)
        second.send("resume", g=ack["g"], s=10**9)
        shown = second.wait("snapshot", g=ack["g"])
        assert shown["text"]
        first.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        first.wait("gen.end", g=ack["g"])
        second.wait("gen.end", g=ack["g"])
        assert text_of(second.seen) == text_of(first.seen)


def test_http_resumes_where_the_last_event_was(world: World, slow: OllamaDouble) -> None:
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"], 10)
        first = text_of(socket.seen)
        last = max(frame["s"] for frame in socket.seen if frame["t"] == "delta")
        headers = {"Accept": "text/event-stream", "Last-Event-ID": f"{ack['g']}:{last}"}
        address = f"/api/conversations/{ack['c']}/messages"
        with world.client().stream("GET", address, headers=headers) as answer:
            lines = answer.iter_lines()
            assert next(lines) == f"id: {ack['g']}:{last + 1}"
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        socket.wait("gen.end", g=ack["g"])
        assert text_of(socket.seen).startswith(first)


ENDING = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts import services
from accounts.models import Team, User
user = User.objects.get(username=sys.argv[2])
if sys.argv[3] == "off":
    services.deactivate(user, "cli")
else:
    services.remove_member(Team.objects.get(slug=sys.argv[3]), user, "cli")
"""


@proves("promise-M7")
def test_who_is_switched_off_mid_answer_is_out_and_the_answer_ends(
    world: World, slow: OllamaDouble
) -> None:
    with Socket(world, "nobody") as one, Socket(world, "nobody") as two:
        ack = one.ask()
        some(one, ack["g"])
        world.run(ENDING, "nobody", "off")
        off = time.monotonic()
        assert (one.closed(), two.closed()) == (4403, 4403)
        slow.wait_for(lambda journal: all(exchange.closed for exchange in journal.to(CHAT)))
        assert time.monotonic() - off < 5


def test_who_leaves_the_team_sees_no_more_of_its_conversations(world: World, slow: OllamaDouble) -> None:
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        ack = alice.ask(team="team-a")
        some(alice, ack["g"], 1)
        bob.send("sub", c=ack["c"])
        bob.wait("delta", g=ack["g"])
        world.run(ENDING, "bob", "team-a")
        bob.wait("conv.deleted", c=ack["c"])
        bob.send("resume", g=ack["g"], s=0)
        assert bob.wait("error")["code"] == "not_found"
        alice.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        alice.wait("gen.end", g=ack["g"])


def test_with_nobody_watching_it_goes_on_for_a_while_and_stops(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=100))
    with World(double, chat={"linger": "1s"}) as world:
        with Socket(world) as socket:
            ack = socket.ask()
            some(socket, ack["g"])
            shown = text_of(socket.seen)
        world.wait_for(lambda: history(world, ack["c"])[1]["state"] == "stopped")
        assert history(world, ack["c"])[1]["text"].startswith(shown)
    double.script(CHAT)


def test_a_killed_process_loses_nothing_that_was_shown(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=200))
    with World(double) as world:
        with Socket(world) as socket:
            ack = socket.ask()
            some(socket, ack["g"], 20)
            world.child.kill()
            socket.closed()
            shown = text_of(socket.seen)
        world.child.wait(10)
        world.again()
        world.wait_for(lambda: history(world, ack["c"])[1]["state"] == "interrupted")
        assert history(world, ack["c"])[1]["text"].startswith(shown)
        double.script(CHAT)
        more = began(world, text="and now")
        assert more["frames"][-1]["reason"] == "stop"
