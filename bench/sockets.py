"""A load of chat sockets over plain connections: questions whose answers stream, and sockets that idle."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench import processes
from tests.doubles.native import WORDS

A_PERSON = 20  # sockets of one person

MAKING = """
import json, os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import User
from accounts.signin import sessions
from django.http import HttpRequest
found = []
for number in range(int(sys.argv[2])):
    request = HttpRequest()
    request.session = sessions.store(None)
    sessions.open_for(request, User.objects.create_user(f"person-{number}"))
    request.session.save()
    found.append(request.session.session_key)
print(json.dumps(found))
"""


def people(config: str, count: int) -> list[str]:
    """Session cookies of so many people, made by another process."""
    done = subprocess.run(
        [sys.executable, "-c", MAKING, config, str(count)],
        cwd=processes.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def frame(t: str, **fields: object) -> bytes:
    """A masked text frame (the mask is zero)."""
    content = json.dumps({"t": t, **fields}).encode()
    size = len(content)
    head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
    return head + bytes(4) + content


async def opened(url: str, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket that was told `ready`."""
    target = urlsplit(url)
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    lines = [
        "GET /ws/chat HTTP/1.1",
        f"Host: {target.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: clawd.v1",
        f"Origin: {url}",
        f"Cookie: clawdbot={cookie}",
    ]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame("hello", v=1))
    await reader.readuntil(b'"running":[')
    return reader, writer


SAID = re.compile(rb'"t":"delta".*?"d":"([^"]*)"}')
WORD = statistics.fmean(len(word) for word in WORDS)  # characters of a token of the double's


@dataclass(slots=True)
class Crowd:
    """characters: of the answers' text that came so far, on all sockets; a delta may hold several tokens."""

    characters: int = 0

    @property
    def tokens(self) -> float:
        return self.characters / WORD

    async def ask(self, url: str, cookie: str, delay: float) -> None:
        """One question on a socket of its own, to the end of its answer."""
        await asyncio.sleep(delay)
        reader, writer = await opened(url, cookie)
        writer.write(frame("chat.send", id=str(uuid.uuid4()), c=None, text="hello", opts={"think": False}))
        rest = b""
        while b'"t":"gen.end"' not in rest:
            chunk = await reader.read(65536)
            if not chunk:
                raise ConnectionError("the socket closed in its answer")
            rest += chunk
            end = 0
            for found in SAID.finditer(rest):
                self.characters += len(found[1])
                end = found.end()
            rest = rest[end:]
        writer.close()


async def cpu_per_token(
    url: str, pid: int, cookies: list[str], count: int, ramp: float, window: float
) -> float:
    """CPU microseconds of `pid` for each token, in a window in which `count` sockets have one answer each
    under way: what it costs to ask is none of it."""
    crowd = Crowd()
    delays = [(place // A_PERSON, ramp * place / count) for place in range(count)]
    asking = [asyncio.create_task(crowd.ask(url, cookies[person], delay)) for person, delay in delays]
    await asyncio.sleep(ramp + 2)
    before, seen = processes.cpu_seconds(pid), crowd.tokens
    await asyncio.sleep(window)
    spent, came = processes.cpu_seconds(pid) - before, crowd.tokens - seen
    await asyncio.gather(*asking)
    return 1e6 * spent / max(came, 1)


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the server's pings, and do nothing else."""
    await reader.readuntil(b"]}")
    while True:
        opcode, size = await reader.readexactly(2)
        content = await reader.readexactly(size)
        if opcode == 0x89:
            writer.write(struct.pack("!BB", 0x8A, 0x80 | size) + bytes(4) + content)


async def idle_kib(url: str, pid: int, cookies: list[str], count: int) -> float:
    """KiB of the gateway for each of `count` open sockets on which nothing happens."""
    held = [await opened(url, cookies[-1])]  # whatever the first one loads is none of the others' cost
    before = processes.resident_mb(pid)
    quiet = []
    for begin in range(0, count, A_PERSON):
        several = min(A_PERSON, count - begin)
        cookie = cookies[begin // A_PERSON]
        for each in await asyncio.gather(*(opened(url, cookie) for _ in range(several))):
            held.append(each)
            quiet.append(asyncio.create_task(idle(*each)))
    await asyncio.sleep(6)  # past the time for hello
    spent = processes.resident_mb(pid) - before
    broken = [task for task in quiet if task.done()]
    for task in quiet:
        task.cancel()
    for _, writer in held:
        writer.close()
    if broken:
        raise ConnectionError(f"{len(broken)} of {count} sockets closed")
    return spent * 1000 / count
