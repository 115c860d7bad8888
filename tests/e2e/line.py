"""The network between a browser and a gateway: a plain TCP relay on loopback that a test can break.

with Line() as line:
    line.to = gateway.port
    line.drop_sockets()          # every websocket breaks, as when a proxy dies; others go on
    line.down(); line.up()       # nobody gets through meanwhile
    line.still(); line.flow()    # connections stay, but nothing comes through: a dead link
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Self


class Line:
    """port: where browsers come. to: the gateway's port."""

    def __init__(self) -> None:
        self.port = self.to = 0
        self.sockets = 0  # websockets that were ever opened through it
        self._open: set[Relay] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._refuses = False
        self._flowing: asyncio.Event
        self._server: asyncio.Server

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def drop_sockets(self) -> int:
        """-> how many there were."""
        return int(self._call(self._drop(lambda relay: relay.websocket)))

    def down(self) -> None:
        """Nobody gets through, and whoever is through is cut off."""
        self._refuses = True
        self._call(self._drop(lambda relay: True))

    def up(self) -> None:
        self._refuses = False

    def still(self) -> None:
        self._call(self._set(flowing=False))

    def flow(self) -> None:
        self._call(self._set(flowing=True))

    def calm(self) -> None:
        """As at the beginning."""
        self.up()
        self.flow()

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _begin(self) -> None:
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = await asyncio.start_server(self._came, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        self._flowing.set()
        await self._drop(lambda relay: True)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(tasks, timeout=5) if tasks else None
        await asyncio.sleep(0)  # connections that were aborted say so in the next round

    async def _set(self, *, flowing: bool) -> None:
        (self._flowing.set if flowing else self._flowing.clear)()

    async def _drop(self, which: Callable[[Relay], bool]) -> int:
        chosen = [relay for relay in self._open if which(relay)]
        for relay in chosen:
            relay.abort()
        return len(chosen)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        relay = Relay(reader, writer)
        self._open.add(relay)
        try:
            await relay.run(self)
        finally:
            self._open.discard(relay)

    async def flowing(self) -> None:
        await self._flowing.wait()


class Relay:
    """One connection through the line. websocket: known once its request came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.up: asyncio.StreamWriter | None = None
        self.websocket = False

    async def run(self, line: Line) -> None:
        try:
            reader, self.up = await asyncio.open_connection("127.0.0.1", line.to)
        except OSError:
            self.writer.transport.abort()
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(self.reader, self.up, line))
                both.create_task(self._pass(reader, self.writer, line))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line) -> None:
        while chunk := await reader.read(65536):
            if reader is self.reader and b"GET /ws/chat" in chunk[:64]:
                self.websocket = True
                line.sockets += 1
            await line.flowing()
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()

    def abort(self) -> None:
        for writer in (self.writer, self.up):
            if writer is not None:
                writer.transport.abort()
