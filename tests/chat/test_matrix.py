"""Who may do what: tests/chat/matrix.csv, executed. Each route of /api and each frame has a row; a new one
without a row fails.

The object is alice's conversation of team-a, in which the answer is whole, cut or being written, as the act
needs it. own: alice. teammate: bob. reader: rita of the team, whose scope is chat:read alone; blind: wanda of
the team, without chat:read. outsider: charlie of another team. random, spelling: alice, with an id that
nothing has, and with the right one in capitals. machine: a program with chat:read, chat:write and the team.
"""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chat.protocol import CLIENT
from tests.chat import world as worlds
from tests.chat.sockets import Socket
from tests.chat.test_api_page import calls
from tests.chat.test_continue import said
from tests.chat.test_generation import CHAT, some
from tests.chat.test_images import picture
from tests.chat.test_import import chatgpt
from tests.chat.world import World, asked, frames_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves

TABLE = Path(__file__).with_name("matrix.csv")
ROWS = {row["act"]: row for row in csv.DictReader(TABLE.read_text().splitlines())}
WHO = {
    "outsider": "charlie",
    "random": "alice",
    "spelling": "alice",
    "machine": "machine",
    "blind": "wanda",
    "reader": "rita",
    "teammate": "bob",
    "own": "alice",
}  # in this order: those who may change it come last
MAY = {"all": ["chat:read", "chat:write", "image:upload"], "few": ["chat:read"], "blind": ["chat:write"]}
PEOPLE = {
    "alice": {"team-a": "member", "all": "member"},
    "bob": {"team-a": "member", "all": "member"},
    "charlie": {"team-b": "member", "all": "member"},
    "rita": {"team-a": "member", "few": "member"},
    "wanda": {"team-a": "member", "blind": "member"},
}
WECOM = {
    "provider": "wecom",
    "client_id": "ww1",
    "client_secret": "kept-by-the-gateway-alone",
    "redirect_uri": "http://localhost:8080/callback",
    "provider_options": {"agent_id": "1000002"},
    "scope_map": MAY,
}
KNOWN = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import ExternalIdentity, User
for user in User.objects.all():
    known = {"provider": "wecom", "issuer": "https://qyapi.weixin.qq.com/ww1", "subject": user.username}
    ExternalIdentity.objects.create(user=user, **known)
