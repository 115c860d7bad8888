"""A request's head as the gateway takes it: spoofable headers gone, the real address found (H-25)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from clawdsite.core.config.schema import Config
from clawdsite.core.errors import BadRequest, ClawdError
from clawdsite.entry.asgi import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
RawHeaders = list[tuple[bytes, bytes]]

# Never reach Django: a proxy's word is taken here or not at all, and nothing may rename path, host or method.
FORWARDED: Final = (b"x-forwarded-", b"forwarded", b"x-real-ip")
DROPPED: Final = frozenset(
    (
        b"daphne-root-path",
        b"x-original-url",
        b"x-rewrite-url",
        b"x-http-method-override",
        b"x-method-override",
        b"proxy",
    )
)
WANTED: Final = frozenset(
    (
        b"origin",
        b"content-length",
        b"x-client-request-id",
        b"access-control-request-method",
        b"access-control-request-headers",
    )
)
HOST: Final = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z")
PLAIN: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")


@dataclass(slots=True)
class Head:
    """address: the client's, after trusted proxies. forwarded: a proxy's header was there, believed or not.
    fault: why this head cannot be served, if it cannot.
    """

    headers: RawHeaders
    address: str = ""
    scheme: str = "http"
    hosts: list[bytes] = field(default_factory=list)
    forwarded: bool = False
    wanted: dict[bytes, bytes] = field(default_factory=dict)
    fault: ClawdError | None = None

    def text(self, name: bytes) -> str:
        """A wanted header's value, or nothing."""
        return self.wanted.get(name, b"").decode("latin-1")

    def client_request_id(self) -> str | None:
        """The client's own id, if it is short and plain enough to be logged."""
        found = self.text(b"x-client-request-id")
        return found if PLAIN.match(found) else None


def read(scope: Scope, config: Config) -> Head:
    """The head of an ASGI http scope; the scope is not changed."""
    head = Head([], scheme=scope.get("scheme") or "http")
    hops: list[bytes] = []
    proto: list[bytes] = []
    for item in scope["headers"]:
        name = item[0]
        if name in WANTED:
            head.wanted[name] = item[1]
        elif name == b"host":
            head.hosts.append(item[1])
        elif name.startswith(FORWARDED):
            head.forwarded = True
            if name == b"x-forwarded-for":
                hops.append(item[1])
            elif name == b"x-forwarded-proto":
                proto.append(item[1])
            continue
        elif name in DROPPED or b"_" in name:
            continue
        head.headers.append(item)
    peer = (scope.get("client") or ("",))[0] or ""
    trusted = networks(config.server.trusted_proxies)
    head.address = peer
    if head.forwarded and is_within(peer, trusted):
        head.address = client_of(peer, b",".join(hops), trusted)
        word = b",".join(proto).rpartition(b",")[2].strip().lower()
        if word in (b"https", b"http"):
            head.scheme = word.decode()
    head.fault = _fault(head, scope)
    return head


def _fault(head: Head, scope: Scope) -> ClawdError | None:
    if len(head.hosts) > 1 or any(not HOST.match(host) for host in head.hosts):
        return BadRequest("The Host header is not a host name.", code="invalid_host", param="Host")
    if not head.hosts and scope.get("http_version") == "1.1":
        return BadRequest("The Host header is missing.", code="invalid_host", param="Host")
    return None


def client_of(peer: str, hops: bytes, trusted: tuple[Network, ...]) -> str:
    """The right-most hop that is not a trusted proxy. What a stranger wrote further left does not count;
    a hop that is no address ends the search, and the last good one is the client.
    """
    found = peer
    for hop in reversed(hops.decode("latin-1").split(",")):
        address = _address(hop.strip())
        if address is None:
            return found
        found = str(address)
        if not is_within(found, trusted):
            return found
    return found


@lru_cache(maxsize=8)
def networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks of the configuration, parsed once."""
    return tuple(ipaddress.ip_network(name, strict=False) for name in names)


def is_within(address: str, wanted: tuple[Network, ...]) -> bool:
    """Whether a peer's address lies in one of these networks; IPv4 inside IPv6 counts as IPv4."""
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in wanted)


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Whether the peer is this machine."""
    parsed = _address(address)
    return parsed is not None and parsed.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """`1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]`, `[::1]:5`; None for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed
