"""A socket lives as long as its session: announced, extended, ended; and no longer than the server."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest
from django.db import OperationalError

from chat import acts, consumers
from chat.doorway import NotLetIn
from chat.hub import hub
from chat.services.asking import Acked
from tests.chat.socketparts import awaited, opened, soon
from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, ENDING, history, some
from tests.chat.world import World, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply

# ---- in memory, with times that are short ---------------------------------------------------------------


def kinds(found: list[dict[str, Any]]) -> list[Any]:
    return [one.get("t") or one.get("code") for one in found]


@awaited
async def test_who_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch, soon(1000), greet=False, hello=0.05) as wire:
        assert kinds(await wire.all()) == ["error", "bye", 4408]


@awaited
async def test_the_sessions_end_is_announced_and_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    door = soon(0.6)
    async with opened(monkeypatch, door, warning=0.4, look=0.1) as wire:
        found = await wire.all()
        assert kinds(found) == ["auth.expiring", "error", "bye", 4401]
        assert found[1]["code"] == "AUTH_INVALID_TOKEN"
        assert time.time() >= door.ends


@awaited
async def test_an_extended_session_keeps_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    door = soon(0.4)
    async with opened(monkeypatch, door, warning=0.3, look=0.05) as wire:
        assert (await wire.next())["t"] == "auth.expiring"
        first, door.ends = door.ends, door.ends + 0.5
        assert (await wire.next())["exp"] == int(door.ends)  # announced anew, not closed
        assert time.time() > first - 0.3
        wire.say("ping", n=1)
        assert (await wire.next())["t"] == "pong"


@awaited
async def test_a_session_that_is_over_says_so_once_and_nothing_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = soon(1000)
    async with opened(monkeypatch, door) as wire:
        (socket,) = hub.by_person["7"]
        door.refusal = NotLetIn(4403, "off")
        socket.hear("ended: switched off")  # type: ignore[attr-defined]
        socket.told('{"t":"pong","n":1}')
        found = await wire.all()
        socket.told('{"t":"pong","n":2}')
        assert kinds(found)[-3:] == ["error", "bye", 4403]
        assert wire.outgoing.empty()


@awaited
async def test_without_a_database_the_last_state_holds_unless_it_is_known_to_be_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = soon(1000)
    async with opened(monkeypatch, door, stale=-1) as wire:
        (socket,) = hub.by_person["7"]
        door.fault = OperationalError("away")
        wire.say("ping", n=1)
        assert (await wire.next())["t"] == "pong"
        socket.hear("ended: signed out")  # type: ignore[attr-defined]
        assert kinds(await wire.all()) == ["error", "bye", 4401]


@awaited
async def test_a_frame_that_fails_is_said_and_a_socket_that_ended_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(*_: Any) -> None:
        raise KeyError("a bug")

    async with opened(monkeypatch, soon(1000)) as wire:
        monkeypatch.setattr(consumers.acts, "carry_out", fails)
        sent_id = str(uuid.uuid4())
        wire.say("chat.stop", id=sent_id, g=sent_id)
        told = await wire.next()
        assert (told["t"], told["id"], told["code"]) == ("error", sent_id, "internal_error")
        assert hub.by_person["7"]
    assert "7" not in hub.by_person


@awaited
async def test_the_one_socket_too_many_is_closed_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    door = soon(1000)
    async with opened(monkeypatch, door, sockets=2) as one, opened(monkeypatch, door, sockets=2) as two:
        async with opened(monkeypatch, door, sockets=2, greet=False) as three:
            assert kinds(await three.all()) == ["error", "bye", 4409]
        for wire in (one, two):
            wire.say("ping", n=1)
            assert (await wire.next())["t"] == "pong"


@awaited
async def test_too_many_frames_close_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch, soon(1000), rate=1, burst=10) as wire:
        for n in range(12):
            wire.say("ping", n=n)
        found = await wire.all()
        assert kinds(found) == ["pong"] * 9 + ["error", "bye", 4429]
        assert found[-2]["reconnect_after_ms"] == found[-3]["retry_after_ms"] > 0


@awaited
async def test_who_reads_nothing_holds_no_more_than_a_few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch, soon(1000)) as wire:
        (socket,) = hub.by_person["7"]
        wire.readable.clear()
        for n in range(1000):
            socket.told(f'{{"t":"pong","n":{n}}}')
        await asyncio.sleep(0)
        assert len(socket.tasks) <= consumers.MOST_TASKS + 1  # type: ignore[attr-defined]


# ---- a started gateway ----------------------------------------------------------------------------------

SESSION = """
import json, os, sys, time
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts import services
from accounts.models import User
from accounts.signin import sessions
from clawdsite.core.config.live import current
from django.http import HttpRequest
user = User.objects.get(username=sys.argv[2])
request = HttpRequest()
request.session = sessions.store(None)
sessions.open_for(request, user)
facts = request.session[sessions.FACTS]
facts["seen"] = time.time() + float(sys.argv[3]) - current().session.idle
request.session[sessions.FACTS] = facts
request.session.save()
if sys.argv[4:] == ["off"]:
    services.deactivate(user, "cli")
print(request.session.session_key)
"""

LOGOUT = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.signin import sessions
from django.http import HttpRequest
request = HttpRequest()
request.session = sessions.store(sys.argv[2])
sessions.close(request)
"""


def session(world: World, who: str, left: float, *more: str) -> str:
    """The cookie of a session that has so many seconds left."""
    return world.run(SESSION, who, str(left), *more).strip()


