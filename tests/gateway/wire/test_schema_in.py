"""Tool schemas brought down to the subset that the model's host keeps (reference 1.5)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import Json
from gateway.wire.openai.fields import Fields
from gateway.wire.openai.schema_in import Room
from gateway.wire.openai.tools_in import from_tool, from_tools


def parameters(schema: Json) -> Json:
    return from_tool(Fields({"name": "f", "parameters": schema}, "tools[0].function"), Room()).parameters


def property_of(schema: Any, **beside: Any) -> Json:
    """What becomes of a property with this schema."""
    found: Json = parameters({"type": "object", "properties": {"p": schema}} | beside)["properties"]["p"]
    return found


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        (
            {"type": "string", "title": "P", "description": "words"},
            {"type": "string", "description": "words"},
        ),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": None}, {"enum": [None]}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        (
            {"type": "array", "items": [{"type": "string"}]},
            {"type": "array", "items": {"anyOf": [{"type": "string"}]}},
        ),
        ({"anyOf": [{"const": 1}, False]}, {"anyOf": [{"enum": [1]}, {}]}),
        ({"allOf": [{"type": "string"}], "description": "D"}, {"type": "string", "description": "D"}),
        (
            {"type": "object", "properties": {"q": {"$ref": "#/$defs/T"}}, "required": ["q"]},
            {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
        ),
        ({"$ref": "#/$defs/T", "description": "D"}, {"type": "string", "description": "D"}),
        ({"$ref": "#/$defs/a~1b"}, {"type": "integer"}),
        ({"$ref": "#/$defs/All/anyOf/1"}, {"type": "boolean"}),
        ({"type": "string", "required": True}, {"type": "string"}),
    ],
)
def test_a_property_keeps_what_the_host_understands(schema: Json, kept: Json) -> None:
    defs = {"T": {"type": "string"}, "a/b": {"type": "integer"}, "All": {"anyOf": [{}, {"type": "boolean"}]}}
    assert property_of(schema, **{"$defs": defs}) == kept


@pytest.mark.parametrize(
    ("schema", "description"),
    [
        ({"type": "integer", "minimum": 1, "default": 5}, "(default: 5; minimum: 1)"),
        ({"description": "A day.", "format": "date"}, "A day. (format: date)"),
        ({"description": "Any.", "default": None}, "Any."),
        ({"description": "Long.", "default": "x" * 200}, "Long."),
    ],
)
def test_keywords_without_a_place_are_told_in_words(schema: Json, description: str) -> None:
    assert property_of(schema)["description"] == description


def test_a_schema_that_is_one_reference_is_written_out() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert parameters({"$ref": "#/definitions/X", "definitions": {"X": inner}}) == inner


def test_parts_of_all_of_add_up() -> None:
    base = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    more = {"properties": {"b": {"type": "integer"}}, "required": ["b", "a"]}
    found = parameters({"allOf": [base, more]})
    assert found["properties"] == {"a": {"type": "string"}, "b": {"type": "integer"}}
    assert sorted(found["required"]) == ["a", "b"]


def test_a_circle_ends_with_the_kind_of_thing_it_leads_to() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "name": {"type": "string"}}}
    found = property_of({"$ref": "#/$defs/Node"}, **{"$defs": {"Node": node}})
    assert found["properties"] == {"next": {"type": "object"}, "name": {"type": "string"}}
    assert parameters({"type": "object", "properties": {"me": {"$ref": "#"}}})["properties"] == {
        "me": {"type": "object"}
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {}},
        {"type": 1},
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"p": 1}},
        {"type": "object", "properties": {"p": {"type": [1]}}},
        {"type": "object", "properties": {"p": {"enum": "a"}}},
        {"type": "object", "properties": {"p": {"anyOf": {}}}},
        {"type": "object", "properties": {"p": {"description": 1}}},
        {"type": "object", "properties": {"p": {"allOf": [1]}}},
        {"type": "object", "properties": {"p": {"allOf": [{}] * 65}}},
        {"type": "object", "properties": {"p": {"$ref": 1}}},
        {"type": "object", "properties": {"p": {"$ref": "https://example.com/schema"}}},
        {"type": "object", "properties": {"p": {"$ref": "#/$defs/none"}}},
        {"type": "object", "properties": {"p": {"$ref": "#/required"}}, "required": []},
        {"type": "object", "required": [1]},
        {"$ref": "#/$defs/0", "$defs": {str(at): {"$ref": f"#/$defs/{at + 1}"} for at in range(30_000)}},
    ],
)
def test_what_is_no_schema_is_refused_and_says_where(schema: Json) -> None:
    with pytest.raises(BadRequest) as caught:
        parameters(schema)
    assert caught.value.code == "invalid_function_parameters"
    assert caught.value.param == "tools[0].function.parameters"
    assert caught.value.message.startswith("Invalid schema for function 'f'")


def doubling(depth: int, **leaf: Any) -> Json:
    """A short schema whose references, followed, make 2**depth leaves."""
    defs: Json = {
        f"T{at}": {"type": "object", "properties": {side: {"$ref": f"#/$defs/T{at + 1}"} for side in "ab"}}
        for at in range(depth)
    }
    return {"$ref": "#/$defs/T0", "$defs": defs | {f"T{depth}": {"type": "string"} | leaf}}


@pytest.mark.parametrize(
    "schema",
    [pytest.param(doubling(40), id="nodes"), pytest.param(doubling(10, description="x" * 10_000), id="text")],
)
def test_a_short_schema_that_stands_for_an_endless_one_is_refused_at_once(schema: Json) -> None:
    assert len(json.dumps(schema)) < 20_000
    begun = time.process_time()
    with pytest.raises(BadRequest, match="too large"):
        parameters(schema)
    assert time.process_time() - begun < 2


def test_all_tools_of_a_request_share_one_allowance() -> None:
    heavy = {"type": "object", "properties": {f"p{at}": {} for at in range(1000)}}
    tools = [{"type": "function", "function": {"name": f"f{at}", "parameters": heavy}} for at in range(25)]
    assert len(from_tools(Fields({"tools": tools[:10]}))) == 10
    with pytest.raises(BadRequest, match="too large"):
        from_tools(Fields({"tools": tools}))
