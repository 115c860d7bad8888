"""Messages of a chat: one of OpenAI's is one native message (reference 1.3, vectors 6.1)."""

from __future__ import annotations

from typing import Any

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import Json
from gateway.wire.openai import from_chat_body
from tests.gateway.wire.down import HI, Row, Wrong, native, refusal, rows, whole


def text(words: Any) -> Json:
    return {"type": "text", "text": words}


def call(arguments: Any = '{"a":1}', id_: str | None = "c1", name: str = "f") -> Json:
    """A tool call as OpenAI's clients send it back."""
    found: Json = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return found if id_ is None else found | {"id": id_}


def called(*calls: Json, content: Any = None, **more: Any) -> Json:
    return {"role": "assistant", "content": content, "tool_calls": list(calls)} | more


def sent(arguments: Json | None = None, id_: str = "c1", index: int = 0, name: str = "f") -> Json:
    """The same call in the native body."""
    function = {"index": index, "name": name, "arguments": {"a": 1} if arguments is None else arguments}
    return {"id": id_, "function": function}


def said(*calls: Json, content: str = "", **more: Any) -> Json:
    found: Json = {"role": "assistant", "content": content}
    return (found | {"tool_calls": list(calls)} if calls else found) | more


SYSTEM: Json = {"role": "system", "content": "S"}
ASKED = called(call())
ANSWERED: Json = {"role": "tool", "content": "R", "tool_name": "f", "tool_call_id": "c1"}

ACCEPTED: list[Row] = [
    ("R58", [SYSTEM, HI], [SYSTEM, HI]),
    ("R59", [{"role": "developer", "content": "S"}, HI], [SYSTEM, HI]),
    ("R60", [{"role": "user", "content": [text("A"), text("B")]}], [{"role": "user", "content": "A\n\nB"}]),
    ("R69", [HI, ASKED], [HI, said(sent())]),
    ("R70-empty", [HI, called(call(""))], [HI, said(sent({}))]),
    ("R70-null", [HI, called(call("null"))], [HI, said(sent({}))]),
    ("R70-absent", [HI, called(call(None))], [HI, said(sent({}))]),
    (
        "R72",
        [HI, ASKED, {"role": "tool", "tool_call_id": "c1", "content": "R"}],
        [HI, said(sent()), ANSWERED],
    ),
    (
        "R73",
        [HI, ASKED, {"role": "tool", "name": "g", "content": "R"}],
        [HI, said(sent()), {"role": "tool", "content": "R", "tool_name": "g"}],
    ),
    (
        "R74",
        [HI, ASKED, {"role": "tool", "tool_call_id": "c1", "content": [text("R1"), text("R2")]}],
        [HI, said(sent()), ANSWERED | {"content": "R1\n\nR2"}],
    ),
    (
        "R76",
        [HI, called(call(), call(name="g")), {"role": "tool", "tool_call_id": "c1", "content": "R"}],
        [HI, said(sent(), sent(index=1, name="g")), ANSWERED | {"tool_name": "g"}],
    ),
    (
        "R77",
        [HI, {"role": "function", "name": "f", "content": "R"}],
        [HI, {"role": "tool", "content": "R", "tool_name": "f"}],
    ),
    (
        "R78",
        [HI, {"role": "assistant", "content": "A", "reasoning_content": "R"}],
        [HI, said(content="A", thinking="R")],
    ),
    (
        "R79",
        [HI, {"role": "assistant", "content": "A", "reasoning": "R"}],
        [HI, said(content="A", thinking="R")],
    ),
    ("R80", [HI, {"role": "assistant", "content": None}, HI], [HI, said(), HI]),
    ("R80-absent", [HI, {"role": "assistant"}, HI], [HI, said(), HI]),
    ("R81", [HI, called(call(), content=[])], [HI, said(sent())]),
    (
        "R82",
        [HI, {"role": "assistant", "content": "A"}, called(call(), content="B")],
        [HI, said(sent(), content="A\n\nB")],
    ),
]

REFUSED: list[Wrong] = [
    ("R71-list", [HI, called(call("[1]"))], "invalid_value", "messages[1].tool_calls[0].function.arguments"),
    ("R71-cut", [HI, called(call('{bad"'))], "invalid_value", "messages[1].tool_calls[0].function.arguments"),
    ("R75-none", [HI, {"role": "tool", "tool_call_id": "c1", "content": "R"}], None, "messages.[1].role"),
    (
        "R75-other",
        [HI, ASKED, {"role": "tool", "tool_call_id": "c2", "content": "R"}],
        None,
        "messages.[2].role",
    ),
    ("R84-string", "hi", "invalid_type", "messages"),
    ("R84-object", HI, "invalid_type", "messages"),
    ("R84-null", None, "invalid_type", "messages"),
    ("R85-foo", [{"role": "foo", "content": "hi"}], "invalid_value", "messages[0].role"),
    ("R85-missing", [{"content": "hi"}], "invalid_value", "messages[0].role"),
    ("R86-number", [{"role": "user", "content": 2}], "invalid_type", "messages[0].content"),
    ("R86-null", [{"role": "user", "content": None}], "invalid_type", "messages[0].content"),
    ("R86-object", [{"role": "user", "content": {}}], "invalid_type", "messages[0].content"),
    (
        "R68-file",
        [{"role": "user", "content": [{"type": "file", "file": {}}]}],
        "invalid_value",
        "messages[0].content[0].type",
    ),
    (
        "R68-audio",
        [{"role": "user", "content": [text("A"), {"type": "input_audio"}]}],
        "invalid_value",
        "messages[0].content[1].type",
    ),
]

