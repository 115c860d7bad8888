"""The native body: limits, configured options, identity, stop strings (reference 1.1, 1.6)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.types import Json, Plan
from gateway.wire.ollama import path_for, plan_for
from tests.gateway.wire.down import EYES, PLAIN, QWEN, asked, native, whole


@pytest.mark.parametrize(
    ("more", "defaults", "sent"),
    [
        ({}, {}, 100),
        ({"max_tokens": 7}, {}, 7),
        ({"max_tokens": 101}, {}, 100),
        ({"max_tokens": 10**300}, {}, 100),
        ({}, {"num_predict": 7}, 7),
        ({}, {"num_predict": 700}, 100),
        ({}, {"num_predict": -1}, 100),
        ({"max_tokens": 9}, {"num_predict": 7}, 9),
    ],
)
def test_no_answer_is_longer_than_the_cap(more: Json, defaults: Json, sent: int) -> None:
    assert native(more, cap=100, defaults=defaults)["options"]["num_predict"] == sent


def test_configured_options_fill_in_what_the_request_leaves_out() -> None:
    defaults = {"temperature": 0.7, "top_p": 0.8, "num_ctx": 8192, "stop": ["#"]}
    sent = native({"temperature": 0.1, "top_p": None, "think": False}, defaults=defaults)
    opt = {"temperature": 0.1, "top_p": 0.8, "num_ctx": 8192, "stop": ["#"]}
    assert sent == whole(opt=opt, think=False)
    assert defaults["temperature"] == 0.7


@pytest.mark.parametrize("more", [{}, {"think": False}])
def test_the_requests_stop_strings_replace_the_configured_ones(more: Json) -> None:
    assert "#" not in str(native({"stop": "x"} | more, defaults={"stop": ["#"]}))


@pytest.mark.parametrize(
    ("more", "facts", "plan"),
    [
        ({}, QWEN, Plan()),
        ({"stop": "x"}, QWEN, Plan(stops=("x",))),
        ({"stop": "x", "think": True}, QWEN, Plan(think=True, stops=("x",))),
        ({"stop": "x", "think": False}, QWEN, Plan(think=False)),
        ({"stop": "x", "response_format": {"type": "json_object"}}, QWEN, Plan(think=False)),
        ({"stop": "x", "think": True}, PLAIN, Plan()),
        ({"stop": "x"}, EYES, Plan()),
    ],
)
def test_stop_strings_are_the_gateways_own_matter_while_the_model_thinks(
    more: Json, facts: Any, plan: Plan
) -> None:
    request = asked(more)
    assert plan_for(request, facts) == plan
    sent = native(more, facts)["options"].get("stop")
    assert sent == (None if plan.stops else list(request.stop) or None)


def test_identity_goes_up_only_when_it_is_given() -> None:
    assert native({}, user_id="alice", session_id="s1") == whole(user_id="alice", session_id="s1")
    assert native({}, user_id="alice") == whole(user_id="alice")
    assert native({}) == whole()


def test_seeds_count_on_from_the_configured_one_too() -> None:
    assert native({}, defaults={"seed": 9}, seed_offset=2)["options"]["seed"] == 11


def test_a_chat_goes_to_the_chat_endpoint() -> None:
    assert path_for(asked({})) == "/api/chat"
