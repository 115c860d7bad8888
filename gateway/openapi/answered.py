"""Answers of chat, the older completions, embeddings and models; errors (reference 2, 3.1)."""

from __future__ import annotations

from typing import Final

from gateway.openapi.shapes import (
    NOTHING,
    all_maybe,
    answer,
    array,
    fields,
    integer,
    maybe,
    number,
    one_of,
    ref,
    text,
    word,
)
from gateway.types import Json

_REASONS: Final = ("stop", "length", "tool_calls", "function_call")
_HEAD: Final[Json] = {
    "id": text(),
    "created": integer("Unix seconds."),
    "model": text("The model that answered."),
    "system_fingerprint": text(),
    "service_tier": word("default"),
}
_MAY: Final = ("service_tier",)
NUMBER: Final[Json] = fields(
    {"seq": integer("From 1, without a gap.", minimum=1)},
    needs=("seq",),
    about="Of a resumable answer alone: the chunk's number, to ask for what comes behind it.",
)
_REASONING: Final[Json] = {
    "reasoning_content": text("What the model thought; which of the two names, is configured."),
    "reasoning": text(),
}


def parts() -> Json:
    """Schemas by name."""
    return {
        "ChatCompletion": _whole("chat.completion", _choice()),
        "ChatCompletionChunk": _chunk("chat.completion.chunk", _chunk_choice()),
        "Completion": _whole("text_completion", _legacy(maybe(word("stop", "length")))),
        "CompletionChunk": _chunk("text_completion", _legacy(maybe(word("stop", "length")))),
        "EmbeddingList": _embeddings(),
        "Model": _model(),
        "ModelList": answer({"object": word("list"), "data": array(ref("Model"))}),
        "Usage": _usage(),
        "Error": answer({"error": ref("ErrorFacts")}),
        "ErrorFacts": _error(),
        "Logprobs": _logprobs(),
    }


def _whole(kind: str, choice: Json) -> Json:
    return answer({"object": word(kind), **_HEAD, "choices": array(choice), "usage": ref("Usage")}, may=_MAY)


def _chunk(kind: str, choice: Json) -> Json:
    """The chunk with the usage has no choices; without `include_usage` no chunk has a usage."""
    about = (
        "What one `data:` line holds. The stream ends with `data: [DONE]`, or after an `Error` without it."
    )
    found = {"object": word(kind), **_HEAD, "choices": array(choice), "usage": maybe(ref("Usage"))}
    return answer({**found, "clawdbot": NUMBER}, may=(*_MAY, "usage", "clawdbot"), about=about)


def _choice() -> Json:
    message = {
        "role": word("assistant"),
        "content": maybe(text("Null where tool calls stand in its place.")),
        "refusal": NOTHING,
        **_REASONING,
        "tool_calls": array(_call()),
        "function_call": _called(),
    }
    return answer(
        {
            "index": integer(),
            "message": answer(message, may=(*_REASONING, "tool_calls", "function_call")),
            "logprobs": maybe(ref("Logprobs")),
            "finish_reason": word(*_REASONS),
        }
    )


def _chunk_choice() -> Json:
    """One kind of thing a delta; tool calls are told apart by `index`."""
    call = fields(
        {
            "index": integer(),
            "id": text(),
            "type": word("function"),
            "function": fields(_called()["properties"]),
        },
        needs=("index", "function"),
    )
    delta = {
        "role": word("assistant"),
        "content": text(),
        **_REASONING,
        "tool_calls": array(call),
        "function_call": fields(_called()["properties"]),
    }
    return answer(
        {
            "index": integer(),
            "delta": fields(delta),
            "logprobs": maybe(ref("Logprobs")),
            "finish_reason": maybe(word(*_REASONS)),
        }
    )


def _legacy(reason: Json) -> Json:
    logprobs = answer(
        {
            "tokens": array(text()),
            "token_logprobs": array(number()),
            "top_logprobs": array({"type": "object", "additionalProperties": number()}),
            "text_offset": array(integer()),
        }
    )
    return answer({"index": integer(), "text": text(), "logprobs": maybe(logprobs), "finish_reason": reason})


def _called() -> Json:
    return answer({"name": text(), "arguments": text("A JSON object.")})


def _call() -> Json:
    return answer({"id": text(), "type": word("function"), "function": _called()})


def _logprobs() -> Json:
    token: Json = {"token": text(), "logprob": number(), "bytes": maybe(array(integer()))}
    item = answer({**token, "top_logprobs": array(answer(token))})
    return answer({"content": array(item), "refusal": NOTHING})


def _usage() -> Json:
    return answer(
        {
            "prompt_tokens": integer(),
            "completion_tokens": integer("With the reasoning."),
            "total_tokens": integer(),
            "prompt_tokens_details": answer({"cached_tokens": integer()}),
            "completion_tokens_details": answer({"reasoning_tokens": integer("Estimated.")}),
        }
    )


def _embeddings() -> Json:
    vector = one_of(array(number()), text("base64 of little-endian float32."))
    row = answer({"object": word("embedding"), "index": integer(), "embedding": vector})
    usage = answer({"prompt_tokens": integer(), "total_tokens": integer()})
    return answer({"object": word("list"), "data": array(row), "model": text(), "usage": usage})


def _model() -> Json:
    return answer(
        {"id": text(), "object": word("model"), "created": integer("Unix seconds."), "owned_by": text()}
    )


def _error() -> Json:
    error = {
        "message": text("For a person."),
        "type": text(),
        **all_maybe({"param": text("The field at fault."), "code": text("For a program.")}),
        "details": text("One more fact."),
    }
    return answer(error, may=("details",))
