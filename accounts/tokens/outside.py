"""One small document from an identity provider: https or loopback, no redirects, little time, little room."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import ssl
from typing import Final
from urllib.parse import urlsplit

import httpx

TIMEOUT: Final = 5.0
MAX_BYTES: Final = 256 * 1024


class Unreachable(Exception):
    """The document could not be had; the text says why and quotes nothing of the answer."""


async def fetch(url: str) -> bytes:
    """The body of a plain 200. Unreachable for anything else, after 5 seconds altogether at the latest."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # a port that is none raises
    except ValueError:
        raise Unreachable("that is no URL") from None
    loopback = is_loopback(host)
    if not loopback and parts.scheme != "https":
        raise Unreachable("only https or a loopback address is asked")
    context = await asyncio.to_thread(trust)
    try:
        async with asyncio.timeout(TIMEOUT), _client(context, loopback) as client:
            return await _read(client, url)
    except TimeoutError:
        raise Unreachable(f"no answer within {TIMEOUT:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as err:
        raise Unreachable(f"no answer ({type(err).__name__})") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or number."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _client(context: ssl.SSLContext, loopback: bool) -> httpx.AsyncClient:
    """Proxies of the environment count, but not towards this machine."""
    return httpx.AsyncClient(verify=context, trust_env=not loopback)


async def _read(client: httpx.AsyncClient, url: str) -> bytes:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers, follow_redirects=False, timeout=TIMEOUT) as answer:
        if answer.status_code != 200:
            raise Unreachable(f"answered {answer.status_code}")
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise Unreachable("answered compressed")  # what it unpacks to is not ours to find out
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > MAX_BYTES:
                raise Unreachable(f"answered more than {MAX_BYTES // 1024} KiB")
        return bytes(body)


@functools.cache
def trust() -> ssl.SSLContext:
    """The certificates we trust, read once: it takes tens of milliseconds, off the event loop."""
    return httpx.create_ssl_context()
