"""A client of the chat socket, as a page would be one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.chat.judge import right
from tests.chat.world import World

PATIENCE = 20.0


class Socket:
    """`with Socket(world, "alice") as socket:` has said hello and was told `ready`."""

    def __init__(
        self,
        world: World,
        who: str | None = "alice",
        *,
        hello: bool = True,
        origin: str | None = None,
        headers: dict[str, str] | None = None,
        cookie: str | None = None,
    ) -> None:
        self.world, self.hello = world, hello
        self.seen: list[dict[str, Any]] = []
        sent = dict(headers or {})
        if cookie is None and who is not None:
            cookie = world.cookie(who)
        if cookie is not None:
            sent["Cookie"] = f"clawdbot={cookie}"
        self.connecting = connect(
            world.url.replace("http", "ws") + "/ws/chat",
            origin=world.url if origin is None else origin or None,  # type: ignore[arg-type]
            additional_headers=sent,
            subprotocols=["clawd.v1"],  # type: ignore[list-item]
            proxy=None,
            max_size=None,
        )
        self.wire: ClientConnection

    def __enter__(self) -> Self:
        self.wire = self.connecting.__enter__()
        if self.hello:
            self.send("hello", v=1, app="test", lang="zh-CN", tz="Asia/Shanghai", focus=None, have=[])
            self.ready = self.wait("ready")
        return self

    def __exit__(self, *_: object) -> None:
        self.connecting.__exit__(None, None, None)

    def send(self, t: str, **fields: Any) -> None:
        self.wire.send(json.dumps({"t": t, **fields}))

    def ask(self, text: str = "Hello", **more: Any) -> dict[str, Any]:
        """A chat.send -> its ack."""
        sent_id = str(uuid.uuid4())
        fields = {"c": None, "images": [], "opts": {}} | more
        self.send("chat.send", id=sent_id, text=text, **fields)
        return self.wait("ack", id=sent_id)

    def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = right(json.loads(self.wire.recv(timeout=PATIENCE)))
        self.seen.append(frame)
        return frame

    def until(self, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame from now on that is meant; those before it are in `seen`."""
        while not met(frame := self.next()):
            pass
        return frame

    def wait(self, t: str, **fields: Any) -> dict[str, Any]:
        return self.until(lambda frame: frame["t"] == t and all(frame.get(k) == v for k, v in fields.items()))

    def closed(self) -> int:
        """The close code, once the server closed; frames before it are in `seen`."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                self.next()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd is not None else 1006
