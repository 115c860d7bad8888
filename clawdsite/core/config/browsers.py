"""Rules for what browsers get: sessions, and front ends of one's own."""

from __future__ import annotations

from collections.abc import Iterator

from clawdsite.core.config.addresses import EXPOSED, origin_fault, readable_on_the_way, same_site
from clawdsite.core.config.problems import Finding
from clawdsite.core.config.schema import Config


def judge(config: Config) -> Iterator[Finding]:
    """What is wrong with session and server.front_ends."""
    if config.session.idle > config.session.absolute:
        hint = "no session lives longer than session.absolute"
        yield Finding(("session", "idle"), "is longer than session.absolute", hint)
    for index, origin in enumerate(config.server.front_ends):
        for finding in _front_end(origin, config):
            yield Finding(
                ("server", "front_ends", index), finding.message, finding.hint, refused=finding.refused
            )


def _front_end(origin: str, config: Config) -> Iterator[Finding]:
    if wrong := origin_fault(origin):
        yield Finding((), wrong)
        return
    if readable_on_the_way(origin):
        on_purpose = config.server.allow_http
        hint = "" if on_purpose else "use https, or say server.allow_http: true on purpose"
        yield Finding((), EXPOSED, hint, refused=not on_purpose)
    if not same_site(origin, config.public_url):
        message = f"is another site than server.public_url ({config.public_url})"
        hint = "browsers will not send the session cookie along; let it use bearers of the SSO"
        yield Finding((), message, hint, refused=False)
