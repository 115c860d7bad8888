"""Asking a double through an Upstream of one's own."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import wraps
from typing import Any

from clawdsite.core.config.schema import Config
from clawdsite.core.errors import ClawdError
from gateway.types import ChatRequest, Event, Json, Plan
from gateway.upstream.client import Upstream
from gateway.wire.ollama import EventReader
from tests.doubles.ollama import OllamaDouble

MODEL = "qwen3:32b"
QUESTION: Json = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "stream": True}


new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """An async test with an event loop of its own."""

    @wraps(test)
    def run(*args: Any, **given: Any) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(test(*args, **given))  # type: ignore[arg-type]

    return run


@asynccontextmanager
async def upstream_of(where: OllamaDouble | str, **limits: Any) -> AsyncIterator[Upstream]:
    """limits: keys of `upstream` in config.yaml."""
    url = where if isinstance(where, str) else where.url
    config = Config.model_validate({"mode": "development", "upstream": {"url": url, **limits}})
    async with aclosing(Upstream(lambda: config)) as upstream:
        yield upstream


async def ask(
    upstream: Upstream, payload: Json = QUESTION, path: str = "/api/chat", **more: Any
) -> list[Json]:
    """All lines of a whole answer."""
    return [line async for lines in upstream.stream(path, payload, **more) for line in lines]


async def ask_until_failure(
    upstream: Upstream, payload: Json = QUESTION
) -> tuple[list[Json], ClawdError | None]:
    """What came, and what ended it (None: a proper end)."""
    return await read_until_failure(upstream.stream("/api/chat", payload))


async def read_until_failure(stream: AsyncIterator[list[Json]]) -> tuple[list[Json], ClawdError | None]:
    """The same of a stream that somebody began to read."""
    lines: list[Json] = []
    try:
        async for some in stream:
            lines += some
    except ClawdError as error:
        return lines, error
    return lines, None


async def refusal(upstream: Upstream, payload: Json = QUESTION) -> ClawdError:
    """The error of a question that must fail."""
    _, error = await ask_until_failure(upstream, payload)
    assert error is not None, "an answer came"
    return error


def text_of(lines: list[Json]) -> str:
    return "".join(line.get("message", {}).get("content", "") for line in lines)


def events_of(lines: list[Json]) -> list[Event]:
    """What the translation makes of them."""
    reader = EventReader(ChatRequest(), Plan())
    return [event for line in lines for event in reader.feed(line)] + reader.end()


def open_descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def deaf_port() -> Iterator[str]:
    """An address whose connections hang: its backlog is full, so the kernel drops every SYN."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            for filler in fillers:
                filler.close()
