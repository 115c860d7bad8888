"""The way in for websockets: one address, our own pages alone, the same address as a request would have."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.lifecycle import lifecycle
from clawdsite.entry import head as heads
from clawdsite.entry.asgi import App, Receive, Scope, Send

PATH: Final = "/ws/chat"
PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a handshake to `app`, or refuse it: closing before accepting is HTTP 403."""
    config = live.current()
    head = heads.read({**scope, "method": "GET"}, config)
    wanted = scope["path"] == PATH and head.fault is None and not lifecycle.draining
    if not wanted or not is_ours(scope["headers"], head, config):
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    client = scope.get("client") or ("", 0)
    inner = {
        **scope,
        "headers": head.headers,
        "client": client if client[0] == head.address else (head.address, 0),
        "root_path": "",
    }
    await app(inner, receive, send)


def is_ours(headers: heads.RawHeaders, head: heads.Head, config: Config) -> bool:
    """Whether one of our own pages asks: scheme, host and port of public_url (H-12; not a suffix, not a
    port more). Who sends no Origin is no browser and may come as a program, without a cookie."""
    origins = [value for name, value in headers if name.lower() == b"origin"]
    if not origins:
        return not any(name.lower() == b"cookie" for name, _ in headers)
    if len(origins) > 1:
        return False
    asked = _parts(origins[0].decode("latin-1"))
    welcome = {_parts(config.public_url)}
    if config.development:  # whatever name this machine was asked by
        host = b"".join(head.hosts).decode("latin-1")
        welcome |= {_parts(f"http://{host}")} if _loopback(host) else set()
    return asked is not None and asked in welcome


def _parts(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        return None
    return parts.scheme, parts.hostname, port


def _loopback(host: str) -> bool:
    return urlsplit(f"//{host}").hostname in ("localhost", "127.0.0.1", "::1")
