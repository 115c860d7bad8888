"""uvicorn's server with our options, and without its signals: those are `clawdsite.serve.signals`'."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn

from clawdsite.entry.asgi import App
from clawdsite.serve.protocol import Bounded
from clawdsite.serve.websocket import Watched

KEEP_ALIVE: Final = 75  # seconds; longer than nginx keeps an idle upstream connection (60)
LAST_WORDS: Final = 2  # seconds for what still runs after the drain
SOCKET_MESSAGE: Final = 1024 * 1024


class GatewayServer(uvicorn.Server):
    """`opened` is set once connections are accepted."""

    def __init__(self, app: App, *, lifespan: bool, protocol: type[Bounded] = Bounded) -> None:
        super().__init__(options(app, lifespan=lifespan, protocol=protocol))
        self.opened = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's way ends by the signal (-15) and knows no HUP."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.opened.set()


def options(app: App, *, lifespan: bool, protocol: type[Bounded] = Bounded) -> uvicorn.Config:
    """Forwarded headers, access lines and headers are the entry's; the log is ours."""
    kept: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }
    return uvicorn.Config(
        app,
        http=protocol,
        interface="asgi3",
        lifespan="on" if lifespan else "off",
        ws=Watched,
        ws_max_size=SOCKET_MESSAGE,
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=LAST_WORDS,
        workers=1,
        **kept,
    )
