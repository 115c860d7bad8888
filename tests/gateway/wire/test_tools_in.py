"""Tools and the choice among them, down to the native body (reference 1.5, 1.7, vectors 6.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.types import Json
from tests.gateway.wire.down import (
    HI,
    PLAIN,
    QWEN,
    Row,
    Wrong,
    asked,
    native,
    payload_of,
    refusal,
    rows,
    whole,
)

CITY: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NO_PARAMETERS: Json = {"type": "object", "properties": {}}


def function(name: str = "get_weather", parameters: Any = CITY, **more: Any) -> Json:
    found = {"name": name} if parameters is None else {"name": name, "parameters": parameters}
    return {"type": "function", "function": found | more}


def with_property(schema: Any, **beside: Any) -> Json:
    """Tools with one function f, whose property p has this schema."""
    return {"tools": [function("f", {"type": "object", "properties": {"p": schema}} | beside)]}


def property_sent(schema: Json) -> Json:
    return {"tools": [function("f", {"type": "object", "properties": {"p": schema}})]}


WEATHER = function(description="weather in a city")
OTHER = function("other", {"type": "object", "properties": {"n": {"type": "integer"}}})
NAMED: Json = {"type": "function", "function": {"name": "get_weather"}}
ALLOWED: Json = {"mode": "auto", "tools": [NAMED]}

ACCEPTED: list[Row] = [
    ("R42", {"tools": [WEATHER]}, {"tools": [WEATHER]}),
    ("R43", {"tools": [function("f", None)]}, {"tools": [function("f", NO_PARAMETERS)]}),
    ("R43-null", {"tools": [function("f", parameters={})]}, {"tools": [function("f", NO_PARAMETERS)]}),
    (
        "R44",
        {"tools": [function(parameters=CITY | {"additionalProperties": False}, strict=True)]},
        {"tools": [function()]},
    ),
    (
        "R45",
        with_property({"$ref": "#/$defs/T"}, **{"$defs": {"T": {"type": "string"}}}),
        property_sent({"type": "string"}),
    ),
    ("R46-const", with_property({"const": 1}), property_sent({"enum": [1]})),
    (
        "R46-oneof",
        with_property({"oneOf": [{"type": "string"}, True]}),
        property_sent({"anyOf": [{"type": "string"}, {}]}),
    ),
    ("R46-true", with_property(True), property_sent({})),
    ("R47", {"tools": [function(parameters=CITY | {"type": ["object", "null"]})]}, {"tools": [function()]}),
    ("R48", {"tools": []}, {}),
    ("R50", {"tools": [WEATHER], "tool_choice": "none"}, {}),
    ("R51", {"tools": [WEATHER], "tool_choice": "auto"}, {"tools": [WEATHER]}),
    ("R57", {"tools": [WEATHER], "parallel_tool_calls": False}, {"tools": [WEATHER]}),
    (
        "allowed",
        {"tools": [WEATHER, OTHER], "tool_choice": {"type": "allowed_tools", "allowed_tools": ALLOWED}},
        {"tools": [WEATHER]},
    ),
    ("functions", {"functions": [OTHER["function"]]}, {"tools": [OTHER]}),
    ("functions-none", {"functions": [OTHER["function"]], "function_call": "none"}, {}),
]

REFUSED: list[Wrong] = [
    ("R49", {"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "unsupported_value", "tools[0].type"),
    ("R54", {"tools": [OTHER], "tool_choice": NAMED}, "invalid_value", "tool_choice"),
    ("R55", {"tool_choice": "required"}, "invalid_value", "tool_choice"),
    ("R55-empty", {"tools": [], "tool_choice": "required"}, "invalid_value", "tool_choice"),
    ("word", {"tools": [OTHER], "tool_choice": "always"}, "invalid_value", "tool_choice"),
    ("number", {"tools": [OTHER], "tool_choice": 1}, "invalid_type", "tool_choice"),
    (
        "custom",
        {"tools": [OTHER], "tool_choice": {"type": "custom"}},
        "unsupported_value",
        "tool_choice.type",
    ),
    ("name", {"tools": [function("get weather")]}, "invalid_value", "tools[0].function.name"),
    ("newline", {"tools": [function("f\n")]}, "invalid_value", "tools[0].function.name"),
    ("long", {"tools": [function("f" * 65)]}, "invalid_value", "tools[0].function.name"),
    ("twice", {"tools": [WEATHER, WEATHER]}, "invalid_value", "tools[1].function.name"),
    ("129", {"tools": [function(f"f{at}") for at in range(129)]}, "array_above_max_length", "tools"),
    ("typeless", {"tools": [{"function": {"name": "f"}}]}, "missing_required_parameter", "tools[0].type"),
    ("empty", {"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].function"),
    ("parameters", {"tools": [function(parameters=[])]}, "invalid_type", "tools[0].function.parameters"),
    ("description", {"tools": [function(description=1)]}, "invalid_type", "tools[0].function.description"),
    ("both", {"tools": [WEATHER], "functions": [OTHER["function"]]}, "invalid_value", "functions"),
    (
        "legacy",
        {"functions": [OTHER["function"]], "function_call": {"name": "f"}},
        "invalid_value",
        "function_call",
    ),
    (
        "allowed-other",
        {"tools": [OTHER], "tool_choice": {"type": "allowed_tools", "allowed_tools": ALLOWED}},
        "invalid_value",
        "tool_choice",
    ),
]


@pytest.mark.parametrize(("more", "differences"), rows(ACCEPTED))
def test_tools_become_what_the_model_keeps_of_them(more: Json, differences: Json) -> None:
    assert native(more) == whole(**differences)


@pytest.mark.parametrize(("more", "code", "param"), rows(REFUSED))
def test_tools_and_choices_that_mean_nothing_are_refused(more: Json, code: str, param: str) -> None:
    error = refusal(more)
    assert (error.status, error.code, error.param) == (400, code, param)


def forced(more: Json) -> tuple[Json, str]:
    """The native body without its messages, and the instruction that went before the question."""
    sent = native(more)
    instruction, question = sent.pop("messages")
    assert question == HI
    assert instruction["role"] == "system"
    return sent, instruction["content"]


def bare(**differences: Any) -> Json:
    found = whole(think=False, **differences)
    del found["messages"]
    return found


@pytest.mark.parametrize("mode", [pytest.param("required", id="vec-R52")])
def test_a_required_call_is_asked_as_a_choice_of_all_functions(mode: str) -> None:
    sent, instruction = forced({"tools": [WEATHER, OTHER], "tool_choice": mode})
    choices = [
        {
            "type": "object",
            "properties": {
                "name": {"const": tool["function"]["name"]},
                "arguments": tool["function"]["parameters"],
            },
            "required": ["name", "arguments"],
        }
        for tool in (WEATHER, OTHER)
    ]
    assert sent == bare(format={"anyOf": choices})
    for word in ("get_weather", "weather in a city", "city", "other"):
        assert word in instruction


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"tools": [WEATHER, OTHER], "tool_choice": NAMED}, id="vec-R53"),
        pytest.param(
            {"functions": [WEATHER["function"]], "function_call": {"name": "get_weather"}}, id="vec-R56"
        ),
        pytest.param(
            {"tools": [WEATHER], "tool_choice": NAMED, "reasoning_effort": "high", "stop": "}"},
            id="vec-R53-nothing-breaks-the-json",
        ),
        pytest.param(
            {"tools": [WEATHER], "tool_choice": NAMED, "response_format": {"type": "json_object"}},
            id="vec-R53-over-format",
        ),
    ],
)
def test_a_named_call_is_asked_as_its_arguments(more: Json) -> None:
    sent, instruction = forced(more)
    assert sent == bare(format=CITY)
    assert "get_weather" in instruction
    assert '"other"' not in instruction


def test_older_functions_get_the_older_answer_with_one_call() -> None:
    request = asked({"functions": [WEATHER["function"]], "function_call": {"name": "get_weather"}})
    assert request.legacy_functions
    assert not request.parallel_tool_calls


def test_one_call_only_is_remembered_for_the_answer() -> None:
    assert not asked({"tools": [WEATHER], "parallel_tool_calls": False}).parallel_tool_calls


def test_the_instruction_joins_the_system_message_that_is_there() -> None:
    messages = [{"role": "system", "content": "S"}, HI]
    sent = native({"messages": messages, "tools": [WEATHER], "tool_choice": NAMED})["messages"]
    assert len(sent) == 2
    assert sent[0]["content"].startswith("S\n\n")
    assert "get_weather" in sent[0]["content"]


def test_a_required_calls_references_still_lead_somewhere() -> None:
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": "#/$defs/T"}},
        "$defs": {"T": {"type": "string"}},
    }
    sent, _ = forced({"tools": [function("f", schema)], "tool_choice": "required"})
    arguments = sent["format"]["anyOf"][0]["properties"]["arguments"]
    found: Any = sent["format"]
    for step in arguments["properties"]["p"]["$ref"].split("/")[1:]:
        found = found[step]
    assert found == {"type": "string"}


def test_arguments_are_asked_as_an_object_also_where_null_is_allowed() -> None:
    schema = CITY | {"type": ["object", "null"]}
    sent, _ = forced({"tools": [function(parameters=schema)], "tool_choice": NAMED})
    assert sent["format"] == CITY


@pytest.mark.parametrize(("key", "value"), [("tools", [WEATHER]), ("functions", [WEATHER["function"]])])
def test_a_model_without_tools_is_given_none(key: str, value: Any) -> None:
    error = refusal({key: value}, PLAIN)
    assert (error.status, error.code, error.param) == (400, "unsupported_parameter", key)


def test_a_model_without_tools_can_be_made_to_call_one_and_need_not_look_at_them() -> None:
    assert native({"tools": [WEATHER], "tool_choice": NAMED}, PLAIN)["format"] == CITY
    assert "tools" not in native({"tools": [WEATHER], "tool_choice": "none"}, PLAIN)


def test_the_clients_own_schema_is_kept_beside_the_normal_one() -> None:
    schema = CITY | {"additionalProperties": False}
    tool = asked({"tools": [function(parameters=schema)]}).tools[0]
    assert (tool.schema, tool.parameters) == (schema, CITY)


def test_a_payload_is_plain_json() -> None:
    request = asked({"tools": [WEATHER, OTHER], "tool_choice": "required"})
    assert json.loads(json.dumps(payload_of(request, QWEN), allow_nan=False))["stream"] is True
