"""Exchanges with a real host, replayed through reader, writer and collector."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.types import Plan
from gateway.wire.ollama.events import EventReader
from gateway.wire.openai.text_out import TextCollector
from tests.gateway.wire.road import (
    ASK,
    MODEL,
    NAMED,
    NAMED_PLAN,
    answer,
    batches,
    lines_of,
    short,
    streamed,
    whole,
)
from tests.gateway.wire.test_events import TEXT

HELLO = "Hello from the tiny model!"
THOUGHT = "Okay, let me think.\n"
HA = " ha" * 31

# recording -> content, thinking, finish, prompt and completion tokens
EXPECTED = {
    "native-chat-stream": (HELLO, None, "stop", 22, 7),
    "native-chat-once": (HELLO, None, "stop", 22, 7),
    "native-chat-think-stream": ("The answer is 42.", THOUGHT, "stop", 22, 14),
    "native-chat-think-once": ("The answer is 42.", THOUGHT, "stop", 22, 14),
    "native-chat-tools-stream": (None, None, "tool_calls", 37, 6),
    "native-chat-tools-once": (None, None, "tool_calls", 37, 6),
    "native-chat-tools-jinja-stream": ("The answer is 42.", THOUGHT, "stop", 554, 14),
    "native-chat-length-stream": (" w0 w1 w2 w3 w4 w5 w6 w7", None, "length", 24, 8),
    "native-chat-stop-stream": ("Hello from the ", None, "stop", 22, 4),
    "native-chat-schema-stream": ('{"ok":true}', None, "stop", 22, 2),
    "native-chat-json-once": ('{"ok":true}', None, "stop", 22, 2),
    "native-chat-logprobs-stream": (HELLO, None, "stop", 22, 7),
    "native-chat-repeat-guard-stream": (HA, None, "length", 0, 31),
    "native-chat-repeat-guard-once": (HA, None, "length", 0, 1),
    "native-chat-empty-messages-loads": ("", None, "stop", 0, 0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_answer_becomes_this_completion(name: str) -> None:
    content, thinking, finish, prompt, completion = EXPECTED[name]
    body = whole(lines_of(name))
    [choice] = body["choices"]
    assert choice["message"]["content"] == content
    assert choice["message"].get("reasoning") == choice["message"].get("reasoning_content") == thinking
    assert choice["finish_reason"] == finish
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (prompt, completion)


@pytest.mark.parametrize("name", EXPECTED)
def test_streamed_it_says_the_same(name: str) -> None:
    lines = lines_of(name)
    message = whole(lines)["choices"][0]["message"]
    chunks = streamed(lines, ASK.with_(include_usage=True))
    assert chunks[-1] == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-2]]
    assert "".join(delta.get("content", "") for delta in deltas) == (message["content"] or "")
    assert "".join(delta.get("reasoning", "") for delta in deltas) == message.get("reasoning", "")
    assert chunks[-3]["choices"][0]["finish_reason"] == EXPECTED[name][2]
    assert chunks[-2]["usage"] == whole(lines)["usage"]


def test_the_recorded_tool_call_keeps_its_id() -> None:
    [call] = whole(lines_of("native-chat-tools-stream"))["choices"][0]["message"]["tool_calls"]
    assert call == {
        "id": "call_quuxh8us",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
    }


@pytest.mark.parametrize("name", ["native-chat-logprobs-stream", "native-chat-logprobs-once"])
def test_recorded_logprobs_spell_the_answer(name: str) -> None:
    request = ASK.with_(logprobs=True, top_logprobs=2)
    items = whole(lines_of(name), request)["choices"][0]["logprobs"]["content"]
    assert "".join(item["token"] for item in items) == HELLO
    assert all(set(item) == {"token", "logprob", "bytes", "top_logprobs"} for item in items)
    assert all(len(item["top_logprobs"]) == 2 for item in items)
    chunks = streamed(lines_of(name), request)
    shown = [chunk["choices"][0]["logprobs"] for chunk in chunks[:-1]]
    assert [item for found in shown if found for item in found["content"]] == items


def test_a_recorded_stop_is_the_same_when_the_gateway_matches_it() -> None:
    lines = lines_of("native-chat-stream")
    native = whole(lines_of("native-chat-stop-stream"))["choices"][0]
    ours = whole(lines, ASK, Plan(stops=("tiny",)))["choices"][0]
    assert ours == native


def test_a_recorded_answer_in_json_can_be_a_forced_call() -> None:
    chunks = short(streamed(lines_of("native-chat-schema-stream"), NAMED, NAMED_PLAN))
    assert chunks[2]["tool_calls"][0]["function"]["arguments"] == '{"ok":true}'
    assert chunks[3:] == [("F", "tool_calls"), "D"]


def test_a_recorded_legacy_completion() -> None:
    collector = TextCollector((TEXT,), model=MODEL)
    for batch in batches(lines_of("native-generate-stream"), TEXT):
        collector.add(batch)
    body: dict[str, Any] = collector.body()
    assert body["choices"] == [{"index": 0, "text": HELLO, "logprobs": None, "finish_reason": "stop"}]
    assert body["usage"]["total_tokens"] == 29


def test_a_recording_cut_after_any_line_ends_as_length_with_what_came() -> None:
    lines = [json.loads(line) for line in answer("native-chat-think-stream").splitlines()]
    for count in range(len(lines)):
        body = whole(lines[:count])
        assert body["choices"][0]["finish_reason"] == "length"
        assert body["usage"]["completion_tokens"] == count
        reader = EventReader(ASK, Plan())
        for line in lines[:count]:
            reader.feed(line)
        assert not reader.finished
