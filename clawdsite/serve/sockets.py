"""Listening sockets, opened before anything else so that a port in use is one clear line."""

from __future__ import annotations

import errno
import socket
from typing import Final

UNACKNOWLEDGED: Final = (
    60_000  # ms that a client may leave its receive window shut or our bytes unanswered (F-16)
)
UNSENT: Final = (
    32 * 1024
)  # bytes the kernel holds of what the client did not take: more waits with us, where it counts


class CannotListen(Exception):
    """One line for the operator."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Bound sockets for every address of this host; port 0 takes a free one, the same for all.

    Raises CannotListen.
    """
    found: list[socket.socket] = []
    try:
        for family, address in _addresses(host):
            taken = found[0].getsockname()[1] if found else port
            found.append(_bound(family, address, taken))
    except OSError as error:
        for opened in found:
            opened.close()
        raise CannotListen(_words(host, port, error)) from None
    return found


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    flags = socket.AI_PASSIVE
    infos = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in infos))


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option, value in (("TCP_USER_TIMEOUT", UNACKNOWLEDGED), ("TCP_NOTSENT_LOWAT", UNSENT)):
            if hasattr(socket, option):  # Linux; connections inherit both
                opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        opened.setblocking(False)
        opened.bind((address, port))
        opened.listen(2048)
    except OSError:
        opened.close()
        raise
    return opened


def _words(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: another gateway, or another program (server.port)"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has (server.port)"
    return f"cannot listen on {host}, port {port}: {error.strerror} (server.host, server.port)"


def shown(host: str, port: int) -> str:
    """The address a person opens: localhost for every way of saying this machine."""
    if host in ("", "0.0.0.0", "::", "::1", "localhost") or host.startswith("127."):  # noqa: S104 - compared, not bound
        return f"http://localhost:{port}"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
