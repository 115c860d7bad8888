"""Bodies of /v1/responses: what they ask, and what they may not ask."""

from __future__ import annotations

from typing import Any

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import ChatRequest, Message, ModelFacts, ToolCall
from gateway.wire.ollama import plan_for, to_payload
from gateway.wire.responses import from_response_body

FACTS = ModelFacts("qwen3:32b", frozenset({"completion", "tools", "thinking"}))
PNG = "data:image/png;base64,iVBORw0KGgo="
PICTURE, WEB_PICTURE, SVG, BROKEN = (
    {"type": "input_image", "image_url": url}
    for url in (PNG, "https://example.com/a.png", "data:image/svg+xml;base64,AA==", "data:image/png;base64,?")
)
PART = "input[0].content[0]"
MISSING = "missing_required_parameter"
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}, "strict": True}
CALL = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": '{"city":"Paris"}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
CALLED = ToolCall("c1", "get_weather", {"city": "Paris"})


def asked(value: Any = "hi", **fields: Any) -> ChatRequest:
    return from_response_body({"model": "qwen3:32b", "input": value, **fields})


def says(*parts: Any, role: str = "user") -> list[dict[str, Any]]:
    """An input of one message."""
    return [{"role": role, "content": list(parts)}]


def turns(*items: Any, **fields: Any) -> list[tuple[Any, ...]]:
    """(role, content, thinking, tool calls) of each message."""
    found = asked(list(items), **fields).messages
    return [(turn.role, turn.content, turn.thinking, turn.tool_calls) for turn in found]


def refusal(body: dict[str, Any]) -> tuple[str | None, str | None]:
    with pytest.raises(BadRequest) as caught:
        from_response_body({"input": "hi"} | body)
    assert caught.value.message
    return caught.value.code, caught.value.param


def test_a_string_is_one_message_of_the_user() -> None:
    assert asked("hi").messages == (Message("user", "hi", param="input"),)


def test_instructions_come_first_as_system() -> None:
    found = asked("hi", instructions="Be brief.").messages
    assert [(turn.role, turn.content) for turn in found] == [("system", "Be brief."), ("user", "hi")]


@pytest.mark.parametrize("instructions", ["", None], ids=["resp-empty", "resp-null"])
def test_no_instructions_are_no_message(instructions: str | None) -> None:
    assert len(asked("hi", instructions=instructions).messages) == 1


@pytest.mark.parametrize(
    ("role", "becomes"),
    [("user", "user"), ("system", "system"), ("developer", "system"), ("assistant", "assistant")],
    ids=lambda word: f"resp-{word}",
)
@pytest.mark.parametrize(
    "typed", [{}, {"type": "message", "id": "msg_1", "status": "completed"}], ids=["short", "full"]
)
def test_messages_are_read_with_and_without_their_type(
    typed: dict[str, str], role: str, becomes: str
) -> None:
    assert turns(typed | {"role": role, "content": "x"}) == [(becomes, "x", "", ())]


def test_parts_are_joined_and_pictures_collected() -> None:
    content = [
        {"type": "input_text", "text": "A"},
        {"type": "input_image", "image_url": PNG, "detail": "auto"},
        {"type": "input_text", "text": "B"},
    ]
    (turn,) = asked([{"role": "user", "content": content}]).messages
    assert turn.content == "A\n\nB"
    assert [(image.content, image.media_type) for image in turn.images] == [
        (b"\x89PNG\r\n\x1a\n", "image/png")
    ]
    assert turn.images[0].param == "input[0].content[1].image_url"


def test_an_earlier_answer_is_read_back() -> None:
    parts = [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}]
    sent = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": parts}
    assert turns(sent) == [("assistant", "Hello", "", ())]
    assert turns({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}) == [
        ("assistant", "No.", "", ())
    ]
    assert turns({"role": "assistant", "content": None}) == [("assistant", "", "", ())]


