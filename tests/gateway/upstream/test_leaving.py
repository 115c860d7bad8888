"""Who leaves takes the upstream's connection along, at once, whatever the phase."""

from __future__ import annotations

import asyncio
import fcntl
import random
import socket
import sys
import termios
import time
from typing import Any

import pytest

from gateway.upstream.client import Upstream
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.gateway.upstream.asking import (
    QUESTION,
    ask,
    deaf_port,
    in_loop,
    open_descriptors,
    resident,
    upstream_of,
)
from tests.proof import proves

pytestmark = pytest.mark.usefixtures("either_loop")

ENDLESS = Reply.tokens(1_000_000, rate=200)
PHASES = {
    "loading": ENDLESS,
    "waiting for the head": ENDLESS.stall("headers"),
    "waiting for the first line": ENDLESS.stall("first"),
    "inside a line": ENDLESS.stall(150),
    "answering": ENDLESS,
}


@pytest.mark.parametrize("how", ["cancel", "aclose", "forget"])
@pytest.mark.parametrize("phase", [pytest.param(name, id=f"vec-T16-{name}") for name in PHASES])
@in_loop
async def test_the_connection_closes_within_a_second(double: OllamaDouble, phase: str, how: str) -> None:
    if phase == "loading":
        double.unload()
        double.host.load_time = None
    double.script("/api/chat", PHASES[phase])
    async with upstream_of(double) as upstream:
        stream: Any = upstream.stream("/api/chat", QUESTION)
        if how == "cancel" or phase not in ("inside a line", "answering"):
            task = asyncio.create_task(until_its_end(stream))
            await double.until(lambda journal: reached(journal[0], phase))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        else:
            await anext(stream)
            await double.until(lambda journal: reached(journal[0], phase))
            if how == "aclose":
                await stream.aclose()
            del stream
        left = time.monotonic()
        await double.until(lambda journal: journal[0].closed_by == "client", timeout=1)
        assert (double.journal[0].closed or 0) - left < 1
        assert double.journal[0].left
        assert upstream.in_flight == 0


async def until_its_end(stream: Any) -> None:
    async for _ in stream:
        pass


def reached(exchange: Any, phase: str) -> bool:
    if phase == "loading":
        return bool(exchange.phase == "loading")
    if phase in ("inside a line", "answering"):
        return bool(exchange.sent >= 150)
    return bool(exchange.status == 200 and exchange.sent == 0)


@proves("vec-T16")
@in_loop
async def test_leaving_while_it_connects_leaves_no_socket() -> None:
    with deaf_port() as url:
        async with upstream_of(url) as upstream:
            before = open_descriptors()
            task = asyncio.create_task(ask(upstream))
            while open_descriptors() == before:
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert open_descriptors() == before
            assert upstream.in_flight == 0


@proves("vec-T16")
@in_loop
async def test_leaving_does_not_wait_until_a_host_that_does_not_read_has_read() -> None:
    """8 MB of pictures are in the socket's way when the caller goes."""
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accepted.put((reader, writer))

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # else the kernel takes it all
    listening.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(deaf, sock=listening, limit=1024)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with upstream_of(url) as upstream:
        payload = QUESTION | {"messages": [{"role": "user", "content": "x", "images": ["A" * 8_000_000]}]}
        task = asyncio.create_task(ask(upstream, payload))
        reader, writer = await accepted.get()
        earlier, unread = 0, 0
        while unread == 0 or unread != earlier:  # until no more goes in
            await asyncio.sleep(0.02)
            earlier, unread = unread, waiting_bytes(writer)
        before = open_descriptors()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)
        assert open_descriptors() == before - 1
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(8_000_000), 5)
        writer.transport.abort()
    server.close()
    await server.wait_closed()


