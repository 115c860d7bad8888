"""Two processes, one database, one Redis: what one does the other shows, and it outlives the one."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from typing import Any, Self

import pytest
import redis as client

from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, history, some
from tests.chat.world import World, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.redis_server import RedisServer, redis, running
from tests.server.process import Process

__all__ = ["redis"]

Both = tuple[World, World]


class Other(World):
    """A second process on the first one's database and keys, with the same people."""

    def __init__(self, double: OllamaDouble, first: World) -> None:
        shared = {name: value for name, value in first.parts.items() if name not in ("upstream", "server")}
        super().__init__(double, **shared)
        self.first = first

    def __enter__(self) -> Self:
        Process.__enter__(self)
        self.people = self.first.people
        return self


def stop(socket: Socket, generation: str) -> None:
    socket.send("chat.stop", id=str(uuid.uuid4()), g=generation)


def numbers(socket: Socket, generation: str) -> list[int]:
    return [frame["s"] for frame in socket.seen if frame["t"] == "delta" and frame["g"] == generation]


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, redis: RedisServer) -> dict[str, Any]:
    """What both processes are told of the database and of Redis."""
    parts = {"redis_url": redis.url}
    if request.param == "postgres":
        parts["database_url"] = request.getfixturevalue("postgres_url")
    return parts


@pytest.fixture
def both(double: OllamaDouble, shared: dict[str, Any]) -> Iterator[Both]:
    double.script(CHAT, Reply.tokens(2000, rate=100))
    with World(double, **shared) as one, Other(double, one) as two:
        yield one, two
    double.script(CHAT)


def test_who_reads_along_at_another_process_sees_it_begin_and_every_piece(both: Both) -> None:
    one, two = both
    with Socket(one, "alice") as alice, Socket(two, "bob") as bob:
        first = alice.ask(team="team-a")
        stop(alice, first["g"])
        alice.wait("gen.end", g=first["g"])
        bob.send("sub", c=first["c"])
        bob.send("ping", n=1)
        bob.wait("pong")
        ack = alice.ask(c=first["c"])
        assert bob.wait("gen.start", g=ack["g"])["m"] == ack["ma"]
        some(bob, ack["g"], 20)
        stop(alice, ack["g"])
        end = bob.wait("gen.end", g=ack["g"])
        alice.wait("gen.end", g=ack["g"])
        seen = numbers(bob, ack["g"])
        assert seen == list(range(1, end["s"] + 1)) == numbers(alice, ack["g"])
        assert text_of([frame for frame in bob.seen if frame.get("g") == ack["g"]]) == text_of(
            [frame for frame in alice.seen if frame.get("g") == ack["g"]]
        )
        assert end["reason"] == "stopped"


@proves("promise-M3")
def test_stop_at_the_other_process_ends_it_within_a_second(both: Both, double: OllamaDouble) -> None:
    one, two = both
    with Socket(one) as here, Socket(two) as there:
        ack = here.ask()
        some(here, ack["g"])
        there.send("resume", g=ack["g"], s=0)
        some(there, ack["g"])
        stop(there, ack["g"])
        asked = time.monotonic()
        assert here.wait("gen.end", g=ack["g"])["reason"] == "stopped"
        double.wait_for(lambda journal: all(one.closed for one in journal.to(CHAT)))
        assert time.monotonic() - asked < 1.0
        there.wait("gen.end", g=ack["g"])
        assert text_of(there.seen) == text_of(here.seen) == history(two, ack["c"])[1]["text"]


@proves("promise-M6")
@pytest.mark.parametrize("how", ["private", "deleted"])
def test_who_loses_sight_is_cut_off_at_the_other_process_also_without_redis(
    double: OllamaDouble, how: str
) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=20))
    with (
        World(double) as one,
        Other(double, one) as two,
        Socket(one, "alice") as alice,
        Socket(two, "bob") as bob,
    ):
        ack = alice.ask(team="team-a")
        bob.send("sub", c=ack["c"])
        some(bob, ack["g"])
        address = f"/api/conversations/{ack['c']}"
        client = one.client("alice")
        done = client.delete(address) if how == "deleted" else client.patch(address, json={"team": None})
        assert done.is_success
        lost = time.monotonic()
        bob.wait("conv.deleted", c=ack["c"])
        assert time.monotonic() - lost < 5
        bob.send("ping", n=7)
        bob.wait("pong", n=7)
        last = numbers(bob, ack["g"])[-1]
        if how == "private":
            some(alice, ack["g"], 20)
            bob.send("ping", n=8)
            bob.wait("pong", n=8)
            assert numbers(bob, ack["g"])[-1] == last
    double.script(CHAT)


