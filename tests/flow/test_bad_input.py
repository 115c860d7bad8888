"""Bad input: a 4xx that names the field, never a 500, nothing lost and nothing logged that should not be."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests import corpora
from tests.doubles.ollama import OllamaDouble
from tests.flow.conftest import UNLIMITED
from tests.flow.test_chat import CHAT, HI
from tests.live import LiveGateway
from tests.proof import proves


@pytest.fixture(scope="module")
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble(tokens=1) as double:
        yield double


@pytest.fixture(scope="module")
def gateway(double: OllamaDouble) -> Iterator[LiveGateway]:
    """One for all: whatever the tests before sent, it still answers."""
    with LiveGateway(upstream={"url": double.url}, limits=UNLIMITED) as gateway:
        yield gateway


ROUTES = (CHAT, "/v1/completions", "/v1/embeddings", "/v1/responses")
VALUES: tuple[Any, ...] = (True, 1e308, "\ud800", [[]], {"a": None})
NAUGHTY: list[str] = ["", "null", "' OR 1=1--", "<script>", "\u0000", "\u2028", "🏳️‍🌈", "%s%n", "A" * 5000]


def sent(client: Any, path: str, value: Any) -> Any:
    """POST a body that httpx's own encoder would refuse."""
    raw = json.dumps(value).encode()
    return client.post(path, content=raw, headers={"Content-Type": "application/json"})


def refused(answer: Any) -> dict[str, Any]:
    """The error of a 4xx in the one envelope."""
    error: dict[str, Any] = answer.json()["error"]
    assert 400 <= answer.status_code < 500, answer.text
    assert set(error) - {"details"} == {"message", "type", "param", "code"}
    assert error["message"]
    assert answer.headers["x-request-id"]
    return error


FIELDS = {
    CHAT: "model messages stream stream_options max_tokens temperature stop seed n tools tool_choice "
    "functions response_format reasoning reasoning_effort logprobs logit_bias user metadata think",
    "/v1/completions": "prompt stream n logprobs suffix echo best_of",
    "/v1/embeddings": "input encoding_format dimensions user",
    "/v1/responses": "input instructions text tools tool_choice max_output_tokens include",
}
MALFORMED = {
    "empty": b"",
    "half": b'{"model":',
    "list": b"[]",
    "string": b'"x"',
    "number": b"1",
    "nan": b'{"messages":[{"role":"user","content":"x"}],"temperature":NaN}',
    "infinity": b'{"temperature":-Infinity}',
    "twice": b'{"model":"a","model":"b","messages":[]}',
    "latin-1": '{"messages":"é"}'.encode("latin-1"),
    "utf-16": '{"messages":[]}'.encode("utf-16"),
    "deep": b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep-65": b'{"messages":' + b"[" * 65 + b"]" * 65 + b"}",
    "comment": b'{"messages":[] /* x */}',
    "trailing": b"{} {}",
    "nul": b"\x00",
    "huge-number": b'{"seed":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=[f"hard-H34-{name}" for name in MALFORMED])
def test_what_is_not_a_json_object_is_refused(gateway: LiveGateway, raw: bytes):
    with gateway.client() as alice:
        for path in ROUTES:
            error = refused(alice.post(path, content=raw, headers={"Content-Type": "application/json"}))
            assert error["type"] == "invalid_request_error"


@proves("hard-H36")
def test_every_field_takes_every_wrong_type_without_falling(gateway: LiveGateway, double: OllamaDouble):
    base: dict[str, dict[str, Any]] = {
        CHAT: HI,
        "/v1/completions": {"prompt": "x"},
        "/v1/embeddings": {"input": "x", "model": "qwen3:32b"},
        "/v1/responses": {"input": "x"},
    }
    with gateway.client() as alice:
        for path, body in base.items():
            for field in FIELDS[path].split():
                for value in VALUES:
                    answer = sent(alice, path, body | {field: value})
                    assert answer.status_code < 500, (path, field, value, answer.text)
                    if answer.status_code != 200:
                        refused(answer)


@proves("promise-M1")
def test_the_error_names_the_field(gateway: LiveGateway):
    cases: list[tuple[dict[str, Any], str]] = [
        ({"messages": [{"role": "user", "content": 2}]}, "messages[0].content"),
        ({"messages": [{"role": "foo", "content": "x"}]}, "messages[0].role"),
        (HI | {"temperature": "hot"}, "temperature"),
        (HI | {"stop": ["a", 1]}, "stop[1]"),
        (HI | {"tools": [{"type": "custom"}]}, "tools[0].type"),
        (HI | {"metadata": {"a": 1}}, "metadata.a"),
        (HI | {"session_id": "x" * 129}, "session_id"),
    ]
    with gateway.client() as alice:
        for body, param in cases:
            assert refused(alice.post(CHAT, json=body))["param"] == param


def test_an_unknown_model_is_a_404_and_the_name_is_only_echoed_as_text(gateway: LiveGateway):
    with gateway.client() as alice:
        for name in ("nope:1b", "<img src=x>", "../../etc/passwd", "a" * 1000, "\ud800"):
            answer = sent(alice, CHAT, HI | {"model": name})
            assert answer.status_code in (400, 404), answer.text
            assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "text", NAUGHTY + corpora.loaded("blns", "blns.json"), ids=lambda text: f"hard-H36-{text[:12]!a}"
)
def test_naughty_strings_come_through_whole_and_reach_no_log(
    gateway: LiveGateway, double: OllamaDouble, caplog: pytest.LogCaptureFixture, text: str
):
    with caplog.at_level(logging.DEBUG), gateway.client() as alice:
        answer = sent(alice, CHAT, {"messages": [{"role": "user", "content": f"start {text} end"}]})
        named = sent(
            alice, CHAT, HI | {"model": text or "x", "user": text[:64], "metadata": {"k": text[:512]}}
        )
    assert answer.status_code == 200, answer.text
    asked = [exchange.body["messages"][0]["content"] for exchange in double.journal.to("/api/chat")[-2:]]
    assert f"start {text} end" in asked
    assert named.status_code < 500
    assert f"start {text} end" not in caplog.text


@proves("hard-H35")
def test_a_bug_of_ours_is_a_500_that_says_nothing(gateway: LiveGateway, monkeypatch: pytest.MonkeyPatch):
    from gateway import services

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail /srv/app")

    monkeypatch.setattr(services, "resolve", broken)
    with gateway.client() as alice:
        answer = alice.post(CHAT, json=HI)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret detail" not in answer.text
    assert answer.headers["x-request-id"]
