"""URLs, origins, networks and database addresses: what is wrong with one, in a few words, or nothing."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

WEB = ("http", "https")
EXPOSED = "is plain http to another machine"
SHARED = {"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"}  # before a country: co.uk, com.cn
DATABASE = "expected sqlite:///path or postgres://user:password@host/name"
REDIS = "expected redis://:password@host:port/0, or rediss:// for TLS"


def url_fault(text: str, *, path: bool = True) -> str:
    """Why this is no http(s) address to call; path: whether it may have one. Empty if it is fine."""
    parts = _split(text)
    if parts is None or parts.scheme not in WEB or not parts.hostname:
        return "expected an address that begins with http:// or https://"
    if parts.username is not None or parts.password is not None:
        return "must not hold a name or password"
    if "?" in text or "#" in text:
        return "must not have ? or # in it"
    if not path and parts.path not in ("", "/"):
        return "must end behind the host and port"
    return ""


def origin_fault(text: str) -> str:
    """Why this is no origin (RFC 6454 section 7: scheme, host, port and nothing else)."""
    if "*" in text:
        return "must name each origin; * would let every page in"
    parts = _split(text)
    if parts is None or url_fault(text) or parts.path or text != text.lower():
        return "expected an origin such as https://app.example.com, without a path or a closing slash"
    return ""


def network_fault(text: str) -> str:
    """Why this is no IP address or network (192.0.2.1, 10.0.0.0/8, fd00::/8)."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        try:
            meant = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return "expected an address or a network such as 10.0.0.0/8"
        return f"is an address inside a network; the network is {meant}"
    return ""


def everyone(text: str) -> bool:
    """Whether this network holds every address."""
    return not network_fault(text) and ipaddress.ip_network(text).prefixlen == 0


def database_fault(text: str) -> str:
    """Why this is no database address."""
    parts = _split(text)
    if parts is None or parts.scheme not in ("sqlite", "postgres", "postgresql"):
        return DATABASE
    if parts.scheme == "sqlite":
        return "" if not parts.netloc and len(parts.path) > 1 else DATABASE
    return "" if len(parts.path) > 1 else DATABASE


def redis_fault(text: str) -> str:
    """Why this is no Redis address."""
    parts = _split(text)
    if parts is None or parts.scheme not in ("redis", "rediss") or not parts.hostname:
        return REDIS
    if parts.query or parts.fragment or not re.fullmatch(r"(/\d{0,4})?", parts.path):
        return REDIS
    return ""


def redis_readable_on_the_way(url: str) -> bool:
    """Whether this is Redis without TLS on another machine."""
    parts = _split(url)
    return parts is not None and parts.scheme == "redis" and not loopback(parts.hostname or "")


def has_password(text: str) -> bool:
    """Whether a URL carries a password."""
    parts = _split(text)
    return parts is not None and bool(parts.password)


def loopback(host: str) -> bool:
    """Whether this name or address never leaves the machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def readable_on_the_way(url: str) -> bool:
    """Whether this is plain http to another machine."""
    parts = _split(url)
    return parts is not None and parts.scheme == "http" and not loopback(parts.hostname or "")


def origin(url: str) -> str:
    """Scheme, host and port of a sound URL in one spelling; empty where it is none."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return ""
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def same_site(one: str, other: str) -> bool:
    """Whether browsers count two URLs as one site: the scheme and the domain that somebody owns.

    Domains under a public suffix of two words (co.uk, com.cn) are told by their look.
    """
    first, second = _split(one), _split(other)
    if first is None or second is None or first.scheme != second.scheme:
        return False
    return _owned(first.hostname or "") == _owned(second.hostname or "")


def _owned(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        labels = host.rstrip(".").split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SHARED
    return ".".join(labels[-3 if shared else -2 :])


def _split(text: str) -> SplitResult | None:
    """The parts, or None where the text is no URL; urlsplit itself forgives blanks and line ends."""
    if not text.isprintable() or " " in text or "\\" in text:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts
