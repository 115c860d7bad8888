"""Whatever stands in whichever field: the request is understood, or refused by the name of the field."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawdsite.core.errors import BadRequest
from gateway.types import Json, ModelFacts
from gateway.wire.jsonin import parse_object
from gateway.wire.openai import from_chat_body, from_completion_body, from_embedding_body
from tests import corpora
from tests.gateway.wire.down import payload_of
from tests.gateway.wire.test_images_in import URL

ALL = ModelFacts("m", frozenset({"completion", "tools", "thinking", "vision"}))
TOOL: Json = {
    "type": "function",
    "function": {
        "name": "f",
        "description": "D",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {
                "a": {"$ref": "#/$defs/T"},
                "b": {"anyOf": [{"const": 1}], "items": {}, "enum": [1]},
            },
            "required": ["a"],
            "allOf": [{"type": "object"}],
            "$defs": {"T": {"type": ["string", "null"], "description": "D"}},
        },
    },
}
CALL: Json = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
CHAT: Json = {
    "model": "m",
    "messages": [
        {"role": "developer", "content": "S"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "A"}, {"type": "image_url", "image_url": {"url": URL}}],
        },
        {"role": "assistant", "content": None, "refusal": "no", "reasoning": "r", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "R"}]},
        {"role": "assistant", "content": "x", "function_call": {"name": "f", "arguments": ""}},
        {"role": "function", "name": "f", "content": "R"},
    ],
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_tokens": 5,
    "max_completion_tokens": 5,
    "temperature": 1,
    "top_p": 1,
    "min_p": 0.1,
    "top_k": 5,
    "repeat_penalty": 1,
    "repetition_penalty": 1,
    "frequency_penalty": 1,
    "presence_penalty": 1,
    "seed": 1,
    "stop": ["a", "b"],
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    "tools": [TOOL],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": True,
    "function_call": "auto",
    "reasoning_effort": "low",
    "reasoning": {"effort": "low", "enabled": True, "exclude": True, "max_tokens": 1},
    "think": True,
    "enable_thinking": True,
    "chat_template_kwargs": {"enable_thinking": True},
    "logprobs": True,
    "top_logprobs": 1,
    "n": 1,
    "logit_bias": {},
    "user": "u",
    "safety_identifier": "s",
    "prompt_cache_key": "k",
    "metadata": {"session_id": "s"},
    "session_id": "s",
    "store": True,
    "service_tier": "auto",
    "verbosity": "low",
    "prediction": {},
    "prompt_cache_options": {},
    "prompt_cache_retention": "24h",
    "modalities": ["text"],
    "options": {},
    "unknown": {},
}
TEXT: Json = {key: CHAT[key] for key in ("model", "stream", "stop", "n", "seed", "user", "metadata")} | {
    "prompt": ["a", "b"],
    "logprobs": 1,
    "echo": False,
    "best_of": 1,
    "suffix": "",
}
EMBED: Json = {"input": ["a"], "model": "m", "dimensions": 2, "encoding_format": "float", "user": "u"}

NAUGHTY: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus": -1,
    "half": 0.5,
    "huge": 10**300,
    "endless": 10**400,
    "large-float": 1e308,
    "infinity": math.inf,
    "nan": math.nan,
    "empty": "",
    "word": "x",
    "nul": "\0",
    "half-a-pair": "\ud800",
    "long": "x" * 5000,
    "nothing": [],
    "nulls": [None],
    "lists": [[[]]],
    "objects": [{}],
    "object": {},
    "strange": {"a": 1, "type": "x", "$ref": "#", "\x7f": {"b": []}},
    "deep": json.loads("[" * 70 + "]" * 70),
}

Road = Callable[[Json], None]


def chat(body: Json) -> None:
    request = from_chat_body(body)
    if request.messages:
        json.dumps(payload_of(request, ALL, seed_offset=1), allow_nan=False).encode()


def text(body: Json) -> None:
    for request in from_completion_body(body):
        json.dumps(payload_of(request, ALL), allow_nan=False).encode()


def embed(body: Json) -> None:
    from_embedding_body(body)


ROADS: list[Any] = [
    pytest.param(chat, CHAT, id="chat"),
    pytest.param(text, TEXT, id="text"),
    pytest.param(embed, EMBED, id="embed"),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside."""
    if path:
        yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in children:
        yield from places(child, (*path, step))


def changed(body: Json, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Json:
    copy = deepcopy(body)
    holder: Any = copy
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return copy


def put(value: Any) -> Callable[[Any, Any], None]:
    return lambda holder, step: holder.__setitem__(step, value)


def travel(road: Road, body: Json) -> bool:
    """True: understood. False: refused, with the field's name (or as no JSON at all)."""
    error = refusal_of(lambda: road(parse_object(json.dumps(body).encode())))
    if error is None:
        return True
    assert error.param is not None or error.code == "invalid_json"
    assert len(error.message.encode()) < 600
    return False


def refusal_of(travelling: Callable[[], Any]) -> BadRequest | None:
    try:
        travelling()
    except BadRequest as error:
        return error
    return None


@pytest.mark.parametrize(("road", "body"), ROADS)
def test_the_bodies_that_the_other_tests_spoil_are_good(road: Road, body: Json) -> None:
    assert travel(road, body)


@pytest.mark.parametrize(("road", "body"), ROADS)
@pytest.mark.parametrize("value", [pytest.param(value, id=name) for name, value in NAUGHTY.items()])
def test_any_value_in_any_place_is_understood_or_refused(road: Road, body: Json, value: Any) -> None:
    for path in places(body):
        travel(road, changed(body, path, put(value)))


@pytest.mark.parametrize(("road", "body"), ROADS)
def test_any_field_may_be_missing(road: Road, body: Json) -> None:
    for path in places(body):
        travel(road, changed(body, path, lambda holder, step: holder.__delitem__(step)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("road", "body"), ROADS)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(choice=st.data())
def test_any_json_in_any_place_is_understood_or_refused(
    road: Road, body: Json, choice: st.DataObject
) -> None:
    path = choice.draw(st.sampled_from(list(places(body))))
    travel(road, changed(body, path, put(choice.draw(JSON))))


def test_a_body_taken_without_the_wire_is_no_less_safe() -> None:
    for value in (math.inf, -math.inf, math.nan, 10**5000, -(10**5000), "\ud800", True):
        for path in places(CHAT):
            if len(path) == 1:
                body = changed(CHAT, path, put(value))
                error = refusal_of(partial(from_chat_body, body))
                assert error is None or error.param is not None


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, id=f"hard-blns-{at}")
        for at, words in enumerate(corpora.loaded("blns", "blns.json"))
    ],
)
def test_naughty_words_reach_the_model_as_they_are(words: str) -> None:
    body = parse_object(
        json.dumps({"messages": [{"role": "user", "content": words}], "user": words[:99]}).encode()
    )
    assert payload_of(from_chat_body(body))["messages"] == [{"role": "user", "content": words}]
