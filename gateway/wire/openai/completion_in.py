"""Body of the older /v1/completions -> one ChatRequest of kind `text` a prompt."""

from __future__ import annotations

from typing import Any, Final

from gateway.types import ChatRequest, Json
from gateway.wire.openai import common_in
from gateway.wire.openai.common_in import from_common
from gateway.wire.openai.fields import (
    Fields,
    check_text,
    empty,
    missing,
    refused,
    too_long,
    unsupported,
    wrong_type,
)

MOST_PROMPTS: Final = 32  # each is a call of its own
MOST_LOGPROBS: Final = 5
_KNOWN: Final = common_in.NAMES | {"prompt", "logprobs", "echo", "best_of", "suffix"}


def from_completion_body(
    body: Json, *, session: str | None = None, n_max: int = 4
) -> tuple[ChatRequest, ...]:
    """One request for each prompt, in order (OpenAI's create completion; reference 1.8).

    session, n_max: as for a chat. The prompt is continued as it stands, without a chat template.

    Raises:
        BadRequest: with `param`; `unsupported_parameter` for echo, suffix and best_of above 1,
            `unsupported_value` for prompts of token numbers.
    """
    fields = Fields(body)
    common = from_common(fields, session=session, n_max=n_max)
    _refuse_unsupported(fields)
    top = fields.integer("logprobs", low=0, high=MOST_LOGPROBS)
    shared: dict[str, Any] = {
        **common,
        "logprobs": top is not None,
        "top_logprobs": top,
        "notes": fields.others(_KNOWN),
    }
    return tuple(ChatRequest(kind="text", prompt=prompt, **shared) for prompt in _prompts(fields))


def _prompts(body: Fields) -> list[str]:
    value = body.get("prompt")
    if value is None:
        raise missing("prompt")
    return texts(value, "prompt", MOST_PROMPTS)


def texts(value: object, param: str, most: int) -> list[str]:
    """A string, or a list of strings; token numbers mean nothing here, for they are another model's."""
    if isinstance(value, str):
        return [check_text(value, param)]
    if not isinstance(value, list):
        raise wrong_type(param, "one of a string or array of strings", value)
    if not value:
        raise empty(param)
    if isinstance(value[0], int | list) and not isinstance(value[0], bool):
        message = f"Invalid value for '{param}': token numbers are not supported, send text."
        raise refused(param, message, "unsupported_value")
    if len(value) > most:
        raise too_long(param, most, len(value))
    return [check_text(item, f"{param}[{at}]") for at, item in enumerate(value)]


def _refuse_unsupported(body: Fields) -> None:
    if body.flag("echo"):
        raise unsupported("echo", "is not supported by this server")
    if body.text("suffix"):
        raise unsupported("suffix", "is not supported by this server")
    if (body.integer("best_of", low=1) or 1) > 1:
        raise unsupported("best_of", "may only be 1 on this server")
