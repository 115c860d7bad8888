"""Body of /v1/responses (reference 1.8)."""

from __future__ import annotations

from typing import Final

from gateway.openapi import asked, messages
from gateway.openapi.shapes import (
    all_maybe,
    array,
    fields,
    flag,
    integer,
    maybe,
    one_of,
    ref,
    refused,
    text,
    word,
)
from gateway.types import Json
from gateway.wire.openai import messages_in, tools_in
from gateway.wire.responses import request_in

_SUMMARIES: Final = word("auto", "concise", "detailed", about="Checked, without effect.")


def body() -> Json:
    """What may be asked; whatever needs a memory between calls is refused."""
    found = {
        **asked.labels(),
        **asked.streaming(),
        **asked.sampling(n_max=1),
        **asked.thinking(),
        **asked.hints(),
        **_own(),
    }
    reasoning = found["reasoning"]["properties"] | all_maybe(
        {"summary": _SUMMARIES, "generate_summary": _SUMMARIES}
    )
    found["reasoning"] = fields(reasoning)
    items = array(
        ref("ResponseInputItem"),
        "May be empty only with a session: that clears the session's context.",
        maxItems=messages_in.MOST_MESSAGES,
    )
    return fields({"input": one_of(text(), items), **all_maybe(found)}, needs=("input",))


def _own() -> Json:
    memory = "This server keeps nothing between calls."
    named = fields({"type": word("function"), "name": text()}, needs=("type", "name"))
    some = fields(
        {
            "type": word("allowed_tools"),
            "mode": maybe(word("auto", "required")),
            "tools": array(named, minItems=1, maxItems=tools_in.MOST_TOOLS),
        },
        needs=("type", "tools"),
    )
    form = fields(
        {
            "type": word("text", "json_object", "json_schema"),
            **all_maybe({"name": text(), "description": text(), "strict": flag(), "schema": asked.SCHEMA}),
        },
        needs=("type",),
        about="`json_schema` needs a schema.",
    )
    tool = messages.function(type=word("function"))
    return {
        "instructions": text("A system message before the input."),
        "max_output_tokens": integer("With the reasoning.", minimum=1),
        "text": fields(all_maybe({"format": form, "verbosity": word("low", "medium", "high")})),
        "tools": array(tool, "Functions; built-in tools are refused.", maxItems=tools_in.MOST_TOOLS),
        "tool_choice": one_of(word("none", "auto", "required"), named, some),
        "parallel_tool_calls": flag("False: at most one call an answer."),
        "top_logprobs": integer(minimum=0, maximum=20),
        "include": array(word(*request_in.INCLUDED), maxItems=32),
        "truncation": word("disabled", about="A conversation is never cut."),
        "background": {**flag(memory), "enum": [False]},
        "max_tool_calls": integer("Of built-in tools: without effect.", minimum=1),
        "previous_response_id": refused(memory),
        "conversation": refused(memory),
        "prompt": refused(memory),
        "context_management": refused(memory),
    }


def _said(*more: Json) -> Json:
    pieces = [fields({"type": word("input_text", "output_text"), "text": text()}, needs=("type", "text"))]
    return one_of(*pieces, *more)


def _shown() -> Json:
    picture = fields(
        {"type": word("input_image"), "image_url": text("A data URL.")}, needs=("type", "image_url")
    )
    return _said(picture)


def item() -> Json:
    """One item of `input`."""
    return one_of(_message(), _call(), _output(), _reasoning())


def _message() -> Json:
    kind = {"type": maybe(word("message"))}
    refusal = fields({"type": word("refusal"), "refusal": text()}, needs=("type", "refusal"))

    def of(role: Json, part: Json) -> Json:
        content = one_of(text(), array(part, minItems=1))
        return fields({**kind, "role": role, "content": content}, needs=("role", "content"))

    answered = maybe(one_of(text(), array(_said(refusal))))
    own = fields({**kind, "role": word("assistant"), "content": answered}, needs=("role",))
    return one_of(of(word("user"), _shown()), of(word("system", "developer"), _said()), own)


def _call() -> Json:
    found = {"type": word("function_call"), "call_id": text(), "name": text(), "arguments": maybe(text())}
    return fields(found, needs=("type", "call_id", "name"))


def _output() -> Json:
    found = {
        "type": word("function_call_output"),
        "call_id": text(),
        "output": one_of(text(), array(_shown())),
    }
    return fields(found, needs=("type", "call_id", "output"))


def _reasoning() -> Json:
    pieces = array(fields({"text": text()}, needs=("text",)))
    optional = {
        "encrypted_content": text("Of an earlier answer of this server."),
        "summary": pieces,
        "content": pieces,
    }
    return fields({"type": word("reasoning"), **all_maybe(optional)}, needs=("type",))
