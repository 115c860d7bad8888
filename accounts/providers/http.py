"""One bounded question to an identity provider, for a thread that may block; every provider asks here."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
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
    """headers: by their names in lower case. certificate_ends: Unix seconds; 0 where there was no TLS."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate_ends: float = 0.0

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
    watch = _Watch(longest)
    try:
        with (
            watch,
            httpx.Client(verify=trust(), trust_env=not loopback, timeout=longest) as client,
            client.stream(
                method,
                url,
                headers=asked,
                params=query,
                data=form,
                json=body,
                follow_redirects=False,
                extensions={"trace": watch.connected},
            ) as answer,
        ):
            return _whole(answer)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as err:
        reason = "it did not answer in time" if watch.over else f"no answer ({_name(err)})"
    raise Unreachable(reason)  # outside the handler: httpx's text holds the URL


class _Watch:
    """Ends the connection when the time is up, whatever it is at: httpx's own timeouts start anew with
    each byte, so a host that trickles would hold a thread for ever."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._stream: Any = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def connected(self, event: str, facts: Mapping[str, Any]) -> None:
        """httpcore's trace: each time there is a new stream to the host."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = facts["return_value"]
            if self.over:
                raise TimeoutError

    def _end(self) -> None:
        self.over = True
        line = self._stream.get_extra_info("socket") if self._stream is not None else None
        if line is not None:
            try:
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # not ssl's, which forgets that it was TLS
            except OSError:  # closed already
                return


def _name(err: Exception) -> str:
    """What kept it from answering, without httpx's text, which may hold the URL."""
    cause: BaseException | None = err
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return "its certificate is not trusted" if cause is not None else type(err).__name__


def _loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Unreachable("that is no URL") from None
    if not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise Unreachable("only https or a loopback address is asked")
    return is_loopback(host)


def _whole(answer: httpx.Response) -> Answer:
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Unreachable("it answered compressed")
    found, ends = bytearray(), _certificate_ends(answer)  # asked while the line is open
    for piece in answer.iter_raw():
        found += piece
        if len(found) > MAX_BYTES:
            raise Unreachable("it answered more than 1 MiB")
    headers = {name.lower(): text for name, text in answer.headers.items()}
    return Answer(answer.status_code, bytes(found), headers, ends)


def _certificate_ends(answer: httpx.Response) -> float:
    stream = answer.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    said = (secured.getpeercert() or {}).get("notAfter") if secured is not None else None
    return float(ssl.cert_time_to_seconds(said)) if said else 0.0
