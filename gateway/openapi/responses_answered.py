"""The object of /v1/responses and its events (openai/types/responses)."""

from __future__ import annotations

from typing import Final

from gateway.openapi.shapes import (
    NOTHING,
    all_maybe,
    answer,
    anything,
    array,
    fields,
    flag,
    integer,
    maybe,
    number,
    one_of,
    ref,
    text,
    word,
)
from gateway.types import Json

_STATES: Final = ("in_progress", "completed", "incomplete")
EVENTS: Final = (
    "response.created", "response.in_progress", "response.output_item.added", "response.output_item.done",
    "response.content_part.added", "response.content_part.done", "response.output_text.delta",
    "response.output_text.done", "response.reasoning_summary_part.added",
    "response.reasoning_summary_part.done", "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done", "response.function_call_arguments.delta",
    "response.function_call_arguments.done", "response.completed", "response.incomplete", "response.failed",
    "error",
)  # fmt: skip


def parts() -> Json:
    """Schemas by name."""
    return {
        "Response": _response(),
        "ResponseOutputItem": one_of(*_items()),
        "ResponseStreamEvent": _event(),
    }


def _items() -> tuple[Json, ...]:
    status = word(*_STATES)
    message = {
        "id": text(),
        "type": word("message"),
        "status": status,
        "role": word("assistant"),
        "content": array(_text_part()),
    }
    reasoning = {
        "id": text(),
        "type": word("reasoning"),
        "status": status,
        "summary": array(_summary()),
        "encrypted_content": text("The reasoning in plain text, for the input of the next call."),
    }
    call = {"id": text(), "type": word("function_call"), "status": status}
    call |= {"call_id": text(), "name": text(), "arguments": text("A JSON object.")}
    return answer(message), answer(reasoning, may=("encrypted_content",)), answer(call)


def _text_part() -> Json:
    found = {
        "type": word("output_text"),
        "text": text(),
        "annotations": array(anything()),
        "logprobs": _logprobs(),
    }
    return answer(found)


def _summary() -> Json:
    return answer({"type": word("summary_text"), "text": text()})


def _logprobs() -> Json:
    token = {"token": text(), "logprob": number(), "bytes": array(integer())}
    return array(answer({**token, "top_logprobs": array(answer(token))}))


def _usage() -> Json:
    return answer(
        {
            "input_tokens": integer(),
            "input_tokens_details": answer({"cached_tokens": integer(), "cache_write_tokens": integer()}),
            "output_tokens": integer("With the reasoning."),
            "output_tokens_details": answer({"reasoning_tokens": integer("Estimated.")}),
            "total_tokens": integer(),
        }
    )


def _response() -> Json:
    """The object; what it repeats of the request is as sent."""
    repeated = all_maybe(
        {
            "instructions": text(),
            "max_output_tokens": integer(),
            "max_tool_calls": integer(),
            "prompt_cache_key": text(),
            "safety_identifier": text(),
            "temperature": number(),
            "top_p": number(),
            "user": text(),
        }
    )
    return answer(
        {
            "id": text(),
            "object": word("response"),
            "created_at": integer("Unix seconds."),
            "completed_at": maybe(integer()),
            "status": word(*_STATES, "failed"),
            "error": maybe(answer({"code": text(), "message": text()})),
            "incomplete_details": maybe(answer({"reason": word("max_output_tokens")})),
            "model": text("The model that answered."),
            "output": array(ref("ResponseOutputItem")),
            "usage": maybe(_usage()),
            **repeated,
            "metadata": {"type": "object", "additionalProperties": text()},
            "parallel_tool_calls": flag(),
            "previous_response_id": NOTHING,
            "reasoning": answer(all_maybe({"effort": text(), "summary": text()})),
            "service_tier": word("default"),
            "store": {**flag("Nothing is stored."), "enum": [False]},
            "background": {**flag(), "enum": [False]},
            "text": anything(),
            "tool_choice": one_of(text(), anything()),
            "tools": array(anything()),
            "top_logprobs": integer(),
            "truncation": word("disabled"),
        }
    )


def _event() -> Json:
    return fields(
        {
            "type": word(*EVENTS),
            "sequence_number": integer("From 0, without a gap."),
            "response": ref("Response"),
            "output_index": integer(),
            "item": ref("ResponseOutputItem"),
            "item_id": text(),
            "content_index": integer(),
            "summary_index": integer(),
            "part": one_of(_text_part(), _summary()),
            "delta": text(),
            "text": text(),
            "arguments": text(),
            "logprobs": _logprobs(),
            **all_maybe({"code": text(), "param": text()}),
            "message": text(),
            "error": ref("ErrorFacts"),
        },
        needs=("type", "sequence_number"),
        about="What one event's `data:` holds; `event:` repeats its type. The last is response.completed, "
        "response.incomplete or error; there is no [DONE].",
    )
