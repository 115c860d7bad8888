"""Several people do everything at once to a few conversations, at two processes, and one reads along: nothing
breaks, nothing goes on for ever, and rows agree."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.chat.sockets import Socket
from tests.chat.test_http import API
from tests.chat.test_two_processes import Other
from tests.chat.world import World, asked, frames_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.redis_server import running

pytestmark = pytest.mark.prove

SECONDS, PEOPLE, MOST = 20.0, 5, 5
ROWS = """
import json, os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from chat.models import Generation
found = []
for one in Generation.objects.select_related("message"):
    newest = one.message.generations.order_by("-id").first() == one
    found.append([one.state, one.message.state if newest else one.state])
print(json.dumps(found))
"""


@pytest.fixture(params=["database", "redis", "postgres"])
def both(double: OllamaDouble, request: pytest.FixtureRequest) -> Iterator[tuple[World, World]]:
    double.script("/api/chat", Reply.tokens(300, rate=200))
    parts: dict[str, Any] = {}
    with ExitStack() as stack:
        if request.param == "redis":
            parts["redis_url"] = stack.enter_context(running()).url
        if request.param == "postgres":
            parts["database_url"] = request.getfixturevalue("postgres_url")
        one = stack.enter_context(World(double, **parts))
        yield one, stack.enter_context(Other(double, one))


class Storm:
    """conversations: of which somebody has heard. wrong: what should not have been answered."""

    def __init__(self, both: tuple[World, World]) -> None:
        self.both = both
        self.conversations: list[str] = []
        self.wrong: list[str] = []
        self.end = time.monotonic() + SECONDS

    def person(self, seed: int) -> None:
        rolled = random.Random(seed)
        with ExitStack() as stack:
            clients = [stack.enter_context(self._client(world, who)) for world in self.both for who in WHO]
            while time.monotonic() < self.end:
                client = rolled.choice(clients)
                if len(self.conversations) < MOST or rolled.random() < 0.1:
                    self._stream(client, API, asked(team="team-a"), rolled)
                else:
                    self._act(client, rolled.choice(self.conversations[-MOST:]), rolled)

    def reader(self, world: World) -> None:
        with Socket(world, "bob") as socket:
            while time.monotonic() < self.end:
                for one in self.conversations[-MOST:]:
                    socket.send("sub", c=one)
                socket.send("ping", n=1)
                socket.wait("pong", n=1)
                codes = {frame["code"] for frame in socket.seen if frame["t"] == "error"}
                self.wrong += codes - {"not_found"}
                socket.seen.clear()
                time.sleep(0.2)  # at the pace of a person

    def _client(self, world: World, who: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {world.token(who)}"}
        return httpx.Client(base_url=world.url, headers=headers, timeout=40, trust_env=False)

    def _act(self, client: httpx.Client, conversation: str, rolled: random.Random) -> None:
        address = f"{API}/{conversation}"
        messages = client.get(f"{address}/messages").json().get("messages", [])
        last = messages[-1] if messages else {"id": None, "generation": None}
        acts: list[Callable[[], Any]] = [
            lambda: self._stream(client, f"{address}/messages", asked("more"), rolled),
            lambda: self._stream(client, f"{address}/messages", said("chat.regen", m=last["id"]), rolled),
            lambda: self._stream(
                client, f"{address}/messages", said("chat.regen", m=last["id"], more=True), rolled
            ),
            lambda: client.post(f"{address}/messages", json=said("chat.stop", g=last["generation"])),
            lambda: client.post(f"{address}/messages", json=said("context.clear")),
            lambda: client.delete(address),
            lambda: client.post(f"{address}/undo"),
            lambda: client.post(f"{address}/undo"),
            lambda: client.patch(address, json={"team": rolled.choice([None, "team-a"])}),
            lambda: client.get(API),
            lambda: client.get(f"{address}/export"),
        ]
        answer = rolled.choice(acts)()
        if answer is not None and answer.status_code >= 500:
            self.wrong.append(answer.text)

    def _stream(self, client: httpx.Client, path: str, body: dict[str, Any], rolled: random.Random) -> None:
        """Read to some point, or to the end."""
        most, text = rolled.choice([1, 2000, 10**9]), ""
        with client.stream("POST", path, json=body) as answer:
            for some in answer.iter_text():
                text += some
                if len(text) > most and "\n\n" in text:
                    break
        whole = text.rpartition("\n\n")[0]
        if answer.status_code >= 500 or '"internal_error"' in whole:
            self.wrong.append(text)
        self.conversations += [one["c"] for one in frames_of(whole) if one["t"] == "ack" and path == API]


WHO = ("alice", "bob", "lena")


def said(kind: str, **fields: Any) -> dict[str, Any]:
    body = asked()
    del body["text"]
    return body | {"t": kind} | fields


def test_everything_at_once(both: tuple[World, World]) -> None:
    storm = Storm(both)
    threads = [threading.Thread(target=storm.person, args=(seed,)) for seed in range(PEOPLE)]
    threads += [threading.Thread(target=storm.reader, args=(world,)) for world in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storm.wrong == []
    assert len(storm.conversations) >= MOST
    one = both[0]
    rows = one.wait_for(lambda: [] if running_in(found := json.loads(one.run(ROWS))) else found)
    assert {state for state, _ in rows} <= {"complete", "stopped"}
    assert [pair for pair in rows if pair[0] != pair[1]] == []
    lines = [json.loads(line) for world in both for line in world.log if line.startswith("{")]
    assert [line for line in lines if line.get("level") == "error"] == []


def running_in(rows: list[list[str]]) -> bool:
    return bool({"queued", "generating"} & {state for state, _ in rows})