def test_a_call_and_its_output() -> None:
    found = asked([{"role": "user", "content": "weather?"}, CALL, OUTPUT]).messages
    assert [turn.role for turn in found] == ["user", "assistant", "tool"]
    assert found[1].tool_calls == (CALLED,)
    assert (found[2].content, found[2].tool_name, found[2].tool_call_id) == ("sunny", "get_weather", "c1")


def test_an_output_of_parts_with_a_picture() -> None:
    parts = [{"type": "input_text", "text": "look"}, PICTURE]
    turn = asked([CALL, OUTPUT | {"output": parts}]).messages[1]
    assert (turn.content, len(turn.images)) == ("look", 1)
    assert turn.images[0].param == "input[1].output[1].image_url"


ASIDE = {"role": "assistant", "content": "I will look."}
OTHER = CALL | {"call_id": "c2"}
CALLED2 = ToolCall("c2", "get_weather", {"city": "Paris"})
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "hm"}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([ASIDE, CALL], [("assistant", "I will look.", "", (CALLED,))]),
        ([CALL], [("assistant", "", "", (CALLED,))]),
        ([CALL, OTHER], [("assistant", "", "", (CALLED, CALLED2))]),
        (
            [ASIDE, CALL, OUTPUT, ASIDE, OTHER],
            [
                ("assistant", "I will look.", "", (CALLED,)),
                ("tool", "sunny", "", ()),
                ("assistant", "I will look.", "", (CALLED2,)),
            ],
        ),
        ([CALL, ASIDE, OUTPUT], [("assistant", "I will look.", "", (CALLED,)), ("tool", "sunny", "", ())]),
        ([THOUGHT, ASIDE], [("assistant", "I will look.", "hm", ())]),
        ([THOUGHT, CALL], [("assistant", "", "hm", (CALLED,))]),
        ([THOUGHT, ASIDE, CALL, OTHER], [("assistant", "I will look.", "hm", (CALLED, CALLED2))]),
        (
            [THOUGHT, CALL, OUTPUT, THOUGHT, ASIDE],
            [
                ("assistant", "", "hm", (CALLED,)),
                ("tool", "sunny", "", ()),
                ("assistant", "I will look.", "hm", ()),
            ],
        ),
        ([ASIDE, {"role": "user", "content": "go on"}, THOUGHT], [
            ("assistant", "I will look.", "", ()), ("user", "go on", "", ()), ("assistant", "", "hm", ()),
        ]),
    ],
    ids=[
        "resp-call-after-message", "resp-call-alone", "resp-two-calls", "resp-fresh-group",
        "resp-message-between-call-and-output", "resp-thought-and-message", "resp-thought-and-call",
        "resp-thought-message-calls", "resp-several-turns", "resp-trailing-thought",
    ],
)  # fmt: skip
def test_what_the_model_did_in_one_go_is_one_turn(items: list[Any], expected: list[Any]) -> None:
    assert turns(*items) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"encrypted_content": "t", "summary": [{"type": "summary_text", "text": "s"}]},
        {"summary": [{"type": "summary_text", "text": "t"}]},
        {"summary": [], "content": [{"type": "reasoning_text", "text": "t"}], "encrypted_content": None},
    ],
    ids=["resp-encrypted-wins", "resp-summary", "resp-content"],
)
def test_thinking_comes_back_from_wherever_it_stands(fields: dict[str, Any]) -> None:
    assert turns({"type": "reasoning", "id": "rs_1", **fields}) == [("assistant", "", "t", ())]


def test_an_empty_list_asks_only_with_a_session() -> None:
    assert from_response_body({"input": []}, session="s1").messages == ()
    assert from_response_body({"input": [], "metadata": {"session_id": "s2"}}).session == "s2"
    assert refusal({"input": []}) == ("empty_array", "input")


