"""The end of a call: the access line and the numbers (S33, S35, M17)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from accounts.caller import Caller
from clawdsite.core import metrics
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config, Models
from gateway import accesslog, bodies, usage
from gateway.call import OUTCOMES, Call
from gateway.types import Usage
from tests.proof import proves


def call(**more: Any) -> Call:
    now = time.monotonic()
    known: dict[str, Any] = {
        "method": "POST", "path": "/v1/chat/completions", "route": "/v1/chat/completions", "status": 200,
        "caller": Caller("token", "sso:alice"), "model": "qwen3:32b", "stream": True, "usage": Usage(12, 34),
        "started": now - 2.0, "queued": 0.5, "first_piece": now - 1.0, "address": "10.0.0.7",
    }  # fmt: skip
    return Call("req_1", **(known | more))


@pytest.fixture(autouse=True)
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Calls whose usage row would be written."""
    seen: list[Call] = []
    monkeypatch.setattr(usage, "enqueue", seen.append)
    return seen


@proves("promise-S33")
def test_the_line_says_who_what_how_long_and_how_it_ended() -> None:
    fields = accesslog.fields_of(call(), time.monotonic())
    assert (fields["caller"], fields["kind"]) == ("sso:alice", "token")
    assert (fields["prompt_tokens"], fields["completion_tokens"]) == (12, 34)
    assert (fields["queue_ms"], round(fields["ttft_ms"]), round(fields["total_ms"], -1)) == (500, 1000, 2000)
    assert (fields["outcome"], fields["status"], fields["address"]) == ("ok", 200, "10.0.0.7")


def test_the_line_stays_short_whatever_a_stranger_sends() -> None:
    long = "x" * 10_000
    fields = accesslog.fields_of(call(path=long, model=long, end_user=long, method=long), time.monotonic())
    assert max(len(str(value)) for value in fields.values()) <= 200


@proves("promise-S33")
def test_a_usage_row_is_for_identified_callers_of_v1(enqueued: list[Call]) -> None:
    accesslog.finish(call())
    accesslog.finish(call(caller=None))
    accesslog.finish(call(path="/healthz"))
    assert len(enqueued) == 1


def test_a_sampled_call_hands_over_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Call] = []
    monkeypatch.setattr(bodies, "keep", kept.append)
    accesslog.finish(call(sampled=True, body=b"{}"))
    accesslog.finish(call(body=b"{}"))
    assert len(kept) == 1


def number(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@proves("promise-S35", "promise-M17")
def test_the_numbers_count_requests_latency_tokens_and_errors() -> None:
    route = {"route": "/v1/chat/completions", "model": "qwen3:32b"}
    names: dict[str, dict[str, str]] = {
        "clawdbot_requests_total": route | {"status": "200", "outcome": "ok"},
        "clawdbot_request_seconds_count": route,
        "clawdbot_first_token_seconds_count": {"model": "qwen3:32b"},
        "clawdbot_queue_seconds_count": {"model": "qwen3:32b"},
    }
    before = {name: number(name, **labels) for name, labels in names.items()}
    tokens = number("clawdbot_tokens_total", kind="completion", model="qwen3:32b")
    errors = number("clawdbot_errors_total", outcome="upstream_error", model="qwen3:32b")
    accesslog.finish(call())
    accesslog.finish(call(outcome="upstream_error", status=502))
    assert (
        number("clawdbot_requests_total", **names["clawdbot_requests_total"])
        == before["clawdbot_requests_total"] + 1
    )
    for name in list(names)[1:]:
        assert number(name, **names[name]) == before[name] + 2
    assert number("clawdbot_tokens_total", kind="completion", model="qwen3:32b") == tokens + 68
    assert number("clawdbot_errors_total", outcome="upstream_error", model="qwen3:32b") == errors + 1


@proves("promise-M17")
def test_a_model_that_answered_is_a_label_from_then_on() -> None:
    metrics.learned.clear()
    accesslog.finish(call(model="phi4:14b"))
    assert metrics.model_label("phi4:14b") == "phi4:14b"


@proves("promise-M17")
def test_labels_come_from_closed_lists() -> None:
    models = Models(default="qwen3:32b", aliases={"gpt-4o": "llama3:8b"}, options={"glm4:9b": {}})
    with live.override(Config(mode="development", models=models)):
        assert metrics.model_label("qwen3:32b") == "qwen3:32b"
        assert metrics.model_label("llama3:8b") == "llama3:8b"
        assert metrics.model_label("glm4:9b") == "glm4:9b"
        assert metrics.model_label("made-up-by-a-stranger") == "other"
        assert metrics.model_label(None) == ""
        metrics.learn_models(f"model-{index}" for index in range(1000))
        assert metrics.model_label("model-7") == "model-7"
        assert metrics.model_label("model-999") == "other"
    for index in range(300):
        accesslog.finish(call(model=f"stranger-{index}", route="", usage=Usage()))
    series = [sample for family in metrics.REGISTRY.collect() for sample in family.samples]
    assert {sample.labels["outcome"] for sample in series if "outcome" in sample.labels} <= set(OUTCOMES)
    assert not [sample for sample in series if "stranger" in str(sample.labels)]


@proves("promise-S35")
def test_the_page_is_prometheus_text() -> None:
    accesslog.finish(call())
    text = metrics.page().decode()
    assert "# TYPE clawdbot_requests_total counter" in text
    assert "clawdbot_process_resident_memory_bytes" in text
