"""What every answer wears: request id, security headers (H-01, H-55), a page's CSP, CORS."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from clawdsite.core.config.schema import Config
from clawdsite.core.paths import is_chat, is_published, speaks_json

RawHeaders = list[tuple[bytes, bytes]]

SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ),
)
HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
CSP_NOTHING: Final = (
    b"content-security-policy",
    b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
)
PAGE: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    b" connect-src 'self'; form-action %s; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
# Markup becomes elements through one sanitiser alone. Django's admin writes markup by hand: not there.
TRUSTED: Final = b"; require-trusted-types-for 'script'; trusted-types dompurify"
# Django's page for developers carries its styles and scripts inside.
CSP_DEBUG: Final = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:;"
    b" frame-ancestors 'none'",
)
CREDENTIALS: Final = (b"access-control-allow-credentials", b"true")
NO_STORE: Final = (b"cache-control", b"no-store")
OWN: Final = frozenset((b"x-request-id", b"server", b"openai-version", b"openai-processing-ms"))
EXPOSED: Final = (
    b"x-request-id, retry-after, x-should-retry, openai-processing-ms, openai-version, x-clawdbot-generation,"
    b" x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests,"
    b" x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, www-authenticate,"
    b" content-disposition"
)


class Wardrobe:
    """The parts that depend on the configuration, made once for each configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config
        production = not config.development and config.public_url.startswith("https://")
        self.always: RawHeaders = [*SECURITY, *([HSTS] if production else [])]
        self.debug_pages = config.development
        policy = PAGE % " ".join(form_targets(config)).encode()
        self.admin = (b"content-security-policy", policy)
        self.page = (b"content-security-policy", policy + TRUSTED)

    def dress(self, given: RawHeaders, *, path: str, status: int) -> tuple[RawHeaders, bytes]:
        """The app's headers (lower case) with ours -> (headers, content type)."""
        headers: RawHeaders = []
        names = set()
        kind, cache = b"", NO_STORE
        for name, value in given:
            name = name.lower()
            if name in OWN:
                continue
            if name == b"cache-control":
                cache = (name, value)
                continue
            if name == b"content-type":
                kind = value
            names.add(name)
            headers.append((name, value))
        headers += [pair for pair in self.always if pair[0] not in names]
        private = (speaks_json(path) and not is_published(path)) or kind.startswith(b"text/event-stream")
        headers.append(NO_STORE if private else cache)
        if b"content-security-policy" not in names:
            headers.append(self._policy(kind, path, status))
        return headers, kind

    def _policy(self, kind: bytes, path: str, status: int) -> tuple[bytes, bytes]:
        if not kind.startswith(b"text/html"):
            return CSP_NOTHING
        if self.debug_pages and (status == 500 or (status == 404 and not is_chat(path))):
            return CSP_DEBUG
        return self.admin if path.startswith("/admin/") else self.page


def v1_headers(milliseconds: float) -> RawHeaders:
    """What OpenAI's SDKs and their users read."""
    return [(b"openai-version", b"2020-10-01"), (b"openai-processing-ms", str(round(milliseconds)).encode())]


def form_targets(config: Config) -> list[str]:
    """Where a form of ours may end up: browsers hold form-action against redirects too, and signing out goes
    on to the provider, signing in to a front end of one's own."""
    issuers = (urlsplit(provider.issuer_url) for provider in config.providers if provider.issuer_url)
    return ["'self'", *(f"{one.scheme}://{one.netloc}" for one in issuers), *config.server.front_ends]


def cors_headers(origin: bytes, *, cookies: bool = False) -> RawHeaders:
    """For a known origin. cookies: for a front end of one's own, where a session is asked about; nowhere
    else are there credentials (H-19)."""
    return [
        *([CREDENTIALS] if cookies else []),
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", EXPOSED),
        (b"vary", b"Origin"),
    ]
