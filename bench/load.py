"""A load of HTTP calls over plain sockets, cheap enough not to disturb what it measures."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Tally:
    """calls and tokens that came back; ttft: seconds to the first piece of each stream."""

    calls: int = 0
    tokens: int = 0
    failed: int = 0
    ttft: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The ttft below which `share` of the streams lie, in ms."""
        ordered = sorted(self.ttft)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def request_bytes(url: str, body: dict[str, object], token: str | None) -> bytes:
    """One POST as it goes over the wire; the connection is kept."""
    target = urlsplit(url)
    raw = json.dumps(body).encode()
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(raw)}",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


async def stream(url: str, payload: bytes, marker: bytes, end: bytes, tally: Tally) -> None:
    """One streamed call: count `marker` until `end`, note when the first one came."""
    target = urlsplit(url)
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    started, first, seen = time.perf_counter(), None, 0
    try:
        writer.write(payload)
        tail = b""
        while chunk := await reader.read(65536):
            text = tail + chunk
            found = text.count(marker)
            if found and first is None:
                first = time.perf_counter() - started
            seen += found
            if end in text:
                break
            tail = b""
    finally:
        writer.close()
    if first is None:
        tally.failed += 1
        return
    tally.calls += 1
    tally.tokens += seen
    tally.ttft.append(first)


async def streams(url: str, payload: bytes, marker: bytes, end: bytes, count: int, ramp: float) -> Tally:
    """`count` streams at once, begun over `ramp` seconds."""
    tally = Tally()

    async def later(delay: float) -> None:
        await asyncio.sleep(delay)
        await stream(url, payload, marker, end, tally)

    await asyncio.gather(*(later(ramp * i / count) for i in range(count)))
    return tally


async def whole_calls(url: str, payload: bytes, count: int, at_once: int) -> Tally:
    """`count` calls that are answered in one body, over `at_once` kept connections."""
    tally, target = Tally(), urlsplit(url)
    left = iter(range(count))

    async def worker() -> None:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        for _ in left:
            writer.write(payload)
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
            if b" 200 " in head.split(b"\r\n")[0]:
                tally.calls += 1
            else:
                tally.failed += 1
        writer.close()

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return tally
