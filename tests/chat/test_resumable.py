"""An answer of the API that outlives its connection: left, come back to, and whole (M9)."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.chat.test_generation import ENDING
from tests.chat.test_http import began
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.redis_server import RedisServer, redis
from tests.server.process import Process

__all__ = ["redis"]

CHAT = "/api/chat"
HI = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
ASK = "/v1/chat/completions"
RESUMABLE = {"X-Clawdbot-Resumable": "true"}
NUMBER = re.compile(rb'"clawdbot":\{"seq":(\d+)\}\}$')


class Reader:
    """A client that keeps whole events and the number of the last one."""

    def __init__(self, world: World, who: str = "alice", path: str = ASK, body: dict[str, Any] = HI) -> None:
        self.client = world.client(who)
        self.path, self.body = path, body
        self.id, self.last = "", 0
        self.events: list[bytes] = []

    def ask(self, most: int = 10**9, at: Callable[[], object] | None = None) -> None:
        """The first part: at most so many bytes, then the connection is cut. at: done after ten events."""
        with self.client.stream("POST", self.path, json=self.body, headers=RESUMABLE) as answer:
            assert answer.status_code == 200, answer.read()
            self.id = answer.headers["x-clawdbot-generation"]
            self.take(answer, most, at)

    def rest(self, most: int = 10**9) -> None:
        """A further part."""
        with self.client.stream(
            "GET", f"/v1/generations/{self.id}", params={"after": self.last}
        ) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            self.take(answer, most)

    def take(self, answer: httpx.Response, most: int, at: Callable[[], object] | None = None) -> None:
        left, waiting = most, b""
        for some in answer.iter_raw(256):
            if at is not None and len(self.events) > 10:
                at()
                at = None
            waiting += some[:left]
            left -= len(some)
            *whole, waiting = waiting.split(b"\n\n")
            for event in whole:
                if event.startswith(b":"):
                    continue
                self.events.append(event)
                found = NUMBER.search(event)
                if found is not None:
                    self.last = int(found[1])
            if left <= 0 or self.done:
                return

    @property
    def done(self) -> bool:
        return bool(self.events) and self.events[-1] == b"data: [DONE]"

    def text(self) -> str:
        found = ""
        for event in self.events:
            data = event.partition(b"data: ")[2]
            if data != b"[DONE]":
                for choice in json.loads(data).get("choices", []):
                    found += choice.get("delta", {}).get("content") or choice.get("text") or ""
        return found

    def numbers(self) -> list[int]:
        found = [NUMBER.search(event) for event in self.events]
        return [int(one[1]) for one in found if one is not None]


@pytest.fixture
def words(double: OllamaDouble) -> Iterator[OllamaDouble]:
    """The model writes one answer of some seconds."""
    double.script(CHAT, Reply.tokens(300, rate=100))
    yield double
    double.script(CHAT)


def plain(world: World) -> str:
    """The same answer, asked for as always."""
    text = ""
    with world.client().stream("POST", ASK, json=HI) as answer:
        assert "x-clawdbot-generation" not in answer.headers
        for line in answer.iter_lines():
            assert "clawdbot" not in line
            if line.startswith("data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    text += choice["delta"].get("content") or ""
    return text


@proves("promise-M9")
def test_thirty_cuts_at_random_points_and_the_text_is_the_same(world: World, words: OllamaDouble) -> None:
    whole = plain(world)
    rolled = random.Random(11)
    reader = Reader(world)
    reader.ask(rolled.randint(300, 900))
    cuts = 1
    while cuts < 30 and not reader.done:
        reader.rest(rolled.randint(200, 2500))
        cuts += 1
    if not reader.done:
        reader.rest()
    assert cuts == 30
    assert reader.done
    assert reader.text() == whole != ""
    assert reader.numbers() == list(range(1, len(reader.numbers()) + 1))


@pytest.mark.parametrize(
    ("path", "body", "last"),
    [
        ("/v1/chat/completions", HI | {"n": 2}, b"data: [DONE]"),
        ("/v1/completions", {"prompt": "hi", "stream": True}, b"data: [DONE]"),
        ("/v1/responses", {"input": "hi", "stream": True}, b"response.completed"),
    ],
)
def test_each_dialect_can_be_left_and_come_back_to(
    world: World, path: str, body: dict[str, Any], last: bytes
) -> None:
    whole = Reader(world, path=path, body=body)
    whole.ask()
    assert last in whole.events[-1]
    again = Reader(world, path=path, body=body)
    again.id = whole.id
    again.rest()
    assert again.events == whole.events
    assert whole.numbers() == list(range(1, len(whole.numbers()) + 1))
    assert len(whole.numbers()) >= len(whole.events) - 1


def test_a_client_that_leaves_cancels_nothing(world: World, words: OllamaDouble) -> None:
    reader = Reader(world)
    reader.ask(2000)
    words.wait_for(lambda journal: journal.to(CHAT)[-1].ended is not None)
    assert not words.journal.to(CHAT)[-1].left
    reader.rest()
    assert reader.done
    assert reader.text() == plain(world)


def test_it_is_the_callers_alone(world: World) -> None:
    reader = Reader(world)
    reader.ask()
    for who in ("bob", "lena", "machine"):
        there = world.client(who).get(f"/v1/generations/{reader.id}")
        nowhere = world.client(who).get("/v1/generations/01a214bb-0312-7000-b341-4e6ebe3af63d")
        assert there.status_code == nowhere.status_code == 404
        assert there.json() == nowhere.json()
    shouted = world.client().get(f"/v1/generations/{reader.id.upper()}")
    assert shouted.status_code == (404 if reader.id.upper() != reader.id else 200)
    assert world.client().get("/v1/generations/nothing").status_code == 404


def test_an_answer_of_the_chat_is_none_of_these(world: World) -> None:
    ack = began(world)
    assert world.client().get(f"/v1/generations/{ack['g']}").status_code == 404


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "99999999", "9" * 30, "٣"])
def test_a_number_that_it_does_not_have_is_refused(world: World, after: str) -> None:
    reader = Reader(world)
    reader.ask()
    answer = world.client().get(f"/v1/generations/{reader.id}", params={"after": after})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "after"


def test_after_the_last_chunk_comes_the_end_and_nothing_twice(world: World) -> None:
    reader = Reader(world)
    reader.ask()
    answer = world.client().get(f"/v1/generations/{reader.id}", params={"after": reader.last})
    assert answer.text == "data: [DONE]\n\n"


EXPIRING = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from datetime import timedelta
from django.utils import timezone
from chat.models import Generation
ended = timezone.now() - timedelta(minutes=float(sys.argv[3]))
Generation.objects.filter(id=sys.argv[2]).update(ended=ended)
"""