"""  # who came by a provider has the scopes of its map
LASTS = {"hello": "ready", "chat.send": "gen.end", "chat.regen": "gen.end", "chat.regen more": "gen.end"}
VARIANTS = {"chat.regen more"}  # of frames: another right could be looked at


@pytest.fixture(scope="module")
def world(double: OllamaDouble) -> Iterator[World]:
    limits = {"per_user": {"rpm": None, "parallel": None}, "per_address": {"rpm": None}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "PEOPLE", PEOPLE)
        parts: dict[str, Any] = {"oauth2": [WECOM], "limits": limits, "models": {"vision": "vision:latest"}}
        with World(double, **parts) as found:
            found.run(KNOWN)
            yield found


def fresh() -> str:
    return str(uuid.uuid4())


class Object:
    """What is asked for. As `random`, all of its ids are others; as `spelling` they are spelled otherwise."""

    def __init__(self, world: World, double: OllamaDouble, act: str) -> None:
        alice = world.client("alice")
        body = asked("secret", team="team-a")
        if "image" in act or act == "chat.send":
            sent = alice.post("/api/images", content=picture(), headers={"Content-Type": "image/jpeg"})
            body["images"] = [sent.json()["id"]]
        self.image = (body.get("images") or [fresh()])[0]
        double.script(CHAT, said("One", done_reason="length"))
        ack = frames_of(alice.post("/api/conversations", json=body).text)[0]
        self.c, self.m, self.g = ack["c"], ack["ma"], ack["g"]
        if act.startswith("DELETE") or "undo" in act:
            alice.delete(f"/api/conversations/{self.c}") if "undo" in act else None

    def ids(self, column: str) -> dict[str, str]:
        found = {"c": self.c, "m": self.m, "g": self.g, "image": self.image}
        if column == "random":
            return {name: fresh() for name in found}
        return {name: one.upper() for name, one in found.items()} if column == "spelling" else found


BODIES: dict[str, Callable[[dict[str, str]], Any]] = {
    "POST /api/conversations": lambda ids: asked("mine"),
    "PATCH /api/conversations/<id>": lambda ids: {"title": "renamed"},
    "POST /api/conversations/<id>/messages": lambda ids: {
        "t": "chat.regen", "id": fresh(), "m": ids["m"], "more": False,
    },
    "POST /api/import": lambda ids: chatgpt(),
    "PUT /api/settings": lambda ids: {"theme": "dark"},
    "POST /api/notices": lambda ids: {"seen": []},
}  # fmt: skip


def by_http(world: World, act: str, column: str, ids: dict[str, str]) -> str:
    """`200`, or status and code."""
    method, _, path = act.partition(" ")
    address = path.replace("<id>", ids["image"] if "/images/" in path else ids["c"])
    client = world.client(WHO[column])
    if act == "POST /api/images":
        answer = client.post(address, content=picture(), headers={"Content-Type": "image/jpeg"})
    else:
        body = BODIES[act](ids) if act in BODIES else None
        answer = client.request(method, address, json=body, params={"q": "secret"} if "search" in act else {})
    if answer.is_error:
        return f"{answer.status_code} {answer.json()['error']['code']}"
    shown = ids["c"] in answer.text if "<id>" not in act and column == "outsider" else False
    assert not shown, "an outsider was shown it"
    return str(answer.status_code)


def frame_of(act: str, ids: dict[str, str]) -> dict[str, Any]:
    t = act.partition(" ")[0]
    values = {"id": fresh(), "v": 1, "s": 0, "n": 1, "text": "hi", "more": act.endswith(" more")}
    values |= {"c": ids["c"], "m": ids["m"], "g": ids["g"], "images": [ids["image"]]}
    wanted = {field.name for field in CLIENT[t].fields} - {"focus", "have", "team", "parent", "opts", "lang"}
    return {"t": t, **{name: value for name, value in values.items() if name in wanted}}


def by_socket(world: World, act: str, column: str, ids: dict[str, str]) -> str:
    """`ok`, the code of the error, or of the close."""
    headers = {"Authorization": f"Bearer {world.token('machine')}"} if column == "machine" else {}
    who = None if column == "machine" else WHO[column]
    with Socket(world, who, hello=False, headers=headers) as socket:
        with suppress(ConnectionClosed):  # what was said before is there to be read
            if act != "hello":
                socket.send("hello", v=1)
            said = frame_of(act, ids)
            socket.send(said.pop("t"), **said)
            if act not in LASTS:
                socket.send("ping", n=99)

        def over(frame: dict[str, Any]) -> bool:
            return frame["t"] in ("error", "bye", LASTS.get(act, "pong"))

        frame = socket.until(over)
        if frame["t"] != "error":
            return "ok"
        code = str(frame["code"])
        return str(socket.closed()) if code in ("forbidden", "AUTH_INVALID_TOKEN") else code


def judged(world: World, double: OllamaDouble, act: str) -> dict[str, str]:
    """Each caller's answer."""
    found = {}
    with ExitStack() as stack:
        what = Object(world, double, act)
        for column in WHO:
            if act in ("chat.stop", "resume", "sub"):
                double.script(CHAT, Reply.tokens(500, rate=2))
            if act in ("chat.stop", "resume") and column == next(iter(WHO)):
                alice = stack.enter_context(Socket(world, "alice"))
                ack = alice.ask(c=what.c)
                some(alice, ack["g"], 1)
                what.g = ack["g"]
            if act == "chat.regen more" and column == "own":
                double.script(CHAT, said("One", done_reason="length"))
            if ROWS.get(act, {}).get(column) == "-":
                found[column] = "-"
                continue
            road = by_socket if act.partition(" ")[0] in CLIENT else by_http
            found[column] = road(world, act, column, what.ids(column))
    return found


@pytest.mark.parametrize("act", ROWS)
@proves("promise-M6", "promise-M5")
def test_each_caller_is_answered_as_the_table_says(world: World, double: OllamaDouble, act: str) -> None:
    assert judged(world, double, act) == {column: ROWS[act][column] for column in WHO}


def test_each_route_and_each_frame_has_a_row() -> None:
    assert set(ROWS) == calls() | set(CLIENT) | VARIANTS


def test_what_is_not_seen_is_as_unknown_as_a_random_id() -> None:
    """By the table alone: no cell of an outsider differs from that of an id that nothing has."""
    for act, row in ROWS.items():
        if row["random"] != "-":
            assert row["outsider"] == row["random"], act
            assert row["spelling"] in (row["random"], "not_found"), act
    assert re.fullmatch(r"[\w,. /<>:-]+", TABLE.read_text().replace("\n", ""))
