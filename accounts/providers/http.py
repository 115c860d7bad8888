"""One bounded question to an identity provider, for a thread that may block; every provider asks here."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from accounts.tokens.outside import is_loopback, trust

TIMEOUT: Final = 5.0  # seconds a question may take
ALTOGETHER: Final = 10.0  # seconds all questions of one sign-in may take
MAX_BYTES: Final = 1024 * 1024


class Unreachable(Exception):
    """No usable answer; the text says why and holds neither URL, query, body nor secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; ValueError for anything else."""
        found = json.loads(self.body)
        if not isinstance(found, dict):
            raise ValueError("not a JSON object")
        return found


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of one sign-in's time, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float = ALTOGETHER) -> Deadline:
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        return self.at - time.monotonic()


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    deadline: Deadline | None = None,
) -> Answer:
    """The whole answer, whatever its status; redirects are answers too. query is added to the URL, form is
    sent urlencoded, body as JSON. Unreachable: no https (or loopback), no answer in time, above 1 MiB."""
    longest = TIMEOUT if deadline is None else min(TIMEOUT, deadline.left())
    loopback = _loopback(url)
    if longest <= 0:
        raise Unreachable("no time was left to ask")
    asked = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    try:
        # httpx's timeout restarts with each piece; the clock below bounds the whole answer.
        with (
            httpx.Client(verify=trust(), trust_env=not loopback, timeout=longest) as client,
            client.stream(
                method, url, headers=asked, params=query, data=form, json=body, follow_redirects=False
            ) as answer,
        ):
            return Answer(answer.status_code, _read(answer, time.monotonic() + longest))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as err:
        reason = f"no answer ({type(err).__name__})"
    raise Unreachable(reason)  # outside the handler: httpx's text holds the URL


def _loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Unreachable("that is no URL") from None
    if not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise Unreachable("only https or a loopback address is asked")
    return is_loopback(host)


def _read(answer: httpx.Response, until: float) -> bytes:
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Unreachable("it answered compressed")
    found = bytearray()
    for piece in answer.iter_raw():
        found += piece
        if len(found) > MAX_BYTES:
            raise Unreachable("it answered more than 1 MiB")
        if time.monotonic() > until:
            raise Unreachable("it did not finish in time")
    return bytes(found)
