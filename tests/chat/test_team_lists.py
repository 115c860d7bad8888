"""What a team has is in the lists of its people at once, and in nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_http import API
from tests.chat.test_two_processes import Other
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.redis_server import RedisServer, redis

__all__ = ["redis"]


@pytest.fixture(scope="module")
def world(double: OllamaDouble) -> Iterator[World]:
    with World(double) as world:
        yield world


def heard(socket: Socket, conversation: str) -> list[str]:
    """What was said of a conversation until now."""
    socket.send("ping", n=len(socket.seen))
    socket.wait("pong", n=len(socket.seen))
    return [one["t"] for one in socket.seen if one.get("c") == conversation]


def followed(alice: Socket, bob: Socket, charlie: Socket) -> None:
    """A conversation of the team's begins, is renamed, withdrawn, given back and deleted."""
    at = f"{API}/{alice.ask(team='team-a')['c']}"
    where = at.rpartition("/")[2]
    owner = alice.world.client("alice")
    assert bob.wait("conv.updated", c=where)["team"] == "team-a"
    owner.patch(at, json={"title": "Renamed"})
    bob.wait("conv.updated", c=where, title="Renamed")
    owner.patch(at, json={"team": None})
    bob.wait("conv.deleted", c=where)
    owner.patch(at, json={"title": "Between us"})
    owner.patch(at, json={"team": "team-a"})
    bob.wait("conv.updated", c=where, title="Between us", team="team-a")
    owner.delete(at)
    bob.wait("conv.deleted", c=where)
    owner.post(f"{at}/undo")
    bob.wait("conv.updated", c=where, title="Between us")
    assert "title" not in heard(bob, where)  # no word of the time between
    assert heard(charlie, where) == []


@proves("promise-M6", "ui-76")
def test_a_team_sees_what_becomes_of_its_conversations(world: World) -> None:
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob, Socket(world, "charlie") as charlie:
        followed(alice, bob, charlie)


@proves("promise-M6", "ui-76")
def test_it_sees_it_at_another_process_too(double: OllamaDouble, redis: RedisServer) -> None:
    with (
        World(double, redis_url=redis.url) as one,
        Other(double, one) as two,
        Socket(one, "alice") as alice,
        Socket(two, "bob") as bob,
        Socket(two, "charlie") as charlie,
    ):
        followed(alice, bob, charlie)


@proves("promise-M6")
def test_a_private_conversation_is_in_no_teammates_list(world: World) -> None:
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        where = alice.ask(team=None)["c"]
        world.client("alice").patch(f"{API}/{where}", json={"title": "Mine"})
        alice.wait("conv.updated", c=where, title="Mine")
        assert heard(bob, where) == []