def test_ten_minutes_after_its_end_it_is_gone(world: World) -> None:
    reader = Reader(world)
    reader.ask()
    world.run(EXPIRING, reader.id, "9.5")
    assert world.client().get(f"/v1/generations/{reader.id}").status_code == 200
    world.run(EXPIRING, reader.id, "10.1")
    assert world.client().get(f"/v1/generations/{reader.id}").status_code == 404


def test_a_refusal_keeps_its_status_and_names_no_answer(world: World, double: OllamaDouble) -> None:
    answer = world.client().post(ASK, json=HI | {"model": "no-such-model"}, headers=RESUMABLE)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "x-clawdbot-generation" not in answer.headers
    double.script(CHAT, Reply.error(500, "no"))
    answer = world.client().post(ASK, json=HI, headers=RESUMABLE)
    double.script(CHAT)
    assert answer.status_code == 502
    assert "x-clawdbot-generation" not in answer.headers


def test_without_a_stream_or_with_another_word_the_header_does_nothing(world: World) -> None:
    whole = world.client().post(ASK, json=HI | {"stream": False}, headers=RESUMABLE)
    assert whole.json()["choices"][0]["message"]["content"]
    other = world.client().post(ASK, json=HI, headers={"X-Clawdbot-Resumable": "no"})
    for answer in (whole, other):
        assert "x-clawdbot-generation" not in answer.headers
        assert "clawdbot" not in answer.text


