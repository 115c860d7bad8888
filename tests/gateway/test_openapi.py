"""The OpenAPI document says what is served: its routes, and for each field what the parser takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from clawdsite.core.config.schema import Config
from clawdsite.core.errors import BadRequest
from gateway.openapi import document
from gateway.types import Json
from gateway.wire.openai import from_chat_body, from_completion_body, from_embedding_body
from gateway.wire.responses import from_response_body
from tests.gateway.openapi_judge import DOCUMENT, SCHEMAS, validator

U = [{"role": "user", "content": "hi"}]
BODIES: dict[str, tuple[Json, Callable[[Json], object]]] = {
    "ChatCompletionRequest": ({"messages": U}, from_chat_body),
    "CompletionRequest": ({"prompt": "hi"}, from_completion_body),
    "EmbeddingRequest": ({"input": "hi"}, from_embedding_body),
    "ResponseRequest": ({"input": "hi"}, from_response_body),
}


# ---- the document -----------------------------------------------------------------------------


def test_the_document_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_it_describes_the_routes_that_are_served() -> None:
    from gateway.urls import urlpatterns

    served = {re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{route.pattern}") for route in urlpatterns}
    assert set(DOCUMENT["paths"]) == {path for path in served if path.startswith("/v1/")}


def test_it_follows_the_configuration() -> None:
    config = Config.model_validate(
        {"server": {"public_url": "https://ai.example.com/"}, "models": {"n_max": 7}}
    )
    found = document(config)
    assert found["servers"] == [{"url": "https://ai.example.com"}]
    assert found["components"]["schemas"]["ChatCompletionRequest"]["properties"]["n"]["maximum"] == 7


def test_every_call_needs_a_token() -> None:
    assert DOCUMENT["security"] == [{"token": []}]
    methods = [path.items() for path in DOCUMENT["paths"].values()]
    operations = [found for items in methods for key, found in items if key != "parameters"]
    assert len(operations) == 8
    assert all("401" in found["responses"] and "security" not in found for found in operations)
    assert len({found["operationId"] for found in operations}) == 8


# ---- requests ---------------------------------------------------------------------------------


class Read(dict[str, Any]):
    """A body that remembers which of its fields were asked for."""

    def __init__(self, body: Json) -> None:
        super().__init__(body)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)


@pytest.mark.parametrize("name", BODIES, ids=lambda name: f"openapi-{name}")
def test_the_fields_are_those_that_the_parser_reads(name: str) -> None:
    body, parse = BODIES[name]
    read = Read(body)
    parse(read)
    assert set(SCHEMAS[name]["properties"]) == read.names


VALUES: list[Any] = [
    None, True, False, 0, 1, 2, 3, 5, 20, 21, -1, -2, -3, 0.5, 1.5, 100.0, 10**30, "", "x", "none", "auto",
    "low", "extreme", "float", "text", "x" * 65, "x" * 129, "x" * 1001, [], ["x"], [1], ["x"] * 17, ["text"],
    ["text", "audio"], {}, {"a": "b"}, {"a": 1}, {"effort": "none"}, {"effort": "extreme"}, {"effort": 1},
    {"include_usage": True}, {"include_usage": "x"}, {"session_id": "x" * 129}, {"type": "text"},
    {"type": "xml"}, {"type": "json_schema", "json_schema": {"schema": {}}}, {"type": "json_object"},
    {"type": "function", "function": {"name": "f"}}, {"type": "function", "name": "f"}, {"name": "f"},
    [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    [{"type": "function", "name": "f", "parameters": None}], [{"type": "custom", "name": "c"}],
    [{"name": "f"}], [{"name": "a b"}], {"format": {"type": "text"}}, {"format": {"type": "xml"}},
    {"verbosity": "low"}, {"verbosity": "loud"}, ["reasoning.encrypted_content"], ["frob"], "disabled",
    {"a": "x" * 513}, {str(at): "" for at in range(17)}, {"x" * 65: ""}, "required",
    {"enable_thinking": True}, {"enable_thinking": 1}, {"summary": "auto"}, {"summary": "x"},
]  # fmt: skip
# Rules between fields, which a schema of one field cannot tell: the body in which the field makes sense.
BESIDE: dict[str, Json] = {
    "stream_options": {"stream": True},
    "top_logprobs": {"logprobs": True},
    "messages": {"session_id": "s"},
    "input": {"session_id": "s"},
}
TOOL = {"type": "function", "name": "f", "function": {"name": "f"}}


def verdicts(name: str, field: str) -> Iterator[tuple[Any, bool, bool]]:
    """(value, the document allows it, the parser takes it)."""
    body, parse = BODIES[name]
    beside = dict(BESIDE.get(field, {}))
    if name == "ResponseRequest":
        beside.pop("logprobs", None)
    if field in ("tool_choice", "function_call"):
        beside |= {"tools": [TOOL]} if field == "tool_choice" else {"functions": [{"name": "f"}]}
    schema = validator(name)
    for value in VALUES:
        asked = {**body, **beside, field: value}
        try:
            parse(asked)
        except BadRequest:
            taken = False
        else:
            taken = True
        yield value, schema.is_valid(asked), taken


FIELDS = [(name, field) for name in BODIES for field in SCHEMAS[name]["properties"]]


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[f"openapi-{name}-{field}" for name, field in FIELDS])
def test_what_the_document_allows_is_what_the_parser_takes(name: str, field: str) -> None:
    differing = [(value, allowed) for value, allowed, taken in verdicts(name, field) if allowed != taken]
    assert differing == []


PICTURE = "data:image/png;base64,iVBORw0KGgo="
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES: list[Any] = [
    {"role": "user", "content": "x"}, {"role": "user", "content": []}, {"role": "user", "content": None},
    {"role": "user"}, {"role": "frob", "content": "x"}, {"content": "x"},
    {"role": "developer", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": "x"}]},
    {"role": "user", "content": [{"type": "text"}]},
    {"role": "user", "content": [{"type": "frob", "text": "x"}]},
    {"role": "user", "content": [{"type": "image_url", "image_url": PICTURE}]},
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}}]},
    {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
    {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
    {"role": "system", "content": [{"type": "image_url", "image_url": PICTURE}]},
    {"role": "assistant"}, {"role": "assistant", "content": None}, {"role": "assistant", "content": []},
    {"role": "assistant", "content": 3}, {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "custom"}]},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    {"role": "assistant", "content": "x", "reasoning_content": "t", "reasoning": None},
    {"role": "assistant", "function_call": {"name": "f", "arguments": ""}},
    {"role": "assistant", "tool_calls": [{"function": {}}]},
    {"role": "function", "name": "f", "content": "r"}, {"role": "function", "content": "r"}, 3, None, "hi",
]  # fmt: skip
ASKED = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
ITEMS: list[Any] = [
    {"role": "user", "content": "x"}, {"type": "message", "role": "user", "content": "x"}, {"role": "user"},
    {"role": "user", "content": []}, {"role": "tool", "content": "x"}, {"content": "x"}, {}, 3, None,
    {"role": "developer", "content": [{"type": "input_text", "text": "x"}]},
    {"role": "user", "content": [{"type": "input_image", "image_url": PICTURE, "detail": "auto"}]},
    {"role": "user", "content": [{"type": "input_file", "file_id": "f"}]},
    {"role": "system", "content": [{"type": "input_image", "image_url": PICTURE}]},
    {"role": "assistant", "content": None}, {"role": "assistant", "content": []},
    {"role": "assistant", "content": [{"type": "output_text", "text": "x", "annotations": []}]},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    {"role": "user", "content": [{"type": "refusal", "refusal": "no"}]},
    ASKED, {**ASKED, "arguments": None}, {**ASKED, "name": None}, {**ASKED, "call_id": 3},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": None},
    {"type": "reasoning", "summary": []}, {"type": "reasoning", "summary": [{}]}, {"type": "reasoning"},
    {"type": "item_reference", "id": "msg_1"}, {"type": "web_search_call", "id": "ws_1"},
]  # fmt: skip
OUTPUTS: list[Any] = [
    "r",
    [],
    [{"type": "input_text", "text": "r"}],
    [{"type": "refusal", "refusal": "x"}],
    None,
    3,
]
TURNS = [
    *[("ChatCompletionRequest", "messages", [item]) for item in MESSAGES],
    *[
        ("ChatCompletionRequest", "messages", [{"role": "assistant", "tool_calls": [CALL]}, answer])
        for answer in (
            {"role": "tool", "tool_call_id": "c1", "content": "r"},
            {"role": "tool", "tool_call_id": "c1"},
        )
    ],
    *[("ResponseRequest", "input", [item]) for item in ITEMS],
    *[
        (
            "ResponseRequest",
            "input",
            [ASKED, {"type": "function_call_output", "call_id": "c1", "output": output}],
        )
        for output in OUTPUTS
    ],
]


@pytest.mark.parametrize(
    ("name", "field", "turns"),
    TURNS,
    ids=[f"openapi-{at}-{str(turns)[:50]}" for at, (_, _, turns) in enumerate(TURNS)],
)
def test_the_turns_that_the_document_allows_are_those_that_the_parser_takes(
    name: str, field: str, turns: list[Any]
) -> None:
    try:
        BODIES[name][1]({field: turns})
    except BadRequest:
        taken = False
    else:
        taken = True
    assert validator(name).is_valid({field: turns}) == taken