ALSO_REFUSED: list[Wrong] = [
    ("no-content", [{"role": "user"}], "missing_required_parameter", "messages[0].content"),
    ("no-parts", [{"role": "user", "content": []}], "empty_array", "messages[0].content"),
    ("not-an-object", [HI, "hi"], "invalid_type", "messages[1]"),
    ("part-string", [{"role": "user", "content": ["hi"]}], "invalid_type", "messages[0].content[0]"),
    ("text-number", [{"role": "user", "content": [text(2)]}], "invalid_type", "messages[0].content[0].text"),
    (
        "text-absent",
        [{"role": "user", "content": [{"type": "text"}]}],
        "missing_required_parameter",
        "messages[0].content[0].text",
    ),
    (
        "picture-of-the-system",
        [{"role": "system", "content": [{"type": "image_url"}]}],
        "invalid_value",
        "messages[0].content[0].type",
    ),
    ("role-number", [{"role": 1, "content": "hi"}], "invalid_type", "messages[0].role"),
    (
        "custom-call",
        [called({"type": "custom", "id": "c1"})],
        "unsupported_value",
        "messages[0].tool_calls[0].type",
    ),
    (
        "nameless-call",
        [called({"id": "c1", "function": {}})],
        "missing_required_parameter",
        "messages[0].tool_calls[0].function.name",
    ),
    (
        "deep-arguments",
        [called(call("[" * 99999))],
        "invalid_value",
        "messages[0].tool_calls[0].function.arguments",
    ),
    (
        "anonymous-answer",
        [ASKED, {"role": "tool", "content": "R"}],
        "missing_required_parameter",
        "messages[1].tool_call_id",
    ),
]


@pytest.mark.parametrize(("messages", "turns"), rows(ACCEPTED))
def test_messages_become_native_turns(messages: Any, turns: Any) -> None:
    assert native({"messages": messages}) == whole(messages=turns)


@pytest.mark.parametrize(("messages", "code", "param"), rows(REFUSED))
def test_a_wrong_message_is_refused_by_its_place(messages: Any, code: str | None, param: str) -> None:
    error = refusal({"messages": messages})
    assert (error.status, error.code, error.param) == (400, code, param)


@pytest.mark.parametrize(
    ("body", "code"), [pytest.param({}, "missing_required_parameter", id="vec-R84-missing")]
)
def test_a_request_without_messages_is_refused(body: Json, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        from_chat_body(body)
    assert (caught.value.code, caught.value.param) == (code, "messages")


@pytest.mark.parametrize(("messages", "code", "param"), rows(ALSO_REFUSED))
def test_what_is_no_message_is_refused(messages: Any, code: str, param: str) -> None:
    error = refusal({"messages": messages})
    assert (error.code, error.param) == (code, param)


def test_an_answer_without_a_call_is_refused_in_openais_words() -> None:
    message = refusal({"messages": [HI, {"role": "tool", "content": "R", "name": "f"}]}).message
    assert "must be a response to a preceeding message with 'tool_calls'" in message


def test_a_refusal_stands_in_for_content_that_is_not_there() -> None:
    refused = {"role": "assistant", "content": None, "refusal": "No."}
    parts = {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    for message in (refused, parts):
        assert native({"messages": [HI, message]})["messages"][1] == said(content="No.")


def test_an_older_function_call_is_a_tool_call_without_an_id() -> None:
    older = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}
    turns = native({"messages": [HI, older, {"role": "function", "name": "f", "content": "R"}]})["messages"]
    assert turns[1:] == [
        {"role": "assistant", "content": "", "tool_calls": [{"function": sent()["function"]}]},
        {"role": "tool", "content": "R", "tool_name": "f"},
    ]


def test_neighbouring_answers_keep_all_their_calls_and_thoughts_in_order() -> None:
    messages = [HI, called(call(), reasoning="one"), called(call(id_="c2", name="g"), reasoning="two")]
    turns = native({"messages": messages})["messages"]
    assert turns[1:] == [said(sent(), sent(id_="c2", index=1, name="g"), thinking="one\n\ntwo")]


def test_neighbouring_questions_stay_apart_and_names_of_people_are_ignored() -> None:
    messages = [HI | {"name": "alice"}, HI | {"name": "bob"}]
    assert native({"messages": messages})["messages"] == [HI, HI]


def test_arguments_may_hold_any_letters() -> None:
    turns = native({"messages": [HI, called(call('{"città": "Forlì \\ud83d\\ude00"}'))]})["messages"]
    assert turns[1]["tool_calls"][0]["function"]["arguments"] == {"città": "Forlì 😀"}