@pytest.mark.parametrize(
    ("value", "code", "param"),
    [
        (None, MISSING, "input"),
        (1, "invalid_type", "input"),
        ({}, "invalid_type", "input"),
        (["hi"], "invalid_type", "input[0]"),
        ([{}], MISSING, "input[0].type"),
        ([{"type": ""}], MISSING, "input[0].type"),
        ([{"type": "frob"}], "unsupported_value", "input[0].type"),
        ([{"type": "item_reference", "id": "msg_1"}], "unsupported_value", "input[0].type"),
        ([{"type": "web_search_call", "id": "ws_1"}], "unsupported_value", "input[0].type"),
        ([{"type": 3}], "invalid_type", "input[0].type"),
        ([{"role": "tool", "content": "x"}], "invalid_value", "input[0].role"),
        ([{"type": "message", "content": "x"}], "invalid_value", "input[0].role"),
        ([{"role": "user"}], MISSING, "input[0].content"),
        ([{"role": "user", "content": []}], "empty_array", "input[0].content"),
        ([{"role": "user", "content": 3}], "invalid_type", "input[0].content"),
        (says({"type": "frob"}), "invalid_value", f"{PART}.type"),
        (says({"type": "input_text"}), MISSING, f"{PART}.text"),
        (says({"type": "input_file", "file_id": "f"}), "invalid_value", f"{PART}.type"),
        (says(PICTURE, role="system"), "invalid_value", f"{PART}.type"),
        (says(PICTURE, role="assistant"), "invalid_value", f"{PART}.type"),
        (says({"type": "input_image", "file_id": "f"}), "unsupported_parameter", f"{PART}.file_id"),
        (says({"type": "input_image"}), MISSING, f"{PART}.image_url"),
        (says(WEB_PICTURE), "unsupported_image_url", f"{PART}.image_url"),
        (says(SVG), "unsupported_image_media_type", f"{PART}.image_url"),
        (says(BROKEN), "invalid_base64_image", f"{PART}.image_url"),
        ([CALL | {"arguments": "{bad"}], "invalid_value", "input[0].arguments"),
        ([CALL | {"arguments": "[1]"}], "invalid_value", "input[0].arguments"),
        ([CALL | {"name": None}], MISSING, "input[0].name"),
        ([CALL | {"call_id": None}], MISSING, "input[0].call_id"),
        ([OUTPUT], "invalid_value", "input[0].call_id"),
        ([OUTPUT, CALL], "invalid_value", "input[0].call_id"),
        ([CALL, OUTPUT | {"output": None}], MISSING, "input[1].output"),
        ([CALL, OUTPUT | {"output": {}}], "invalid_type", "input[1].output"),
        ([{"type": "reasoning", "summary": "s"}], "invalid_type", "input[0].summary"),
    ],
    ids=lambda value: f"resp-{str(value)[:60]}",
)  # fmt: skip
def test_a_wrong_input_is_refused_by_its_path(value: Any, code: str, param: str) -> None:
    assert refusal({"input": value}) == (code, param)


def test_no_input_at_all() -> None:
    with pytest.raises(BadRequest) as caught:
        from_response_body({"model": "m"})
    assert (caught.value.code, caught.value.param) == (MISSING, "input")


def test_an_error_repeats_nothing_of_the_conversation() -> None:
    with pytest.raises(BadRequest) as caught:
        from_response_body({"input": [{"type": "a secret sentence of alice"}]})
    assert "secret" not in caught.value.message


def test_a_whole_request_reaches_the_model_as_chat_would() -> None:
    request = asked(
        [{"role": "user", "content": "weather?"}, THOUGHT, CALL, OUTPUT],
        instructions="Be brief.",
        tools=[WEATHER],
        max_output_tokens=64,
    )
    native = to_payload(
        request, FACTS, plan_for(request, FACTS), cap=100, defaults={}, user_id=None, session_id=None
    )
    assert native["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "weather?"},
        {
            "role": "assistant",
            "content": "",
            "thinking": "hm",
            "tool_calls": [
                {"id": "c1", "function": {"index": 0, "name": "get_weather", "arguments": {"city": "Paris"}}}
            ],
        },
        {"role": "tool", "content": "sunny", "tool_name": "get_weather", "tool_call_id": "c1"},
    ]  # fmt: skip
    assert native["options"] == {"num_predict": 64}
    assert [tool["function"]["name"] for tool in native["tools"]] == ["get_weather"]
