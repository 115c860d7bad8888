"""Legacy completions: several prompts and answers, and logprobs in their old shape."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clawdsite.core.errors import UpstreamTimeout
from gateway.types import Batch, ChatRequest, Finished, Text, ToolCalled, Usage
from gateway.wire.openai.text_out import TextCollector, TextWriter, to_legacy_logprobs
from tests.gateway.wire.road import MODEL, parse

ONE = ChatRequest(kind="text", prompt="Once", stream=True, include_usage=True)


def _item(token: str, logprob: float, **top: float) -> dict[str, Any]:
    others = [{"token": other, "logprob": value, "bytes": None} for other, value in top.items()]
    return {"token": token, "logprob": logprob, "bytes": None, "top_logprobs": others}


def _collected(batches: list[Batch], requests: tuple[ChatRequest, ...] = (ONE,)) -> dict[str, Any]:
    collector = TextCollector(requests, model=MODEL)
    for batch in batches:
        collector.add(batch)
    return collector.body()


def _streamed(batches: list[Batch], requests: tuple[ChatRequest, ...] = (ONE,)) -> list[Any]:
    writer = TextWriter(requests, model=MODEL)
    return parse(writer.start() + b"".join(writer.write(batch) for batch in batches) + writer.end())


HELLO = [Batch(0, (Text("He"), Text("y"))), Batch(0, (Finished("length", Usage(1, 2)),))]


def test_streamed_text_ends_with_a_reason_usage_and_done() -> None:
    chunks = _streamed(HELLO)
    assert [chunk["choices"][0] for chunk in chunks[:3]] == [
        {"index": 0, "text": "He", "logprobs": None, "finish_reason": None},
        {"index": 0, "text": "y", "logprobs": None, "finish_reason": None},
        {"index": 0, "text": "", "logprobs": None, "finish_reason": "length"},
    ]
    assert [chunk["usage"] for chunk in chunks[:3]] == [None] * 3
    assert (chunks[3]["choices"], chunks[3]["usage"]["total_tokens"], chunks[4]) == ([], 3, "[DONE]")
    [(id_, kind)] = {(chunk["id"], chunk["object"]) for chunk in chunks[:4]}
    assert re.fullmatch(r"cmpl-[A-Za-z0-9_-]{29}", id_)
    assert kind == "text_completion"


def test_a_whole_text_has_the_same_words() -> None:
    body = _collected(HELLO)
    assert body["object"] == "text_completion"
    assert body["choices"] == [{"index": 0, "text": "Hey", "logprobs": None, "finish_reason": "length"}]


def test_prompts_add_up_and_each_counts_once() -> None:
    """Two prompts with two answers each: indices 0-1 are the first prompt's."""
    requests = (ONE.with_(n=2), ONE.with_(n=2, prompt="Twice as long"))
    ends = [Batch(i, (Text(str(i)), Finished("stop", Usage((3, 3, 5, 5)[i], i + 1)))) for i in (2, 0, 3, 1)]
    body = _collected(ends, requests)
    assert [(choice["index"], choice["text"]) for choice in body["choices"]] == [
        (i, str(i)) for i in range(4)
    ]
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (8, 10)
    assert _streamed(ends, requests)[-2]["usage"] == body["usage"]


LOGPROBS = [
    Batch(0, (Text("He", (_item("He", -0.1, He=-0.1, Ho=-2.0),)),)),
    Batch(0, (Text("y!", (_item("y", -0.2), _item("!", -0.3))), Finished("stop", Usage(1, 3)))),
]
LEGACY = {
    "tokens": ["He", "y", "!"],
    "token_logprobs": [-0.1, -0.2, -0.3],
    "top_logprobs": [{"He": -0.1, "Ho": -2.0}, {"y": -0.2}, {"!": -0.3}],
    "text_offset": [0, 2, 3],
}


def test_logprobs_are_four_lists() -> None:
    assert _collected(LOGPROBS)["choices"][0]["logprobs"] == LEGACY


def test_streamed_logprobs_joined_are_the_same_lists() -> None:
    found = [chunk["choices"][0]["logprobs"] for chunk in _streamed(LOGPROBS)[:2]]
    assert {key: [value for part in found for value in part[key]] for key in LEGACY} == LEGACY


def test_the_token_itself_is_always_among_the_top() -> None:
    assert to_legacy_logprobs((_item("rare", -9.0, common=-0.1),))["top_logprobs"] == [
        {"rare": -9.0, "common": -0.1}
    ]


@pytest.mark.parametrize("reason", ["tool_calls", "function_call"])
def test_tools_do_not_exist_here(reason: Any) -> None:
    body = _collected([Batch(0, (ToolCalled(0, "c", "f", "{}"), Finished(reason, Usage())))])
    assert body["choices"][0]["finish_reason"] == "stop"


def test_a_failure_has_no_end() -> None:
    writer = TextWriter((ONE,), model=MODEL)
    chunks = parse(writer.write(HELLO[0]) + writer.error(UpstreamTimeout("Silence.")))
    assert chunks[-1]["error"]["code"] == "upstream_timeout"
    assert "[DONE]" not in chunks
