"""The official SDK for Python does what its own documentation says, against a started gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from tests.sdk import behaviours
from tests.sdk.conftest import Gateway

HI: list[Any] = [{"role": "user", "content": "Say hello to Paris."}]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
CONTINUED = "Hello from the tiny model!"  # what the double says to any prompt
live = pytest.mark.live


class Trip(BaseModel):
    city: str
    days: list[int]


@pytest.fixture
def alice(gateway: Gateway) -> Iterator[OpenAI]:
    with gateway.openai("alice") as client:
        yield client


def asked(gateway: Gateway, model: str) -> int:
    """How often this model of the double was really asked."""
    assert gateway.double is not None
    return sum(each.model == f"{model}:latest" for each in gateway.double.journal.to("/api/chat"))


# ---- answers ----------------------------------------------------------------------------------


@live
def test_a_chat_is_answered(alice: OpenAI, gateway: Gateway) -> None:
    answer = alice.chat.completions.create(model=gateway.model("said"), messages=HI)
    (choice,) = answer.choices
    assert gateway.said(choice.message.content, "Hello from Paris 🗼")
    assert choice.finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer._request_id is not None
    assert answer._request_id.startswith("req_")


@live
def test_a_stream_gives_the_text_in_pieces_and_usage_in_the_last(alice: OpenAI, gateway: Gateway) -> None:
    stream = alice.chat.completions.create(
        model=gateway.model("said"), messages=HI, stream=True, stream_options={"include_usage": True}
    )
    assert stream.response.headers["x-request-id"].startswith("req_")
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert gateway.said(text, "Hello from Paris 🗼")
    assert [chunk.choices == [] for chunk in chunks].index(True) == len(chunks) - 1
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


@live
def test_the_stream_helper_puts_the_message_together(alice: OpenAI, gateway: Gateway) -> None:
    with alice.chat.completions.stream(model=gateway.model("said"), messages=HI) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert "".join(pieces) == final.choices[0].message.content
    assert final.choices[0].message.role == "assistant"
    assert gateway.said(final.choices[0].message.content, "Hello from Paris 🗼")


def test_thinking_comes_beside_the_text(alice: OpenAI) -> None:
    message = alice.chat.completions.create(model="qwen3:32b", messages=HI).choices[0].message
    assert message.content == "Yes"
    assert message.reasoning_content == "Hm."  # type: ignore[attr-defined]


def test_a_missing_model_name_is_filled_in(alice: OpenAI) -> None:
    assert alice.chat.completions.create(model="", messages=HI).model == "qwen3:32b"


def test_tools_are_called(alice: OpenAI) -> None:
    choice = alice.chat.completions.create(model="tooled", messages=HI, tools=[TOOL]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    calls = [call for call in choice.message.tool_calls or [] if call.type == "function"]
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Paris", "Lyon"]
    result = {"role": "tool", "tool_call_id": calls[0].id, "content": "21"}
    after = alice.chat.completions.create(model="said", messages=[*HI, choice.message, result], tools=[TOOL])
    assert after.choices[0].message.content == "Hello from Paris 🗼"


def test_tool_calls_stream_whole(alice: OpenAI) -> None:
    with alice.chat.completions.stream(model="tooled", messages=HI, tools=[TOOL]) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        calls = stream.get_final_completion().choices[0].message.tool_calls or []
    assert [event.parsed_arguments for event in done] == [
        {"city": "Paris", "unit": "°C"},
        {"city": "Lyon", "unit": "°C"},
    ]
    assert [call.id for call in calls] == ["call_0abc", "call_1abc"]
    assert [call.function.name for call in calls] == ["get_weather"] * 2


@live
def test_a_named_tool_is_called_even_by_a_model_that_would_rather_talk(
    alice: OpenAI, gateway: Gateway
) -> None:
    choice = alice.chat.completions.create(
        model=gateway.model("forced"),
        messages=HI,
        tools=[TOOL],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
    ).choices[0]
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert set(json.loads(call.function.arguments)) == {"city", "unit"}


@live
def test_an_answer_is_parsed_into_a_model(alice: OpenAI, gateway: Gateway) -> None:
    asked_for = [{"role": "user", "content": "Plan a trip to Paris on days 1 and 2. Answer in JSON."}]
    answer = alice.chat.completions.parse(
        model=gateway.model("shaped"), messages=asked_for, response_format=Trip
    )
    trip = answer.choices[0].message.parsed
    assert isinstance(trip, Trip)
    assert gateway.said(trip.city, "Paris")


def test_an_answer_that_was_cut_is_not_parsed(alice: OpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError):
        alice.chat.completions.parse(model="shaped-cut", messages=HI, response_format=Trip)


def test_a_picture_reaches_a_model_that_sees(alice: OpenAI, gateway: Gateway) -> None:
    assert gateway.double is not None
    picture = {"type": "image_url", "image_url": {"url": behaviours.PICTURE}}
    parts = [{"type": "text", "text": "What is it?"}, picture]
    alice.chat.completions.create(model="vision", messages=[{"role": "user", "content": parts}])  # type: ignore[list-item,misc]
    sent = gateway.double.journal.to("/api/chat")[-1].body["messages"][0]
    assert sent["content"] == "What is it?"
    assert len(sent["images"]) == 1


def test_several_answers_are_several_choices(alice: OpenAI) -> None:
    choices = alice.chat.completions.create(model="said", messages=HI, n=3).choices
    assert [choice.index for choice in choices] == [0, 1, 2]


@live
def test_models_are_listed_and_found(alice: OpenAI, gateway: Gateway) -> None:
    ids = [model.id for model in alice.models.list()]
    assert gateway.model("said:latest") in ids
    assert alice.models.retrieve(ids[0]).id == ids[0]


def test_embeddings_are_numbers_whatever_the_encoding(alice: OpenAI) -> None:
    packed = alice.embeddings.create(model="embed", input=["one", "two"])  # base64 on the wire
    plain = alice.embeddings.create(model="embed", input=["one", "two"], encoding_format="float")
    assert [row.index for row in packed.data] == [0, 1]
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)
    assert packed.usage.prompt_tokens == 2


@live
def test_legacy_completions_continue_a_text(alice: OpenAI, gateway: Gateway) -> None:
    answer = alice.completions.create(model=gateway.model("said"), prompt="Once", max_tokens=8)
    assert gateway.continued(answer.choices[0].text, CONTINUED)
    pieces = alice.completions.create(model=gateway.model("said"), prompt="Once", max_tokens=8, stream=True)
    assert gateway.continued("".join(piece.choices[0].text for piece in pieces if piece.choices), CONTINUED)


@live
def test_responses_answer_whole_and_streamed(alice: OpenAI, gateway: Gateway) -> None:
    answer = alice.responses.create(model=gateway.model("said"), input="Say hello to Paris.")
    assert gateway.said(answer.output_text, "Hello from Paris 🗼")
    events = list(
        alice.responses.create(model=gateway.model("said"), input="Say hello to Paris.", stream=True)
    )
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert gateway.said(text, "Hello from Paris 🗼")


@live
def test_the_async_client_works_too(gateway: Gateway) -> None:
    async def ask() -> str:
        async with AsyncOpenAI(base_url=gateway.base_url, api_key=gateway.token("alice")) as client:
            stream = await client.chat.completions.create(
                model=gateway.model("said"), messages=HI, stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    assert gateway.said(asyncio.run(ask()), "Hello from Paris 🗼")


# ---- errors -----------------------------------------------------------------------------------


def failing(client: OpenAI, model: str = "said", **more: Any) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=model, messages=HI, **more)
    assert (caught.value.request_id or "").startswith("req_")
    return caught.value


@live
def test_a_bad_token_is_an_authentication_error(gateway: Gateway) -> None:
    with OpenAI(base_url=gateway.base_url, api_key="sk-nonsense") as stranger:
        error = failing(stranger)
    assert type(error) is openai.AuthenticationError
    assert error.code == "AUTH_INVALID_TOKEN"
    assert error.body["details"]  # type: ignore[index]


@live
def test_a_missing_scope_is_a_permission_error_that_names_it(gateway: Gateway) -> None:
    with gateway.openai("reader") as reader:
        error = failing(reader)
    assert type(error) is openai.PermissionDeniedError
    assert "chat:write" in error.message


@live
def test_an_unknown_model_is_not_found(alice: OpenAI) -> None:
    error = failing(alice, "no-such-model")
    assert type(error) is openai.NotFoundError
    assert (error.code, error.param) == ("model_not_found", "model")


@live
def test_a_wrong_field_is_a_bad_request_that_names_it(alice: OpenAI) -> None:
    error = failing(alice, temperature=3)
    assert type(error) is openai.BadRequestError
    assert (error.code, error.param) == ("decimal_above_max_value", "temperature")


def test_too_many_calls_are_a_rate_limit_error_with_a_true_retry_after(strict: Gateway) -> None:
    with strict.openai("alice", max_retries=0) as alice:
        for _ in range(2):
            alice.models.list()
        with pytest.raises(openai.RateLimitError) as caught:
            alice.models.list()
    headers = caught.value.response.headers
    assert caught.value.code == "rate_limit_exceeded"
    assert 1 <= int(headers["retry-after"]) <= 60
    assert headers["x-ratelimit-remaining-requests"] == "0"


def test_a_busy_model_is_asked_again_and_then_answers(alice: OpenAI, gateway: Gateway) -> None:
    answer = alice.chat.completions.create(model="busy-once", messages=HI)
    assert answer.choices[0].message.content == "Hello from Paris 🗼"
    assert asked(gateway, "busy-once") == 2


def test_a_model_that_stays_busy_is_asked_three_times(alice: OpenAI, gateway: Gateway) -> None:
    error = failing(alice, "busy")
    assert type(error) is openai.InternalServerError
    assert (error.status_code, error.code) == (503, "server_is_overloaded")
    assert asked(gateway, "busy") == 3


def test_work_that_had_begun_is_not_done_three_times(alice: OpenAI, gateway: Gateway) -> None:
    before = asked(gateway, "failed")
    error = failing(alice, "failed")
    assert (error.status_code, error.code) == (502, "upstream_error")
    assert asked(gateway, "failed") == before + 1


@pytest.mark.parametrize("model", ["broken", "failed"])
def test_a_stream_that_breaks_is_an_error_and_never_an_end(alice: OpenAI, model: str) -> None:
    pieces: list[str] = []
    stream = alice.chat.completions.create(model=model, messages=HI, stream=True)
    with pytest.raises(openai.APIError) as caught:
        pieces.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert "".join(pieces).startswith("Hel")
    assert caught.value.code == "upstream_error"


def test_a_client_that_loses_patience_stops_the_model(gateway: Gateway) -> None:
    assert gateway.double is not None
    before = len(gateway.double.journal.to("/api/chat"))
    with gateway.openai("alice", timeout=0.5, max_retries=0) as hasty, pytest.raises(openai.APITimeoutError):
        hasty.chat.completions.create(model="stuck", messages=HI)
    left = gateway.double.wait_for(lambda journal: journal.to("/api/chat")[before].closed_by, 5)
    assert left == "client"


def test_a_stream_that_is_closed_early_stops_the_model(alice: OpenAI, gateway: Gateway) -> None:
    assert gateway.double is not None
    before = len(gateway.double.journal.to("/api/chat"))
    with alice.chat.completions.create(model="endless", messages=HI, stream=True) as stream:
        for _ in zip(stream, range(5), strict=False):
            pass
    left = gateway.double.wait_for(lambda journal: journal.to("/api/chat")[before].closed_by, 5)
    assert left == "client"
