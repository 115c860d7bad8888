"""Embedding requests (reference 1.8)."""

from __future__ import annotations

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import EmbeddingRequest, Json
from gateway.wire.openai import from_embedding_body
from tests.gateway.wire.down import over_the_wire


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        ({"input": "a"}, EmbeddingRequest(("a",))),
        ({"input": ["a", "b"], "model": "m"}, EmbeddingRequest(("a", "b"), model="m")),
        ({"input": "a", "encoding_format": "base64"}, EmbeddingRequest(("a",), encoding="base64")),
        ({"input": "a", "encoding_format": None, "model": ""}, EmbeddingRequest(("a",))),
        (
            {"input": "a", "dimensions": 64, "user": "u1"},
            EmbeddingRequest(("a",), dimensions=64, end_user="u1"),
        ),
        ({"input": "a", "metadata": {"session_id": "s"}}, EmbeddingRequest(("a",), session="s")),
    ],
)
def test_texts_to_embed_are_read(body: Json, request_: EmbeddingRequest) -> None:
    assert from_embedding_body(over_the_wire(body)) == request_


def test_the_session_header_counts_here_too() -> None:
    assert from_embedding_body({"input": "a"}, session="s").session == "s"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "input"),
        ({"input": 1}, "invalid_type", "input"),
        ({"input": []}, "empty_array", "input"),
        ({"input": ""}, "invalid_value", "input"),
        ({"input": ["a", ""]}, "invalid_value", "input[1]"),
        ({"input": [1, 2, 3]}, "unsupported_value", "input"),
        ({"input": [[1], [2]]}, "unsupported_value", "input"),
        ({"input": ["a", None]}, "invalid_type", "input[1]"),
        ({"input": ["a"] * 2049}, "array_above_max_length", "input"),
        ({"input": "a", "encoding_format": "int8"}, "invalid_value", "encoding_format"),
        ({"input": "a", "dimensions": 0}, "integer_below_min_value", "dimensions"),
        ({"input": "a", "model": 1}, "invalid_type", "model"),
        ({"input": "a", "user": 1}, "invalid_type", "user"),
    ],
)
def test_what_cannot_be_embedded_is_refused_by_name(body: Json, code: str, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        from_embedding_body(over_the_wire(body))
    assert (caught.value.code, caught.value.param) == (code, param)