@proves("promise-M9")
def test_the_other_process_says_interrupted_with_all_that_was_shown(both: Both) -> None:
    one, two = both
    with Socket(one) as here, Socket(two) as there:
        ack = here.ask()
        some(here, ack["g"], 20)
        there.send("resume", g=ack["g"], s=0)
        some(there, ack["g"], 5)
        one.child.kill()
        died = time.monotonic()
        here.closed()
        shown = text_of(here.seen)
        end = there.wait("gen.end", g=ack["g"])
        assert time.monotonic() - died < 12
        assert end["reason"] == "interrupted"
        assert text_of(there.seen).startswith(shown)
        answer = history(two, ack["c"])[1]
        assert (answer["state"], answer["text"]) == ("interrupted", text_of(there.seen))


@pytest.mark.parametrize("engine", ["database", "redis"])
def test_who_watches_at_another_process_keeps_it_going_and_nobody_does_not(
    double: OllamaDouble, request: pytest.FixtureRequest, engine: str
) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=50))
    shared = {"redis_url": request.getfixturevalue("redis").url} if engine == "redis" else {}
    with World(double, chat={"linger": "1s"}, **shared) as one, Other(double, one) as two:
        with Socket(two) as there:
            with Socket(one) as here:
                ack = here.ask()
                some(here, ack["g"])
                there.send("resume", g=ack["g"], s=0)
                some(there, ack["g"])
            some(there, ack["g"], 150)  # some three seconds
            left = time.monotonic()
        one.wait_for(lambda: history(one, ack["c"])[1]["state"] == "stopped")
        assert time.monotonic() - left < 10
    double.script(CHAT)


def test_a_new_title_is_seen_at_the_other_process_and_never_goes_through_redis(
    both: Both, redis: RedisServer
) -> None:
    one, two = both
    with Socket(one) as here, Socket(two) as there, heard(redis) as channel:
        ack = here.ask("canary-4d1 of the question")
        stop(here, ack["g"])
        here.wait("gen.end", g=ack["g"])
        there.wait("conv.updated", c=ack["c"])
        renamed = one.client().patch(f"/api/conversations/{ack['c']}", json={"title": "canary-4d1 of mine"})
        assert renamed.status_code == 200
        assert there.wait("conv.updated", title="canary-4d1 of mine")["c"] == ack["c"]
        one.client().delete(f"/api/conversations/{ack['c']}")
        there.wait("conv.deleted", c=ack["c"])
        said = [message["data"] for message in iter(lambda: channel.get_message(timeout=0.2), None)]
        assert len(said) >= 4
        assert not [message for message in said if "canary" in str(message)]


def test_redis_dies_and_both_go_on(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(2000, rate=100))
    with (
        running() as server,
        World(double, redis_url=server.url) as one,
        Other(double, one) as two,
        Socket(one) as here,
        Socket(two) as there,
    ):
        ack = here.ask()
        some(here, ack["g"])
        there.send("resume", g=ack["g"], s=0)
        some(there, ack["g"])
        server.kill()
        some(here, ack["g"], 30)
        some(there, ack["g"], 30)
        stop(there, ack["g"])
        here.wait("gen.end", g=ack["g"])
        end = there.wait("gen.end", g=ack["g"])
        assert numbers(there, ack["g"]) == list(range(1, end["s"] + 1))
        assert text_of(there.seen) == text_of(here.seen) == history(one, ack["c"])[1]["text"]
    double.script(CHAT)


def test_what_began_while_redis_was_away_is_seen_once_it_is_back(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(5000, rate=100))
    with (
        running() as server,
        World(double, redis_url=server.url) as one,
        Other(double, one) as two,
        Socket(one, "alice") as alice,
        Socket(two, "bob") as bob,
    ):
        first = alice.ask(team="team-a")
        stop(alice, first["g"])
        alice.wait("gen.end", g=first["g"])
        bob.send("sub", c=first["c"])
        bob.send("ping", n=1)
        bob.wait("pong")
        server.kill()
        ack = alice.ask(c=first["c"])
        some(alice, ack["g"])
        server.start()
        some(bob, ack["g"])
        assert numbers(bob, ack["g"])[0] == 1
        stop(alice, ack["g"])
        bob.wait("gen.end", g=ack["g"])
    double.script(CHAT)


@contextlib.contextmanager
def heard(server: RedisServer) -> Iterator[Any]:
    """All that goes over Redis's channels from now on."""
    connection = client.Redis.from_url(server.url, decode_responses=True)
    with connection, connection.pubsub() as channel:
        channel.psubscribe("*")
        channel.get_message(timeout=5)
        yield channel
