"""What chat and the older completions ask for in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.wire.openai import labels_in, sampling_in
from gateway.wire.openai.fields import Fields, refused

NAMES: Final = labels_in.NAMES | sampling_in.NAMES | {"stream", "stream_options"}


@dataclass(frozen=True, slots=True)
class Streaming:
    stream: bool
    include_usage: bool


def from_streaming(body: Fields) -> Streaming:
    """Raises `invalid_value` for `stream_options` without `stream`."""
    stream = body.flag("stream") or False
    options = body.inner("stream_options")
    if options is None:
        return Streaming(stream, include_usage=False)
    if not stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise refused("stream_options", message, "invalid_value")
    return Streaming(stream, options.flag("include_usage") or False)


def from_common(body: Fields, *, session: str | None, n_max: int) -> dict[str, Any]:
    """Arguments of ChatRequest that both endpoints share. Raises BadRequest."""
    sampling_in.check_logit_bias(body)
    streaming = from_streaming(body)
    return {
        "model": labels_in.from_model(body),
        "stream": streaming.stream,
        "include_usage": streaming.include_usage,
        "max_tokens": sampling_in.from_max_tokens(body),
        "options": sampling_in.from_options(body),
        "stop": sampling_in.from_stop(body),
        "n": body.integer("n", low=1, high=n_max) or 1,
        "session": labels_in.from_session(body, session),
        "end_user": labels_in.from_user(body),
        "service_tier": labels_in.from_service_tier(body),
    }
