"""The older completions: each prompt is continued as it stands (reference 1.8)."""

from __future__ import annotations

from typing import Any

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import Json
from gateway.wire.ollama import path_for
from tests.gateway.wire.down import CAP, payload_of, texts_of


def sent(more: Json, **changes: Any) -> Json:
    (request,) = texts_of(more)
    return payload_of(request, **changes)


def whole(**differences: Any) -> Json:
    options = {"num_predict": CAP} | differences.pop("opt", {})
    constant: Json = {"model": "qwen3:32b", "prompt": "Once", "raw": True, "think": False, "stream": True}
    return constant | {"truncate": False, "options": options} | differences


@pytest.mark.parametrize(
    ("more", "differences"),
    [
        ({}, {}),
        (
            {"max_tokens": 5, "temperature": 0.5, "seed": 1},
            {"opt": {"num_predict": 5, "temperature": 0.5, "seed": 1}},
        ),
        ({"stop": "\n"}, {"opt": {"stop": ["\n"]}}),
        ({"logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"logprobs": 0}, {"logprobs": True, "top_logprobs": 0}),
        ({"echo": False, "best_of": 1, "suffix": "", "logit_bias": {}}, {}),
        ({"prompt": ["Once"]}, {}),
        ({"prompt": ""}, {"prompt": ""}),
    ],
)
def test_a_prompt_goes_up_raw_and_without_thinking(more: Json, differences: Json) -> None:
    assert sent({"prompt": "Once"} | more) == whole(**differences)


def test_identity_and_configured_options_go_up_too() -> None:
    found = sent({"prompt": "Once"}, user_id="alice", session_id="s", defaults={"top_p": 0.5})
    assert found == whole(opt={"top_p": 0.5}, user_id="alice", session_id="s")


def test_each_prompt_is_a_request_of_its_own() -> None:
    requests = texts_of({"prompt": ["a", "b"], "n": 2, "user": "u1", "stream": True, "foo": 1})
    assert [request.prompt for request in requests] == ["a", "b"]
    for request in requests:
        assert (request.kind, request.n, request.stream, request.end_user) == ("text", 2, True, "u1")
        assert request.notes == ("foo",)
        assert path_for(request) == "/api/generate"


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": None}, "missing_required_parameter", "prompt"),
        ({"prompt": 1}, "invalid_type", "prompt"),
        ({"prompt": []}, "empty_array", "prompt"),
        ({"prompt": [1, 2]}, "unsupported_value", "prompt"),
        ({"prompt": [[1, 2]]}, "unsupported_value", "prompt"),
        ({"prompt": ["a", 1]}, "invalid_type", "prompt[1]"),
        ({"prompt": [True]}, "invalid_type", "prompt[0]"),
        ({"prompt": ["a"] * 33}, "array_above_max_length", "prompt"),
        ({"prompt": "a", "echo": True}, "unsupported_parameter", "echo"),
        ({"prompt": "a", "suffix": "b"}, "unsupported_parameter", "suffix"),
        ({"prompt": "a", "best_of": 2}, "unsupported_parameter", "best_of"),
        ({"prompt": "a", "logprobs": 6}, "integer_above_max_value", "logprobs"),
        ({"prompt": "a", "logprobs": True}, "invalid_type", "logprobs"),
        ({"prompt": "a", "n": 5}, "integer_above_max_value", "n"),
        ({"prompt": "a", "stop": [1]}, "invalid_type", "stop[0]"),
        ({"prompt": "a", "logit_bias": {"1": 1}}, "unsupported_parameter", "logit_bias"),
        ({"prompt": "a", "session_id": "s" * 129}, "string_above_max_length", "session_id"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(more: Json, code: str, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        texts_of(more)
    assert (caught.value.code, caught.value.param) == (code, param)