def waiting_bytes(writer: asyncio.StreamWriter) -> int:
    """What the kernel holds for this end of a connection."""
    count = fcntl.ioctl(writer.get_extra_info("socket").fileno(), termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(count, sys.byteorder)


@in_loop
async def test_with_one_place_a_leaver_makes_room_for_the_next() -> None:
    with OllamaDouble(parallel=1) as double:
        double.script("/api/chat", ENDLESS, ENDLESS, Reply.tokens(3))
        async with upstream_of(double) as upstream:
            first, second, third = (upstream.stream("/api/chat", QUESTION) for _ in range(3))
            await anext(first)
            waiting = asyncio.create_task(until_its_end(second))
            await double.until(lambda journal: journal[1].phase == "waiting")
            last = asyncio.create_task(until_its_end(third))
            await double.until(lambda journal: journal[2].phase == "waiting")
            waiting.cancel()
            await double.until(lambda journal: journal[1].closed_by == "client", timeout=1)
            assert double.journal[2].phase == "waiting"
            assert double.journal[2].sends == []
            await first.aclose()
            await asyncio.wait_for(last, 5)


@proves("fault-F54")
@in_loop
async def test_a_thousand_random_cancels_leave_nothing_behind() -> None:
    chance = random.Random(54)
    with OllamaDouble(parallel=8, tokens=8, rate=400, loaded=True) as double:
        async with upstream_of(double) as upstream:
            await ask(upstream)
            before = open_descriptors() - 2 * double.journal.open_links()
            left = [1000]
            await asyncio.gather(*(cancelling(upstream, chance, left) for _ in range(20)))
            assert upstream.in_flight == 0
            await double.until(lambda journal: all(x.phase == "done" or x.closed for x in journal))
            for _ in range(3):
                assert len(await ask(upstream)) == 9
            await double.until(lambda journal: journal.open_links() <= 20)
            assert open_descriptors() - 2 * double.journal.open_links() == before
            assert len(asyncio.all_tasks()) == 1
            cut = sum(x.left for x in double.journal)
            assert cut > 100  # the storm was one, on a busy machine too


async def cancelling(upstream: Upstream, chance: random.Random, left: list[int]) -> None:
    """One caller who loses patience again and again."""
    while left[0] > 0:
        left[0] -= 1
        task = asyncio.create_task(ask(upstream))
        await asyncio.wait({task}, timeout=chance.uniform(0, 0.05))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@proves("fault-F08")
@in_loop
async def test_a_flood_arrives_whole(double: OllamaDouble) -> None:
    line = {"message": {"content": "word "}, "done": False}
    double.script("/api/chat", Reply.flood(line, 20_000))
    async with upstream_of(double) as upstream:
        before = resident()
        lines = 0
        async for some in upstream.stream("/api/chat", QUESTION):
            lines += len(some)
        assert lines == 20_000
        assert resident() - before < 50e6


@proves("fault-F08")
@in_loop
async def test_a_consumer_that_does_not_read_makes_the_host_wait(double: OllamaDouble) -> None:
    line = {"message": {"content": "x" * 1000}, "done": False}
    double.script("/api/chat", Reply.flood(line, 500_000))
    async with upstream_of(double) as upstream:
        stream = upstream.stream("/api/chat", QUESTION)
        await anext(stream)
        before = resident()
        sent = -1
        while sent != double.journal[0].sent:  # it still grows
            sent = double.journal[0].sent
            await asyncio.sleep(0.2)
        assert sent < 16e6  # buffers of the kernel, and 128 KiB of ours
        assert resident() - before < 20e6
        await stream.aclose()
        await double.until(lambda journal: journal[0].closed_by == "client", timeout=1)


@proves("fault-F07")
@in_loop
async def test_a_line_of_a_gigabyte_is_hung_up_on(double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.flood(b"x" * 65536, 16_384))
    async with upstream_of(double) as upstream:
        before = resident()
        with pytest.raises(Exception, match="8 MiB"):
            await ask(upstream)
        assert resident() - before < 50e6
        await double.until(lambda journal: journal[0].closed_by == "client", timeout=1)
    assert double.journal[0].sent < 32e6
