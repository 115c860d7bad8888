"""Who asks and in which session: what is kept, what goes to the model's host, what does not (S5, S6)."""

from __future__ import annotations

import json

import pytest

from clawdsite.core.errors import BadRequest, ModelNotFound
from gateway.types import Json
from gateway.wire.jsonin import parse_object
from gateway.wire.ollama import to_error
from gateway.wire.openai import from_chat_body
from tests.gateway.wire.down import U, asked, native, payload_of, whole


@pytest.mark.parametrize("more", [pytest.param({"metadata": {"session_id": "s1"}}, id="vec-R95-upstream")])
def test_the_host_is_told_the_callers_id_and_never_the_bodys_user(more: Json) -> None:
    request = asked({"user": "u1", "safety_identifier": "x"} | more)
    assert (request.end_user, request.session) == ("u1", "s1")
    sent = payload_of(request, user_id="alice", session_id=request.session)
    assert sent == whole(user_id="alice", session_id="s1")


def test_nothing_identifies_the_caller_where_that_is_switched_off() -> None:
    assert not {"user_id", "session_id", "user", "metadata"} & set(native({"user": "u1", "session_id": "s1"}))


@pytest.mark.parametrize(
    ("more", "header", "session"),
    [
        ({"session_id": "b", "metadata": {"session_id": "c"}}, "a", "a"),
        ({"session_id": "b", "metadata": {"session_id": "c"}}, None, "b"),
        ({"metadata": {"session_id": "c"}}, None, "c"),
        ({"session_id": "", "metadata": {"user_id": "c"}}, "", None),
        ({"session_id": "s" * 128}, None, "s" * 128),
    ],
)
def test_the_session_is_the_headers_or_else_the_bodys(
    more: Json, header: str | None, session: str | None
) -> None:
    assert from_chat_body(U | more, session=header).session == session


@pytest.mark.parametrize(
    ("more", "header", "param"),
    [
        ({"session_id": "s" * 129}, None, "session_id"),
        ({"metadata": {"session_id": "s" * 129}}, None, "metadata.session_id"),
        ({}, "s" * 129, "X-Session-Id"),
    ],
)
def test_a_session_id_of_more_than_128_characters_is_refused(
    more: Json, header: str | None, param: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        from_chat_body(U | more, session=header)
    assert (caught.value.code, caught.value.param) == ("string_above_max_length", param)


@pytest.mark.parametrize("code", [pytest.param("empty_array", id="vec-R83")])
def test_no_messages_without_a_session_are_refused(code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        from_chat_body({"messages": []})
    assert (caught.value.code, caught.value.param) == (code, "messages")


@pytest.mark.parametrize(
    ("more", "header"),
    [
        pytest.param({}, "s1", id="vec-R83-header"),
        pytest.param({"session_id": "s1"}, None, id="vec-R83-body"),
        pytest.param({"metadata": {"session_id": "s1"}}, None, id="vec-R83-metadata"),
    ],
)
def test_no_messages_with_a_session_are_a_request_to_forget(more: Json, header: str | None) -> None:
    request = from_chat_body({"messages": []} | more, session=header)
    assert (request.messages, request.session) == ((), "s1")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"model":', id="vec-R103-cut"),
        pytest.param(b"[]", id="vec-R103-array"),
        pytest.param(b"", id="vec-R103-empty"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_object(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


@pytest.mark.parametrize("status", [pytest.param(404, id="vec-R104")])
def test_a_model_that_the_host_does_not_have_is_not_found(status: int) -> None:
    error = to_error(status, json.dumps({"error": "model 'nope' not found"}).encode())
    assert isinstance(error, ModelNotFound)
    assert (error.status, error.code, error.param) == (404, "model_not_found", "model")
