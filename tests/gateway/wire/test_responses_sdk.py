"""OpenAI's own SDK reads our responses and streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx2
import pytest
from openai import APIError, OpenAI
from pydantic import BaseModel

from clawdsite.core.errors import ClawdError, UpstreamError
from gateway.types import Batch, Json
from gateway.wire.ollama import EventReader, plan_for
from gateway.wire.responses import ResponseCollector, ResponseWriter, from_response_body
from tests.gateway.wire.responses_road import FACTS
from tests.gateway.wire.road import called, done, said

TOOLS: Any = [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}]


def client(lines: Sequence[Json], error: ClawdError | None = None) -> OpenAI:
    """The SDK against a gateway whose model says these lines and, perhaps, breaks off."""

    def answer(sent: httpx2.Request) -> httpx2.Response:
        body = json.loads(sent.content)
        request = from_response_body(body)
        reader = EventReader(request, plan_for(request, FACTS))
        batches = [Batch(0, tuple(reader.feed(line))) for line in lines]
        if not request.stream:
            collector = ResponseCollector(request, model="qwen3:32b", body=body)
            for batch in batches:
                collector.add(batch)
            return httpx2.Response(200, json=collector.body())
        writer = ResponseWriter(request, model="qwen3:32b", body=body)
        pieces = [writer.start(), *(writer.write(batch) for batch in batches)]
        pieces.append(writer.error(error) if error else writer.end())
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=b"".join(pieces))

    transport = httpx2.MockTransport(answer)
    return OpenAI(
        api_key="k", base_url="http://clawdbot.test/v1", http_client=httpx2.Client(transport=transport)
    )


def test_a_whole_response() -> None:
    with client([said(thinking="hm"), said("Hello"), done()]) as openai:
        response = openai.responses.create(model="qwen3:32b", input="hi")
    assert (response.output_text, response.status) == ("Hello", "completed")
    assert response.usage is not None
    assert response.usage.total_tokens == 5


def test_a_stream_of_events() -> None:
    with client([said("Hel"), said("lo"), done()]) as openai:
        found = list(openai.responses.create(model="qwen3:32b", input="hi", stream=True))
    assert "".join(event.delta for event in found if event.type == "response.output_text.delta") == "Hello"
    assert found[-1].type == "response.completed"


def test_the_stream_helper_builds_the_same_response() -> None:
    lines = [said(thinking="hm"), said("Hello", calls=[called("f", {"a": 1}, "c1")]), done()]
    with (
        client(lines) as openai,
        openai.responses.stream(model="qwen3:32b", input="hi", tools=TOOLS) as stream,
    ):
        response = stream.until_done().get_final_response()
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output_text == "Hello"


class Weather(BaseModel):
    city: str


def test_an_answer_by_a_schema_is_parsed() -> None:
    with client([said('{"city":'), said('"Paris"}'), done()]) as openai:
        response = openai.responses.parse(model="qwen3:32b", input="hi", text_format=Weather)
        assert response.output_parsed == Weather(city="Paris")
        with openai.responses.stream(model="qwen3:32b", input="hi", text_format=Weather) as stream:
            assert stream.get_final_response().output_parsed == Weather(city="Paris")


def test_a_cut_answer_is_incomplete_to_the_sdk() -> None:
    with client([said("Hel"), done("length")]) as openai:
        response = openai.responses.create(model="qwen3:32b", input="hi")
        found = list(openai.responses.create(model="qwen3:32b", input="hi", stream=True))
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert found[-1].type == "response.incomplete"


def read_events(openai: OpenAI) -> None:
    list(openai.responses.create(model="qwen3:32b", input="hi", stream=True))


def read_by_helper(openai: OpenAI) -> None:
    with openai.responses.stream(model="qwen3:32b", input="hi") as stream:
        stream.until_done()


@pytest.mark.parametrize("lines", [[said("Hel")], []], ids=["fault-midway", "fault-before-the-first"])
@pytest.mark.parametrize("read", [read_events, read_by_helper], ids=["create", "helper"])
def test_a_broken_stream_raises_and_names_the_cause(
    lines: list[Json], read: Callable[[OpenAI], None]
) -> None:
    openai = client(lines, UpstreamError("The model's host failed."))
    with openai, pytest.raises(APIError, match="The model's host failed") as caught:
        read(openai)
    assert caught.value.code == "upstream_error"
