"""The chat socket: answers stream, survive the socket, and are seen by whoever may see them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.chat.sockets import Socket
from tests.chat.world import World, text_of
from tests.proof import proves


def test_ready_says_who_i_am_and_what_i_may(world: World) -> None:
    with Socket(world) as socket:
        assert socket.ready["user"] == {"id": world.people["alice"]["id"], "name": "Alice"}
        assert "history:team-a" in socket.ready["scopes"]
        assert socket.ready["limits"]["text"] == 200_000


def test_a_question_is_acked_and_its_answer_streams_to_the_end(world: World) -> None:
    with Socket(world) as socket:
        ack = socket.ask()
        end = socket.wait("gen.end", g=ack["g"])
        numbers = [frame["s"] for frame in socket.seen if frame["t"] == "delta"]
        assert numbers == list(range(1, len(numbers) + 1))
        assert (end["reason"], end["s"]) == ("stop", numbers[-1])
        messages = world.client().get(f"/api/conversations/{ack['c']}/messages").json()["messages"]
        assert messages[1]["text"] == text_of(socket.seen) != ""


def test_a_teammate_who_has_it_open_sees_the_answer_come(world: World) -> None:
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        ack = alice.ask(team="team-a")
        alice.wait("gen.end", g=ack["g"])
        bob.send("sub", c=ack["c"])
        bob.send("ping", n=1)
        bob.wait("pong")
        more = alice.ask("And more", c=ack["c"])
        alice.wait("gen.end", g=more["g"])
        bob.wait("gen.end", g=more["g"])
        shown = [frame for frame in bob.seen if frame.get("g") == more["g"]]
        assert text_of(shown) == text_of([frame for frame in alice.seen if frame.get("g") == more["g"]])


@pytest.mark.parametrize("t", ["sub", "context.clear", "resume", "chat.stop", "chat.send", "chat.regen"])
@proves("hard-H22", "hard-H54")
def test_an_outsider_is_told_what_a_random_id_would_tell(world: World, t: str) -> None:
    with Socket(world, "alice") as alice, Socket(world, "charlie") as charlie:
        ack = alice.ask(team="team-a")
        alice.wait("gen.end", g=ack["g"])

        def told(c: str, m: str, g: str) -> dict[str, Any]:
            charlie.send(t, id=str(uuid.uuid4()), c=c, m=m, g=g, s=0, text="x", images=[], opts={})
            found = charlie.wait("error")
            assert found.pop("g", g) == g  # at most what was asked, given back
            return {name: value for name, value in found.items() if name != "id"}

        theirs = told(ack["c"], ack["ma"], ack["g"])
        nobodys = told(*(str(uuid.uuid4()) for _ in range(3)))
        assert theirs == nobodys
        assert theirs["code"] == "not_found"


def test_the_same_id_twenty_times_is_one_message(world: World) -> None:
    sent_id = str(uuid.uuid4())
    with Socket(world) as socket:
        for _ in range(20):
            socket.send("chat.send", id=sent_id, c=None, parent=None, text="once", images=[], opts={})
        acks = [socket.wait("ack", id=sent_id) for _ in range(20)]
        assert all(ack == acks[0] for ack in acks)
        messages = world.client().get(f"/api/conversations/{acks[0]['c']}/messages").json()["messages"]
        assert [one["role"] for one in messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("said", "close"),
    [("{", 4400), ("[]", 4400), ("", 4400), ('{"t":[1]}', 4400), ("[" * 100_000, 4400), ("{}", 4400)],
)
def test_what_is_no_frame_closes_the_socket_after_an_error(world: World, said: str, close: int) -> None:
    with Socket(world) as socket:
        socket.wire.send(said)
        assert socket.closed() == close
        assert [frame["t"] for frame in socket.seen[-2:]] == ["error", "bye"]


@pytest.mark.parametrize("t", ["nope", "websocket.disconnect", "_x", "chat.message"])
def test_an_unknown_type_is_ignored(world: World, t: str) -> None:
    with Socket(world) as socket:
        socket.send(t)
        socket.send("ping", n=7)
        socket.wait("pong", n=7)
        assert "error" not in {frame["t"] for frame in socket.seen}


def test_hello_comes_first_and_an_old_page_is_told_to_load_again(world: World) -> None:
    with Socket(world, hello=False) as socket:
        socket.send("ping", n=1)
        assert socket.closed() == 4400
    with Socket(world, hello=False) as socket:
        socket.send("hello", v=0)
        assert socket.closed() == 4426


@pytest.mark.parametrize(
    ("who", "headers", "close"),
    [
        (None, {}, 4401),
        (None, {"Authorization": "Bearer x"}, 4403),
        (None, {"Cookie": "clawdbot=nothing"}, 4401),
        ("nobody", {}, None),
    ],
)
@proves("hard-H20", "sso-G22")
def test_no_identity_is_told_why_and_closed(
    world: World, who: str | None, headers: dict[str, str], close: int | None
) -> None:
    with Socket(world, who, hello=close is None, headers=headers) as socket:
        if close is not None:
            assert socket.closed() == close
            assert socket.seen[0]["t"] == "error"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"]
)
@proves("hard-H20")
def test_a_foreign_page_is_refused_at_the_handshake(world: World, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, Socket(world, origin=origin):
        pass
    assert refused.value.response.status_code == 403


@proves("hard-H20")
def test_a_cookie_without_an_origin_is_refused(world: World) -> None:
    with pytest.raises(InvalidStatus) as refused, Socket(world, origin=""):
        pass
    assert refused.value.response.status_code == 403


@proves("hard-H23")
def test_what_is_too_long_is_said_and_the_socket_stays(world: World) -> None:
    with Socket(world) as socket:
        sent_id = str(uuid.uuid4())
        socket.send("chat.send", id=sent_id, c=None, text="x" * 200_001, images=[], opts={})
        assert socket.wait("error", id=sent_id)["code"] == "too_long"
        socket.send("ping", n=1)
        socket.wait("pong")


def test_half_a_character_and_a_nul_are_refused_and_nothing_is_stored(world: World) -> None:
    before = len(world.client("dora").get("/api/conversations").json()["conversations"])
    with Socket(world, "dora") as socket:
        for text in ("\ud800", "a\x00b"):
            sent_id = str(uuid.uuid4())
            socket.wire.send(json.dumps({"t": "chat.send", "id": sent_id, "c": None, "text": text}))
            assert socket.wait("error", id=sent_id)["code"] == "bad_request"
    assert len(world.client("dora").get("/api/conversations").json()["conversations"]) == before


# ---- what others do --------------------------------------------------------------------------


def test_a_change_by_http_is_told_to_all_tabs_and_to_whoever_has_it_open(world: World) -> None:
    with Socket(world, "alice") as alice, Socket(world, "alice") as tab, Socket(world, "bob") as bob:
        ack = alice.ask(team="team-a")
        alice.wait("gen.end", g=ack["g"])
        bob.send("sub", c=ack["c"])
        bob.send("ping", n=1)
        bob.wait("pong")
        address = f"/api/conversations/{ack['c']}"
        world.client().patch(address, json={"title": "Renamed", "pinned": True})
        tab.wait("conv.updated", c=ack["c"], pinned=True)
        for socket in (alice, tab, bob):
            told = socket.until(lambda one: one["t"] == "conv.updated" and one.get("title") == "Renamed")
            assert (told["c"], told["team"]) == (ack["c"], "team-a")
        assert not any("pinned" in one for one in bob.seen)  # a pin is each reader's own
        world.client().patch(address, json={"team": None})
        tab.until(lambda one: one["t"] == "conv.updated" and one.get("team", "") is None)
        bob.wait("conv.deleted", c=ack["c"])
        bob.send("sub", c=ack["c"])
        assert bob.wait("error")["code"] == "not_found"
        world.client().delete(address)
        for socket in (alice, tab):
            socket.wait("conv.deleted", c=ack["c"])
        assert not any(one.get("team", "") is None for one in bob.seen)


def test_a_mark_is_drawn_wherever_it_is_open_and_once(world: World) -> None:
    with Socket(world, "alice") as alice, Socket(world, "bob") as bob:
        ack = alice.ask(team="team-a")
        alice.wait("gen.end", g=ack["g"])
        bob.send("sub", c=ack["c"])
        bob.send("ping", n=1)
        bob.wait("pong")
        sent_id = str(uuid.uuid4())
        for _ in range(2):
            alice.send("context.clear", id=sent_id, c=ack["c"])
            alice.wait("ack", id=sent_id)
        mark = bob.wait("context.cleared", c=ack["c"])["after"]
        bob.send("ping", n=2)
        bob.wait("pong", n=2)
        assert [one["t"] for one in bob.seen].count("context.cleared") == 1
        messages = world.client().get(f"/api/conversations/{ack['c']}/messages").json()["messages"]
        assert (messages[-1]["id"], messages[-1]["role"]) == (mark, "mark")


def test_what_is_left_of_the_minute_is_told_with_each_question(world: World) -> None:
    world.configure(limits={"per_user": {"rpm": 2, "parallel": None}, "per_address": {"rpm": None}})
    world.reload()
    try:
        with Socket(world, "lena") as lena:
            for left in (1, 0):
                lena.ask()
                assert lena.wait("limit")["remaining"] == left
            lena.send("chat.send", id=(sent_id := str(uuid.uuid4())), c=None, text="too much")
            refused = lena.wait("error", id=sent_id)
            assert (refused["code"], refused["retry"]) == ("rate_limit_exceeded", True)
            assert refused["retry_after_ms"] > 0
    finally:
        world.configure()
        world.reload()
