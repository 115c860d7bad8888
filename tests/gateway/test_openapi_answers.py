"""Answers, events and errors are as the OpenAPI document has them, and nothing more is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest

from clawdsite.core import errors
from clawdsite.core.errors import BadRequest, ClawdError
from gateway.types import Batch, ChatRequest, Json, ModelCard, Plan, Text, ToolCalled
from gateway.wire.ollama import EventReader
from gateway.wire.openai import (
    ChatCollector,
    ChatWriter,
    TextCollector,
    TextWriter,
    from_chat_body,
    from_completion_body,
    from_embedding_body,
    to_embeddings,
    to_model,
    to_models,
)
from tests.gateway.openapi_judge import DOCUMENT, SCHEMAS, check
from tests.gateway.wire.responses_road import collected, streamed
from tests.gateway.wire.road import called, done, said

U = [{"role": "user", "content": "hi"}]
LOGPROB = {
    "token": "Hi",
    "logprob": -0.1,
    "bytes": None,
    "top_logprobs": [{"token": "Hi", "logprob": -0.1, "bytes": None}],
}
ANSWERS: dict[str, Sequence[Json]] = {
    "text": [said("Hel"), said("lo"), done()],
    "thought": [said(thinking="hm"), said("Hello"), done()],
    "call": [said("x", calls=[called("f", {"a": 1}, "c1")]), done()],
    "cut": [said("Hel"), done("length")],
    "nothing": [done()],
}


def chunks(sent: bytes) -> list[Json]:
    blocks = [block.removeprefix("data: ") for block in sent.decode("ascii").split("\n\n")]
    return [json.loads(block) for block in blocks if block.startswith("{")]


def batches(lines: Sequence[Json], request: ChatRequest) -> list[Batch]:
    reader = EventReader(request, Plan())
    found = [Batch(0, tuple(reader.feed(line))) for line in lines]
    return [Batch(0, (Text("Hi", (LOGPROB,)),)), *found] if request.logprobs else found


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda name: f"openapi-{name}")
@pytest.mark.parametrize(
    "asks",
    [{}, {"logprobs": True}, {"service_tier": "auto"}, {"stream_options": {"include_usage": True}}],
    ids=["plain", "logprobs", "tier", "usage"],
)
def test_chat_answers_are_as_documented(answer: str, asks: Json) -> None:
    request = from_chat_body({"messages": U, "stream": True, **asks})
    collector, writer = ChatCollector(request, model="m"), ChatWriter(request, model="m")
    sent = writer.start()
    for batch in batches(ANSWERS[answer], request):
        collector.add(batch)
        sent += writer.write(batch)
    check("ChatCompletion", collector.body())
    found = chunks(sent + writer.end())
    assert len(found) >= 2
    for chunk in found:
        check("ChatCompletionChunk", chunk)
    for chunk in chunks(writer.error(errors.UpstreamError("It failed."))):
        check("Error", chunk)


def test_legacy_function_answers_are_as_documented() -> None:
    request = from_chat_body({"messages": U, "functions": [{"name": "f"}]})
    collector, writer = ChatCollector(request, model="m"), ChatWriter(request, model="m")
    batch = Batch(0, (ToolCalled(0, "c1", "f", "{}"),))
    done_batch = batches([done()], request)[0]
    collector.add(batch)
    collector.add(done_batch)
    check("ChatCompletion", collector.body())
    for chunk in chunks(writer.write(batch) + writer.write(done_batch)):
        check("ChatCompletionChunk", chunk)


@pytest.mark.parametrize("asks", [{}, {"logprobs": 1}], ids=["openapi-plain", "openapi-logprobs"])
def test_older_completions_are_as_documented(asks: Json) -> None:
    requests = from_completion_body({"prompt": ["a", "b"], "stream": True, **asks})
    collector, writer = TextCollector(requests, model="m"), TextWriter(requests, model="m")
    lines = [{"response": "Hel", "done": False}, {"response": "", "done": True, "done_reason": "stop"}]
    sent = b""
    for batch in batches(lines, requests[0]):
        collector.add(batch)
        sent += writer.write(batch)
    check("Completion", collector.body())
    for chunk in chunks(sent + writer.end()):
        check("CompletionChunk", chunk)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda name: f"openapi-{name}")
def test_responses_are_as_documented(answer: str) -> None:
    tools = [{"type": "function", "name": "f"}]
    check("Response", collected(ANSWERS[answer], tools=tools))
    for event in streamed(ANSWERS[answer], tools=tools):
        check("ResponseStreamEvent", event)
    for event in streamed([said("Hel")], error=errors.UpstreamError("It failed."), user="u", temperature=1):
        check("ResponseStreamEvent", event)


def test_the_events_of_the_document_are_those_that_are_sent() -> None:
    tools = [{"type": "function", "name": "f"}]
    sent = {event["type"] for lines in ANSWERS.values() for event in streamed(lines, tools=tools)}
    sent |= {event["type"] for event in streamed([said("x")], error=errors.UpstreamError("It failed."))}
    assert set(SCHEMAS["ResponseStreamEvent"]["properties"]["type"]["enum"]) == sent


def test_models_and_embeddings_are_as_documented() -> None:
    cards = [ModelCard("qwen3:32b", 1686935002)]
    check("ModelList", to_models(cards))
    check("Model", to_model(cards[0]))
    native = {"embeddings": [[1, 2]], "prompt_eval_count": 3}
    for encoding in ("float", "base64"):
        request = from_embedding_body({"input": "hi", "encoding_format": encoding})
        check("EmbeddingList", to_embeddings(native, request, "m"))


def kinds(base: type[ClawdError] = ClawdError) -> Iterator[type[ClawdError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def test_errors_are_as_documented_and_their_statuses_are_listed() -> None:
    check("Error", errors.InvalidToken("token is expired").body())
    check("Error", BadRequest("Wrong.", code="invalid_type", param="messages").body())
    own = {kind.status for kind in kinds() if kind.__module__ == errors.__name__}
    listed = {int(status) for status in DOCUMENT["components"]["responses"]}
    assert own - listed <= {405, 408, 409, 431}  # of the connection, another method, or conversations
    assert listed <= own
