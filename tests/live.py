"""A gateway on a real socket inside the test process: constants can be shortened, state can be looked at."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from accounts.tokens.issue import issue
from accounts.tokens.keys import directory, prepare
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.log import Console
from gateway import upstream

SCOPES = {
    "alice": "chat:read chat:write history:team-a",
    "bob": "chat:read chat:write history:team-a",
    "charlie": "chat:read chat:write",
    "reader": "chat:read",
}


class LiveGateway:
    """`with LiveGateway(upstream={...}) as gateway:`, then `gateway.client("alice")` carries her token."""

    def __init__(self, **parts: Any) -> None:
        self.parts = parts
        self.stack = ExitStack()
        self.loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> LiveGateway:
        from clawdsite.asgi import application

        self.stack.enter_context(quiet())
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        own = {"auth": {"signing_key": signing_key()}}
        self.config = Config(mode="development", data_dir=folder, **(own | self.parts))
        self.stack.enter_context(live.override(self.config))
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        # As uvloop does for a started one: else each body waits 40 ms for the client's word about its head.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        options = uvicorn.Config(
            application, lifespan="off", log_level="error", timeout_graceful_shutdown=2, ws="none"
        )
        self.server = uvicorn.Server(options)
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.started = threading.Event()
        self.thread.start()
        assert self.started.wait(60)
        return self

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.call_later(0.01, self.started.set)
        await self.server.serve(sockets=[self.socket])
        for connection in list(self.server.server_state.connections):
            connection.transport.abort()  # else a later test hears of a socket that nobody closed
        await upstream.close()

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(30)
        self.socket.close()
        self.stack.close()

    def token(self, who: str, scope: str | None = None) -> str:
        """A token of our own for one of the four people (or any name with a scope)."""
        return issue(self.config, sub=who, scope=scope or SCOPES[who], ttl=600)

    def client(self, who: str = "alice", scope: str | None = None, **options: Any) -> httpx.Client:
        """An HTTP client that carries this person's token."""
        headers = {"Authorization": f"Bearer {self.token(who, scope)}"} | options.pop("headers", {})
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=20, trust_env=False, verify=trust(), **options
        )

    def stranger(self) -> httpx.Client:
        """An HTTP client without a token."""
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False, verify=trust())

    def call(self, function: Any) -> Any:
        """Run `function()` on the gateway's own loop (to look at its state)."""

        async def run() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)  # type: ignore[arg-type]


@cache
def trust() -> ssl.SSLContext:
    """One for all clients: to read the certificates takes longer than a test."""
    return httpx.create_ssl_context()


@cache
def signing_key() -> SecretStr:
    """One RSA key for all gateways of a test run: to make one takes longer than a test."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Config(mode="development", data_dir=folder))
        return SecretStr((directory(Config(data_dir=folder)) / "0001.pem").read_text())


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines on the console between the dots of pytest; caplog still hears them."""
    root = logging.getLogger()
    sinks = [sink for sink in root.handlers if isinstance(sink, Console)]
    for sink in sinks:
        root.removeHandler(sink)
    try:
        yield
    finally:
        for sink in sinks:
            root.addHandler(sink)


def events_of(text: str) -> list[str]:
    """The data of each server-sent event, comments left out."""
    blocks = text.split("\n\n")
    return [
        line.removeprefix("data: ")
        for block in blocks
        for line in block.split("\n")
        if line.startswith("data: ")
    ]
