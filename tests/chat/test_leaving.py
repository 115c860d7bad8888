"""Who is switched off while answers are written is out everywhere in five seconds, in either shape (M7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, ENDING, some
from tests.chat.test_two_processes import Other
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.redis_server import running

Both = tuple[World, World]


@pytest.fixture(params=["one process, SQLite", "two processes, PostgreSQL and Redis"])
def both(double: OllamaDouble, request: pytest.FixtureRequest) -> Iterator[Both]:
    double.script(CHAT, Reply.tokens(100_000, rate=20))
    with ExitStack() as stack:
        if request.param.startswith("one"):
            world = stack.enter_context(World(double))
            yield world, world
        else:
            parts = {
                "redis_url": stack.enter_context(running()).url,
                "database_url": request.getfixturevalue("postgres_url"),
            }
            one = stack.enter_context(World(double, chat=None, **parts))
            yield one, stack.enter_context(Other(double, one))
    double.script(CHAT)


class Stream:
    """A streamed API call, read by a thread of its own to its end."""

    def __init__(self, world: World, who: str) -> None:
        self.world, self.who, self.text = world, who, ""
        self.began = threading.Event()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()
        assert self.began.wait(30)

    def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self.world.token(self.who)}"}
        body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
        url = f"{self.world.url}/v1/chat/completions"
        with httpx.stream("POST", url, json=body, headers=headers, timeout=60, trust_env=False) as answer:
            for piece in answer.iter_text():
                self.text += piece
                if '"content"' in self.text:
                    self.began.set()


@proves("promise-M7")
def test_two_sockets_and_a_stream_of_who_is_switched_off_end_in_five_seconds(
    both: Both, double: OllamaDouble
) -> None:
    one, two = both
    with Socket(one, "nobody") as here, Socket(two, "nobody") as there:
        ack = here.ask()
        some(here, ack["g"])
        there.send("resume", g=ack["g"], s=0)
        some(there, ack["g"])
        stream = Stream(two, "nobody")
        one.run(ENDING, "nobody", "off")
        off = time.monotonic()
        assert (here.closed(), there.closed()) == (4403, 4403)
        stream.thread.join(20)
        double.wait_for(lambda journal: all(exchange.closed for exchange in journal.to(CHAT)))
        assert time.monotonic() - off < 5
        assert "[DONE]" not in stream.text
        assert "AUTH_INVALID_TOKEN" in stream.text
