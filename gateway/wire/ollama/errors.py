"""Native errors as ours (reference 2.8). The host's words are shown only where they are plain and safe."""

from __future__ import annotations

import re
from typing import Final

from clawdsite.core.errors import (
    BadRequest,
    BodyTooLarge,
    ClawdError,
    Unavailable,
    UpstreamError,
    UpstreamInvalid,
    UpstreamTimeout,
)
from gateway.types import Json
from gateway.wire.ollama.error_rules import busy, by_words
from gateway.wire.ollama.said import Said, plain, read_said, said_in

# A failure of the host in our words: its own name paths, addresses and parts.
_FAILURES: Final = (
    (
        re.compile(r"memory|cudaMalloc", re.IGNORECASE),
        "The model's host has too little memory for this model.",
    ),
    (re.compile(r"timed out waiting", re.IGNORECASE), "The model took too long to load. Please try again."),
    (
        re.compile(r"unexpectedly stopped|has terminated|unexpected EOF|running the model", re.IGNORECASE),
        "The model stopped unexpectedly. Please try again; it starts anew with the next request.",
    ),
)


def to_error(status: int, body: bytes) -> ClawdError:
    """A native HTTP error, before the first line. status: 300 and above; body: the whole answer.

    A person's mistake is 4xx whatever the host called it (SDKs retry every 5xx); all else is 502-504.
    """
    said = said_in(body)
    if said is None:
        return _by_status(status, None)
    return by_words(said) or _by_status(status, said)


def error_in(line: Json) -> ClawdError | None:
    """The error of an `{"error": ...}` line inside an answer, or None for any other line.

    Its `should_retry` is False: the answer had begun, a repeat would cost the model all of it again.
    """
    native = line.get("error")
    if native is None:
        return None
    said = read_said(native) or Said("")
    error = by_words(said) or _failed(said)
    if isinstance(error, Unavailable):
        error.should_retry, error.retry_after = False, None
    return error


def _by_status(status: int, said: Said | None) -> ClawdError:
    """What the number alone says. said: None when the body was not the host's protocol."""
    if status in (429, 503):
        return busy()
    if status == 504:
        return UpstreamTimeout("The model's host did not answer in time. Please try again.")
    if status == 413:
        return BodyTooLarge("The request is larger than the model's host accepts.")
    if status in (401, 403):
        return UpstreamError(
            "The model's host does not let the gateway in. An administrator has to look at it.",
            retry_after=None,
            should_retry=False,
        )
    if status in (400, 422) and said is not None:
        return BadRequest(plain(said.message) or "The model's host refused the request as it is written.")
    if status >= 500 or said is not None:
        return _failed(said)
    return UpstreamInvalid("The model's host answered with something that is not its protocol.")


def _failed(said: Said | None) -> ClawdError:
    """A failure of the host, in our words: its own name paths, addresses and parts."""
    for pattern, sentence in _FAILURES:
        if said is not None and pattern.search(said.message):
            return UpstreamError(sentence)
    return UpstreamError("The model's host failed while answering. Please try again.")