def test_with_nobody_there_it_stops_after_a_while_and_says_so(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=100))
    with World(double, chat={"linger": "1s"}) as world:
        reader = Reader(world)
        reader.ask(1500)
        double.wait_for(lambda journal: journal.to(CHAT)[-1].left)
        shown = reader.text()
        reader.rest()
        assert b"was stopped" in reader.events[-1]
        assert not reader.done
        reader.events.pop()
        assert reader.text().startswith(shown)
    double.script(CHAT)


class Second(World):
    """Another process on the first one's database and keys, with the same people."""

    def __init__(self, double: OllamaDouble, first: World) -> None:
        shared = {name: value for name, value in first.parts.items() if name not in ("upstream", "server")}
        super().__init__(double, **shared)
        self.first = first

    def __enter__(self) -> Second:
        Process.__enter__(self)
        self.people = self.first.people
        return self


@pytest.fixture(params=["database", "redis"])
def both(
    request: pytest.FixtureRequest, double: OllamaDouble, redis: RedisServer
) -> Iterator[tuple[World, World]]:
    """Two processes with one log."""
    parts = {"redis_url": redis.url} if request.param == "redis" else {}
    with World(double, **parts) as one, Second(double, one) as two:
        yield one, two
    double.script(CHAT)


@proves("promise-M9")
def test_another_process_goes_on_where_this_one_was_left(
    both: tuple[World, World], double: OllamaDouble
) -> None:
    double.script(CHAT, Reply.tokens(300, rate=100))
    one, two = both
    whole = plain(one)
    rolled = random.Random(5)
    reader = Reader(one)
    reader.ask(rolled.randint(300, 900))
    while not reader.done:
        reader.client = two.client() if reader.client is one.client() else one.client()
        reader.rest(rolled.randint(2000, 20000))
    assert reader.text() == whole
    assert reader.numbers() == list(range(1, len(reader.numbers()) + 1))
    assert two.client("bob").get(f"/v1/generations/{reader.id}").status_code == 404


@proves("promise-M9")
def test_a_killed_process_loses_nothing_that_was_shown(
    both: tuple[World, World], double: OllamaDouble
) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=200))
    one, two = both
    reader = Reader(one)
    with pytest.raises(httpx.TransportError):
        reader.ask(at=one.child.kill)
    one.child.wait(10)
    again = Reader(two)
    again.id = reader.id
    again.rest()
    assert again.events[: len(reader.events)] == reader.events
    assert b"was interrupted" in again.events[-1]
    assert len(reader.events) > 10


BOOKED = """
import json, os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from gateway.models import UsageRow
found = UsageRow.objects.filter(request_id=sys.argv[2])
print(json.dumps(list(found.values("route", "outcome", "completion_tokens", "kind"))))
"""


def test_its_tokens_are_booked_once_also_where_the_client_left(world: World, words: OllamaDouble) -> None:
    with world.client("bob").stream("POST", ASK, json=HI, headers=RESUMABLE) as answer:
        request = answer.headers["x-request-id"]
        next(answer.iter_raw())
    words.wait_for(lambda journal: journal.to(CHAT)[-1].ended is not None)
    (row,) = world.wait_for(lambda: json.loads(world.run(BOOKED, request)))
    assert row == {
        "route": "/v1/generations", "outcome": "ok", "completion_tokens": 300, "kind": "person"
    }  # fmt: skip


@proves("promise-M7")
def test_who_is_switched_off_meanwhile_is_told_and_the_model_stops(
    world: World, words: OllamaDouble
) -> None:
    words.script(CHAT, Reply.tokens(100_000, rate=100))
    reader = Reader(world, "nobody")
    reader.ask(at=lambda: world.run(ENDING, "nobody", "off"))
    assert b"AUTH_INVALID_TOKEN" in reader.events[-1]
    words.wait_for(lambda journal: journal.to(CHAT)[-1].left)
    assert world.client("nobody").get(f"/v1/generations/{reader.id}").status_code == 401
