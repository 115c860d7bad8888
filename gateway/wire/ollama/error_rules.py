"""What a native error's sentence means: the table of reference 2.8, first match wins."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from clawdsite.core.errors import BadRequest, ClawdError, ContextTooLong, ModelNotFound, Overloaded
from gateway.wire.ollama.said import Said, plain

Rule = Callable[[re.Match[str], Said], ClawdError]

# Native option -> the field a client wrote.
_FIELDS: Final = {"num_predict": "max_tokens"}
# Capability -> the field that asked for it.
_ASKED_BY: Final = {
    "tools": "tools",
    "thinking": "reasoning_effort",
    "insert": "suffix",
    "vision": "messages",
}


def by_words(said: Said) -> ClawdError | None:
    """The error this sentence is known for, whatever number came with it. None: not in the table."""
    if said.kind == "exceed_context_size_error":
        return _too_long(said)
    for pattern, rule in _RULES:
        found = pattern.search(said.message)
        if found is not None:
            return rule(found, said)
    return None


def busy() -> ClawdError:
    """The host has more to do than it takes."""
    return Overloaded("The model is busy. Please try again in a moment.", retry_after=2)


def _too_long(said: Said) -> ClawdError:
    """With the phrase by which LangChain and LiteLLM know it."""
    asked, room = said.asked, said.room
    if asked is None or room is None:
        numbers = _NUMBERS.search(said.message)
        asked, room = (int(numbers[1]), int(numbers[2])) if numbers else (None, None)
    if asked is None or room is None:
        text = "This model's maximum context length is shorter than your messages."
    else:
        text = f"This model's maximum context length is {room} tokens. "
        text += f"However, your messages resulted in {asked} tokens."
    return ContextTooLong(f"{text} Please reduce the length of the messages.", param="messages")


def _cannot(found: re.Match[str], said: Said) -> ClawdError:
    ability = found[1].lower()
    if ability == "embeddings":
        return BadRequest(
            "This model does not make embeddings. Choose an embedding model.",
            code="model_not_supported",
            param="model",
        )
    param = _ASKED_BY.get(ability, "model")
    return BadRequest(f"This model does not support {ability}.", code="unsupported_parameter", param=param)


def _bad_schema(found: re.Match[str], said: Said) -> ClawdError:
    reason = plain(said.message.removeprefix("JSON schema conversion failed:"))
    text = f"Invalid schema for response_format: {reason or 'the model cannot be held to it.'}"
    return BadRequest(text, code="invalid_value", param="response_format")


def _bad_option(found: re.Match[str], said: Said) -> ClawdError:
    field = _FIELDS.get(found[1], found[1])
    return BadRequest(f"Invalid type for '{field}'.", code="invalid_type", param=field)


def _bad(param: str, message: str, code: str = "invalid_value") -> Rule:
    return lambda found, said: BadRequest(message, code=code, param=param)


def _when(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


_NUMBERS: Final = _when(r"\((\d+) tokens\).*\((\d+) tokens\)")

_RULES: Final[tuple[tuple[re.Pattern[str], Rule], ...]] = (
    (
        _when(r"exceeds? the (?:available |maximum )?context|longer than the context"),
        lambda _, said: _too_long(said),
    ),
    (_when(r"model ['\"](.{1,256})['\"] not found"), lambda found, _: ModelNotFound(found[1])),
    (_when(r"server busy|maximum pending requests"), lambda *_: busy()),
    (_when(r"model is required|invalid model name"), _bad("model", "The model's name is not valid.")),
    (_when(r"does not support (tools|thinking|chat|generate|insert|vision|embeddings)\b"), _cannot),
    (
        _when(r"Multimodal data provided|image input is not supported"),
        lambda _, said: BadRequest(
            plain(said.message) or "This model does not take images.",
            code="unsupported_value",
            param="messages",
        ),
    ),
    (_when(r"JSON schema|invalid format|grammar"), _bad_schema),
    (_when(r"option \"(\w{1,64})\" must be of type"), _bad_option),
    (
        _when(r"invalid think value"),
        _bad("reasoning_effort", "This model does not know that reasoning effort."),
    ),
    (_when(r"top_logprobs must be"), _bad("top_logprobs", "'top_logprobs' must be between 0 and 20.")),
    (
        _when(r"base64 data|invalid image|(?:decode|load|process) image"),
        _bad("messages", "An image cannot be read."),
    ),
)
