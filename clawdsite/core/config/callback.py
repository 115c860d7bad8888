"""Rules for redirect_uri: it is sent letter by letter, and the browser must come back to its session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from clawdsite.core.config.addresses import EXPOSED, origin, readable_on_the_way, url_fault
from clawdsite.core.config.problems import Finding
from clawdsite.core.config.schema import Config
from clawdsite.core.config.signon import Provider

CALLBACK: Final = "/callback"
PLACE: Final = ("redirect_uri",)


def judge(provider: Provider, config: Config) -> Iterator[Finding]:
    """What is wrong with where the provider sends people back."""
    uri, expected = provider.redirect_uri, config.public_url + CALLBACK
    if wrong := url_fault(uri) or _path_fault(urlsplit(uri).path):
        yield Finding(PLACE, wrong, f"expected {expected}")
        return
    if readable_on_the_way(uri) and not config.server.allow_http:
        yield Finding(PLACE, EXPOSED, "use https, or say server.allow_http: true on purpose")
        return
    if readable_on_the_way(uri):
        yield Finding(PLACE, EXPOSED, refused=False)
    if origin(uri) != origin(config.public_url):
        yield from _elsewhere(uri, config)


def _path_fault(path: str) -> str:
    if path == CALLBACK:
        return ""
    if path == CALLBACK + "/":
        return "has a slash too many at its end; providers compare letter by letter"
    return f"must have the path {CALLBACK}"


def _elsewhere(uri: str, config: Config) -> Iterator[Finding]:
    """Another scheme or port of the same host is a slip; another host may be a second address on purpose."""
    server = config.server
    chosen_at_start = not server.public_url and not server.port
    if chosen_at_start or url_fault(config.public_url, path=False):
        return  # nothing to compare with
    host, expected = urlsplit(uri).hostname, config.public_url + CALLBACK
    if host == urlsplit(config.public_url).hostname and server.public_url:
        message = f"has another scheme or port than server.public_url ({config.public_url})"
        yield Finding(PLACE, message, f"expected {expected}")
    else:
        message = f"leads to another address than server.public_url ({config.public_url})"
        hint = "who begins to sign in there comes back without their session"
        yield Finding(PLACE, message, hint, refused=False)
