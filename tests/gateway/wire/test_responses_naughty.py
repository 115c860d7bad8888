"""Whatever stands in whichever field of /v1/responses: an answer, or a refusal by the field's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.types import Batch, Finished, Json, Text, Usage
from gateway.wire.ollama import plan_for, to_payload
from gateway.wire.responses import ResponseCollector, ResponseWriter, from_response_body
from tests import corpora
from tests.gateway.wire.responses_road import events
from tests.gateway.wire.test_images_in import URL
from tests.gateway.wire.test_naughty_bodies import ALL, NAUGHTY, changed, places, put, travel

BODY: Json = {
    "model": "m",
    "instructions": "S",
    "input": [
        {"type": "message", "role": "developer", "content": "S"},
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "A"}, {"type": "input_image", "image_url": URL}],
        },
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "t"}],
            "content": [{"type": "reasoning_text", "text": "t"}],
            "encrypted_content": None,
        },
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "x"}, {"type": "refusal", "refusal": "n"}],
        },
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "R"}]},
    ],
    "stream": True,
    "stream_options": {"include_obfuscation": False},
    "max_output_tokens": 5,
    "max_tool_calls": 1,
    "temperature": 1,
    "top_p": 1,
    "top_logprobs": 1,
    "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
    "text": {
        "format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}, "strict": True},
        "verbosity": "low",
    },
    "tools": [
        {
            "type": "function",
            "name": "f",
            "description": "D",
            "parameters": {"type": "object"},
            "strict": True,
        }
    ],
    "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
    "parallel_tool_calls": True,
    "reasoning": {"effort": "low", "summary": "auto", "generate_summary": "auto"},
    "metadata": {"session_id": "s"},
    "user": "u",
    "store": True,
    "background": False,
    "truncation": "disabled",
    "service_tier": "auto",
    "safety_identifier": "s",
    "prompt_cache_key": "k",
    "unknown": {},
}


def respond(body: Json) -> None:
    """Read, ask, answer: streamed and whole."""
    request = from_response_body(body)
    if request.messages:
        plan = plan_for(request, ALL)
        native = to_payload(request, ALL, plan, cap=9, defaults={}, user_id=None, session_id=None)
        json.dumps(native, allow_nan=False).encode()
    batch = Batch(0, (Text("x"), Finished("stop", Usage(1, 1))))
    collector = ResponseCollector(request, model="m", body=body)
    collector.add(batch)
    json.dumps(collector.body(), allow_nan=False).encode()
    writer = ResponseWriter(request, model="m", body=body)
    assert (writer.write(batch) + writer.end()).count(b"\n\n") == 9


def test_the_body_that_the_other_tests_spoil_is_good() -> None:
    assert travel(respond, BODY)


@pytest.mark.parametrize("value", [pytest.param(value, id=f"resp-{name}") for name, value in NAUGHTY.items()])
def test_any_value_in_any_place_is_answered_or_refused(value: Any) -> None:
    for path in places(BODY):
        travel(respond, changed(BODY, path, put(value)))


def test_any_field_may_be_missing() -> None:
    for path in places(BODY):
        travel(respond, changed(BODY, path, lambda holder, step: holder.__delitem__(step)))


STRINGS = corpora.loaded("blns", "blns.json")
if STRINGS:

    @pytest.mark.parametrize("text", STRINGS, ids=[f"resp-blns-{at}" for at in range(len(STRINGS))])
    def test_a_naughty_string_comes_back_as_it_was_sent(text: str) -> None:
        body: Json = {"input": text, "instructions": text, "stream": True}
        request = from_response_body(body)
        writer = ResponseWriter(request, model="m", body=body)
        sent = writer.write(Batch(0, (Text("a"), Text(text), Finished("stop", Usage(1, 1))))) + writer.end()
        final = events(sent)[-1]["response"]
        assert final["output"][0]["content"][0]["text"] == "a" + text
        assert final["instructions"] == text
        assert request.messages[-1].content == text
