"""A double of Ollama on loopback, in a thread of its own or (`python -m tests.doubles.ollama`) as a process.

    with OllamaDouble(parallel=1) as double:
        double.script("/api/chat", Reply.recording("native-chat-stream").cut(100))
        ...                                        # ask double.url
        double.wait_for(lambda journal: journal[0].closed_by == "client")

Without a script it answers as a real one does, with made-up words. `double.journal` says what was asked,
what went out, and who closed which connection when.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Self

from tests.doubles.answers import WORDS_IN, Answers
from tests.doubles.host import Host, Load
from tests.doubles.journal import Exchange, Journal, Link, with_tag
from tests.doubles.native import STOCK, Model
from tests.doubles.reply import Reply
from tests.doubles.wire import Broken, Connection, Player

__all__ = ["Load", "Model", "OllamaDouble", "Reply"]

Headers = tuple[tuple[str, str], ...]
Scripted = Reply | Callable[[Exchange], Reply | None]
PATIENCE = 10.0  # seconds that a test waits for something that must happen


class OllamaDouble:
    """See the module. models: names, or `Model`s with their abilities. loaded: all, none, or these.

    load_time: seconds a load takes; None lasts until `finish_loads()`.
    parallel: answers at once for each model; the rest wait without a byte, first come, first served.
    tokens, rate, thinking: length of a made-up answer, words a second, thought words when `think` is asked.
    keep: how many exchanges the journal remembers; None keeps all.
    """

    def __init__(
        self,
        *,
        models: Iterable[Model | str] = STOCK,
        loaded: Iterable[str] | bool = True,
        load_time: float | None = 0.0,
        parallel: int | None = None,
        tokens: int = 6,
        rate: float | None = None,
        thinking: int = 2,
        port: int = 0,
        keep: int | None = None,
    ) -> None:
        known = [model if isinstance(model, Model) else Model(with_tag(model)) for model in models]
        self.host = Host(known, loaded, load_time, parallel)
        self.answers = Answers(self.host, tokens, rate, thinking)
        self.journal = Journal(keep)
        self.port = port
        self.faults: list[BaseException] = []
        self._scripts: dict[tuple[str, str | None], deque[Scripted]] = {}
        self._connections: set[Connection] = set()
        self._released = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._over: asyncio.Event

    # ---- its life -----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        self.stop()
        if self.faults and exc is None:
            raise self.faults[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listens; after a `stop` on the same port as before."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._run(ready), name="ollama double", daemon=True)
        self._thread.start()
        if not ready.wait(PATIENCE) or self._loop is None:
            raise RuntimeError(f"the double does not start: {self.faults}")

    def stop(self) -> None:
        """Closes every connection and stops listening: a connection is refused from now on."""
        if self._thread is not None and self._loop is not None:
            self._call(self._over.set)
            self._thread.join(PATIENCE)
        self._thread = self._loop = None

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self.serve(lambda _: ready.set()))
        except OSError as exc:
            self.faults.append(exc)
            ready.set()

    async def serve(self, ready: Callable[[str], None]) -> None:
        """Listens until `stop` (or cancellation); `ready` is told the URL."""
        loop = self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        server = await loop.create_server(self._connection, "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready(self.url)
        try:
            await self._over.wait()
        finally:
            server.close()
            for connection in list(self._connections):
                connection.drop()
            while self._connections:
                await asyncio.sleep(0)

    def _call(self, what: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # it is over already
            if self._loop is not None:
                self._loop.call_soon_threadsafe(what)

    # ---- what a test says ---------------------------------------------------------------------

    def script(self, path: str, *replies: Scripted, model: str | None = None) -> None:
        """Answers the path (of one model) by these in turn; the last one stays. A function may return None to
        leave it to the next rule. Without replies the script is forgotten."""
        key = (path, with_tag(model) if model else None)
        self._scripts[key] = deque(replies)

    def release(self) -> None:
        """Ends the stalls that have no time of their own."""

        def act() -> None:
            self._released.set()
            self._released = asyncio.Event()

        self._call(act)

    def finish_loads(self) -> None:
        """Ends the loads under way (`load_time=None`)."""
        self._call(self.host.finish_loads)

    def unload(self, *names: str) -> None:
        """Those models (all, without names) are cold now."""
        self.host.loaded -= {with_tag(name) for name in names} or set(self.host.loaded)

    @property
    def loads(self) -> list[Load]:
        return self.host.loads

    def wait_for(self, met: Callable[[Journal], Any], timeout: float = PATIENCE) -> Any:
        """Blocks until `met(journal)` is true and returns it; AssertionError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not (found := self._met(met)):
            assert time.monotonic() < end, f"not within {timeout} s: {self.report()}"
            time.sleep(0.002)
        return found

    async def until(self, met: Callable[[Journal], Any], timeout: float = PATIENCE) -> Any:
        """`wait_for` that lets the event loop run."""
        end = time.monotonic() + timeout
        while not (found := self._met(met)):
            assert time.monotonic() < end, f"not within {timeout} s: {self.report()}"
            await asyncio.sleep(0.002)
        return found

    def _met(self, met: Callable[[Journal], Any]) -> Any:
        try:
            return met(self.journal)
        except IndexError:  # that exchange did not come yet
            return None

    def report(self) -> str:
        """The journal in words, for a failing test."""
        rows = [f"{x.method} {x.path} {x.phase} sent={x.sent} closed_by={x.closed_by}" for x in self.journal]
        return "; ".join(rows[-20:]) or "nobody asked"

    # ---- serving ------------------------------------------------------------------------------

    def _connection(self) -> Connection:
        link = Link(len(self.journal.links), time.monotonic())
        self.journal.links.append(link)
        connection = Connection(link, self._began, self._serve, self._connections.discard)
        self._connections.add(connection)
        return connection

    def _began(self, link: Link, method: str, path: str, headers: Headers, raw: bytes) -> Exchange:
        exchange = Exchange(self.journal.count, link, method, path, headers, raw, time.monotonic())
        self.journal.add(exchange)
        return exchange

    async def _serve(self, exchange: Exchange, connection: Connection) -> None:
        try:
            reply = self._scripted(exchange) or self.answers.reply(exchange)
            play = Player(exchange, connection, reply, lambda: self._released.wait()).play
            works = exchange.path in WORDS_IN and reply.status == 200 and reply.wire is None
            if works and not self.answers.unloads(exchange):
                await self.host.ready(exchange)
            if works and reply.slot and not self.answers.preloads(exchange):
                async with self.host.place(exchange):
                    await play()
            else:
                await play()
        except Broken:
            raise
        except Exception as exc:
            self.faults.append(exc)
            raise Broken from exc

    def _scripted(self, exchange: Exchange) -> Reply | None:
        for key in ((exchange.path, exchange.model or None), (exchange.path, None)):
            replies = self._scripts.get(key)
            if not replies:
                continue
            scripted = replies.popleft() if len(replies) > 1 else replies[0]
            reply = scripted if isinstance(scripted, Reply) else scripted(exchange)
            if reply is not None:
                return reply
        return None


def main() -> None:
    """Serves until it is interrupted or its parent is gone; prints its URL on the first line."""
    from tests.doubles.ollama_cli import run

    run(parent=os.getppid())


if __name__ == "__main__":
    main()
