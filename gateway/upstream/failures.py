"""aiohttp's exceptions as ours, by what was sent and received when they came (security reference 0.4)."""

from __future__ import annotations

import logging
from typing import Any, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from clawdsite.core.errors import ClawdError, UpstreamError, UpstreamInvalid, UpstreamUnavailable

log = logging.getLogger(__name__)

# What a request to the host, or a read of its answer, may raise.
TROUBLE: Final = (aiohttp.ClientError, OSError, ValueError, RuntimeError)
# Ways a kept connection dies under a request that no byte of an answer came to.
STALE: Final = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


def before_answer(exc: Exception) -> ClawdError:
    """No status line came. Nothing of the exception's text is shown; the log gets its kind."""
    match exc:
        case aiohttp.ConnectionTimeoutError():
            error: ClawdError = UpstreamUnavailable("The model's host did not take the connection in time.")
        case aiohttp.ClientSSLError():
            error = UpstreamUnavailable("The TLS certificate of the model's host was not accepted.")
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            error = UpstreamUnavailable("The model's host cannot be reached. Please try again in a moment.")
        case aiohttp.ClientResponseError():
            error = UpstreamInvalid("The model's host answered with something that is not HTTP.")
        case _:
            error = UpstreamError("The model's host closed the connection before it answered.")
    _note(exc, error)
    return error


def within_answer(exc: Exception, malformed: BaseException | None, *, began: bool) -> ClawdError:
    """The status line came, the end of the body did not.

    malformed: the connection's own exception, where its framing broke.
    began: some of the body came, so asking again would make the model do it all again.
    """
    if isinstance(malformed, HttpProcessingError):
        return UpstreamInvalid("The model's host sent a body that is not HTTP.", **again(began))
    advice = "; what came of it is incomplete. Please ask again." if began else ". Please ask again."
    error = UpstreamError(f"The model's host broke off the answer{advice}", **again(began))
    _note(exc, error)
    return error


def again(began: bool) -> dict[str, Any]:
    """Retry hints: never where an answer had begun."""
    return {"should_retry": False, "retry_after": None} if began else {}


def _note(exc: Exception, error: ClawdError) -> None:
    """For the administrator: the kind, and for a connection what the system said; no headers, no bodies."""
    said = f": {exc.os_error.strerror}" if isinstance(exc, aiohttp.ClientConnectorError) else ""
    log.warning("%s: %s%s", error.code, type(exc).__name__, said)