def extend(world: World, cookie: str) -> int:
    client = world.client(None)
    headers = {"Cookie": f"clawdbot={cookie}", "Origin": world.url}
    facts = client.get("/api/session", headers=headers)
    csrf = {"X-CSRFToken": facts.json()["csrf_token"], "Cookie": f"clawdbot={cookie}; " + "; ".join(
        f"{name}={value}" for name, value in facts.cookies.items())}  # fmt: skip
    return client.post("/api/session", headers=headers | csrf).status_code


def test_a_session_ends_on_the_socket_unless_it_is_extended(world: World) -> None:
    stays, ends = session(world, "dora", 20), session(world, "dora", 12)
    with Socket(world, "dora", cookie=ends) as one, Socket(world, "dora", cookie=stays) as two:
        one.wait("auth.expiring")
        two.wait("auth.expiring")
        assert extend(world, stays) == 200
        assert one.closed() == 4401
        assert [frame["t"] for frame in one.seen[-2:]] == ["error", "bye"]
        assert one.seen[-2]["code"] == "AUTH_INVALID_TOKEN"
        two.send("ping", n=1)
        two.wait("pong")


def test_signing_out_elsewhere_closes_it_within_five_seconds(world: World) -> None:
    cookie = session(world, "dora", 3600)
    with Socket(world, "dora", cookie=cookie) as one, Socket(world, "dora") as other:
        world.run(LOGOUT, cookie)
        out = time.monotonic()
        assert one.closed() == 4401
        assert time.monotonic() - out < 5
        other.send("ping", n=1)
        other.wait("pong")


def test_who_is_switched_off_is_let_in_no_more_and_told_so(world: World) -> None:
    cookie = session(world, "nobody", 3600)
    with Socket(world, "nobody", cookie=cookie) as socket:
        world.run(ENDING, "nobody", "off")
        assert socket.closed() == 4403
    with Socket(world, "nobody", hello=False, cookie=cookie) as again:
        assert again.closed() in (4401, 4403)


def test_a_shutdown_lets_answers_end_and_sends_everybody_away(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100, rate=40))
    with World(double) as world:
        with Socket(world) as idle, Socket(world, "bob") as busy:
            ack = busy.ask()
            some(busy, ack["g"])
            world.term()
            assert idle.closed() == 1012
            assert idle.seen[-1] == {"t": "bye", "code": 1012, "reconnect_after_ms": 1000}
            assert busy.closed() == 1012
            assert [frame["t"] for frame in busy.seen[-2:]] == ["gen.end", "bye"]
            assert busy.seen[-2]["reason"] == "stop"
        assert world.ended() == 0
    double.script(CHAT)


def test_what_the_drain_does_not_wait_for_is_stored_as_interrupted(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=40))
    with World(double, server={"port": 0, "drain": "6s"}) as world:
        with Socket(world) as socket, Socket(world, "bob") as idle:
            ack = socket.ask()
            some(socket, ack["g"])
            world.term()
            assert idle.closed() == 1012
            socket.send("chat.send", id=(sent_id := str(uuid.uuid4())), c=None, text="too late")
            refused = socket.wait("error", id=sent_id)
            assert (refused["code"], refused["retry"]) == ("shutting_down", True)
            assert socket.closed() == 1012
            assert [frame["t"] for frame in socket.seen[-2:]] == ["gen.end", "bye"]
            assert socket.seen[-2]["reason"] == "interrupted"
            shown = text_of(socket.seen)
        assert world.ended() == 0
        world.again()
        answer = history(world, ack["c"])[1]
        assert (answer["state"], answer["text"]) == ("interrupted", shown)
    double.script(CHAT)


# ---- a right that goes in the moment between the look and the room --------------------------------------


@awaited
@pytest.mark.parametrize("t", ["sub", "context.clear", "chat.send"])
async def test_who_loses_a_conversation_while_they_enter_it_is_put_out_again(
    monkeypatch: pytest.MonkeyPatch, t: str
) -> None:
    """It is moved after the right was looked at, when nobody stands in the room yet who could be told."""
    where, moved = uuid.uuid4(), []

    def looked(*_: Any, **__: Any) -> Acked:
        hub.doubt(where)  # what a move does
        moved.append(True)
        return Acked(str(uuid.uuid4()), str(where), generation=str(uuid.uuid4()), fresh=False)

    monkeypatch.setattr(acts.access, "get", looked)
    monkeypatch.setattr(acts.asking, "clear", looked)
    monkeypatch.setattr(acts.asking, "say", looked)
    monkeypatch.setattr(acts, "_hidden", lambda caller, opened: opened if moved else [])
    monkeypatch.setattr(acts, "_unreadable", lambda caller, watched: [])
    monkeypatch.setattr(acts, "_running_in", lambda conversation: [uuid.uuid4()])
    async with opened(monkeypatch, soon(1000)) as wire:
        more = {"text": "hi"} if t == "chat.send" else {"id": str(uuid.uuid4())}
        wire.say(t, **({"id": str(uuid.uuid4()), "c": str(where)} | more))
        found = [await wire.next()]
        while found[-1]["t"] != "conv.deleted":
            found.append(await wire.next())
        assert found[-1]["c"] == str(where)
        assert where not in hub.by_conversation
        wire.say("ping", n=3)
        assert (await wire.next()) == {"t": "pong", "n": 3}  # and nothing of what is written there


@awaited
async def test_who_is_switched_off_is_told_so_though_the_session_is_gone_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever of their calls comes first puts the session away."""
    door, asked = soon(1000), []

    def gone(headers: Any, person: str | None = None) -> Any:
        asked.append(person)
        raise NotLetIn(4403, "This account is switched off.")

    async with opened(monkeypatch, door) as wire:
        monkeypatch.setattr(consumers, "let_in", gone)
        (socket,) = hub.by_person["7"]
        socket.hear("ended: switched off")  # type: ignore[attr-defined]
        assert kinds(await wire.all())[-1] == 4403
        assert asked == ["7"]
