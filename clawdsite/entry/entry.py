"""The entry itself: one object a listener, one exchange a request."""

from __future__ import annotations

from dataclasses import dataclass

from clawdsite.core.config import live
from clawdsite.entry import sockets
from clawdsite.entry.asgi import App, Hook, Receive, Scope, Send
from clawdsite.entry.door import Door, PublicDoor
from clawdsite.entry.dress import Wardrobe
from clawdsite.entry.exchange import Exchange
from clawdsite.entry.pulse import Pulse


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. keep_alive: longest silence of an event stream. write: longest that a client may read nothing.
    body: longest that a whole request body may take. tick: how often streams are looked at.
    """

    keep_alive: float = 15.0
    write: float = 60.0
    body: float = 60.0
    tick: float = 1.0


class Entry:
    """An ASGI application around another one.

    door: who may come in. sockets: what serves /ws/chat; None: nothing does.
    opened, closed: awaited at the server's start and end (ASGI lifespan).
    """

    def __init__(
        self,
        app: App,
        door: Door | None = None,
        *,
        limits: Limits | None = None,
        opened: Hook | None = None,
        closed: Hook | None = None,
        sockets: App | None = None,
    ) -> None:
        self.app = app
        self.door = door or PublicDoor()
        self.limits = limits or Limits()
        self.pulse = Pulse(self.limits.tick)
        self.opened = opened
        self.closed = closed
        self.sockets = sockets
        self._wardrobe: Wardrobe | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Exchange(self, scope, receive, send).run()
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self.sockets is not None:
            await sockets.serve(self.sockets, scope, receive, send)
        else:  # no socket is served here: closing before accepting is HTTP 403
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def wardrobe(self) -> Wardrobe:
        """Ready-made headers for the configuration in force."""
        config = live.current()
        if self._wardrobe is None or self._wardrobe.config is not config:
            self._wardrobe = Wardrobe(config)
        return self._wardrobe

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.opened is not None:
            await self.opened()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self.closed is not None:
            await self.closed()
        await send({"type": "lifespan.shutdown.complete"})
