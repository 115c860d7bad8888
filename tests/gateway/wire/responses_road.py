"""Native lines to a response or its events, each checked against the models of OpenAI's own SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from openai.types.responses import Response, ResponseErrorEvent, ResponseStreamEvent
from pydantic import BaseModel

from clawdsite.core.errors import ClawdError
from gateway.types import Batch, ChatRequest, Json, ModelFacts
from gateway.wire.ollama import EventReader, plan_for
from gateway.wire.responses import ResponseCollector, ResponseWriter, from_response_body

FACTS = ModelFacts("qwen3:32b", frozenset({"completion", "tools", "thinking"}))
MODELS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for model in get_args(get_args(ResponseStreamEvent)[0])
}
# Sent by OpenAI, though its types leave it out.
EXTRA: dict[type[BaseModel], set[str]] = {ResponseErrorEvent: {"error"}, Response: {"store"}}


def asked(**fields: Any) -> tuple[ChatRequest, Json]:
    body = {"model": "qwen3:32b", "input": "hi", **fields}
    return from_response_body(body), body


def checked(model: type[BaseModel], found: Json) -> Json:
    """Valid by the SDK's model, strictly, and without a field that it does not know."""
    model.model_validate(found, strict=True)
    known = {field.alias or name for name, field in model.model_fields.items()} | EXTRA.get(model, set())
    assert set(found) <= known, set(found) - known
    if "response" in found:
        checked(Response, found["response"])
    return found


def events(sent: bytes) -> list[Json]:
    """What a stream consists of: every event named as its type, numbered without a gap, and nothing else."""
    assert sent.endswith(b"\n\n")
    found = []
    for number, block in enumerate(sent.decode("ascii").removesuffix("\n\n").split("\n\n")):
        name, text = block.split("\n")
        event = json.loads(text.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        assert event["sequence_number"] == number
        found.append(checked(MODELS[event["type"]], event))
    return found


def streamed(
    lines: Sequence[Json],
    *,
    ended: bool = False,
    error: ClawdError | None = None,
    fields: str = "both",
    **asks: Any,
) -> list[Json]:
    """The events of an answer of these native lines. ended: the body ended without `done`."""
    request, body = asked(stream=True, **asks)
    reader = EventReader(request, plan_for(request, FACTS))
    writer = ResponseWriter(request, model="qwen3:32b", body=body, reasoning_fields=fields)
    out = [writer.start()]
    for line in lines:
        out.append(writer.write(Batch(0, tuple(reader.feed(line)))))
    if ended:
        out.append(writer.write(Batch(0, tuple(reader.end()))))
    out.append(writer.end() if error is None else writer.error(error))
    found = events(b"".join(out))
    assert {event["response"]["id"] for event in found if "response" in event} <= {writer.id}
    return found


def collected(lines: Sequence[Json], *, ended: bool = False, fields: str = "both", **asks: Any) -> Json:
    """The response object of the same."""
    request, body = asked(**asks)
    reader = EventReader(request, plan_for(request, FACTS))
    collector = ResponseCollector(request, model="qwen3:32b", body=body, reasoning_fields=fields)
    for line in lines:
        collector.add(Batch(0, tuple(reader.feed(line))))
    if ended:
        collector.add(Batch(0, tuple(reader.end())))
    found = checked(Response, collector.body())
    assert found["id"] == collector.id
    return found


def names(found: Sequence[Json]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in found]


def without_ids(value: Any) -> Any:
    """The same, ids and times apart: they differ from answer to answer."""
    if isinstance(value, dict):
        own = ("id", "created_at", "completed_at")
        return {key: without_ids(inner) for key, inner in value.items() if key not in own}
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value
