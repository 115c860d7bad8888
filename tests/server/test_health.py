"""/, /healthz, /readyz, /metrics of a started gateway: honest to insiders, silent to strangers (S35, M16)."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server.process import Process

STRANGER = {"X-Forwarded-For": "203.0.113.9"}  # the peer, 127.0.0.1, is a trusted proxy


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@proves("cell-M061")
def test_strangers_get_a_status_and_nothing_else(gateway: Process, path: str) -> None:
    with gateway.client(None) as client:
        got = client.get(path, headers=STRANGER)
        assert (got.status_code, got.content) == (200, b"")
        assert got.headers["cache-control"] == "no-store"


def test_insiders_learn_how_it_is(gateway: Process) -> None:
    with gateway.client(None) as client:
        for path in ("/healthz", "/readyz"):
            found = client.get(path).json()
            assert found["database"] == "ok"
            assert found["upstream"].startswith("ok")
            assert (found["ready"], found["migrations"], found["draining"]) == (True, "applied", False)
            assert found["last_reload"] is None


@proves("promise-M16")
def test_readiness_is_honest_about_the_upstream_and_life_is_not_in_doubt() -> None:
    with (
        OllamaDouble() as double,
        Process(upstream={"url": double.url}) as gateway,
        gateway.client(None) as client,
    ):
        assert client.get("/readyz").status_code == 200
        double.stop()
        gateway.wait_for(lambda: client.get("/readyz").status_code == 503)
        assert client.get("/readyz").json()["upstream"] == "down: upstream_unavailable"
        assert client.get("/readyz", headers=STRANGER).content == b""
        assert client.get("/healthz").status_code == 200
        double.start()
        gateway.wait_for(lambda: client.get("/readyz").status_code == 200)


@proves("promise-S35")
def test_metrics_are_for_this_machine_and_for_whom_the_configuration_names() -> None:
    with (
        OllamaDouble() as double,
        Process(upstream={"url": double.url}, metrics={"allow": ["203.0.113.0/24"]}) as gateway,
        gateway.client() as client,
    ):
        body = {"model": "qwen3:32b", "messages": [{"role": "user", "content": "hi"}]}
        assert client.post("/v1/chat/completions", json=body).status_code == 200
        gateway.wait_for(lambda: gateway.access(route="/v1/chat/completions"))
        text = client.get("/metrics").text
        labels = 'model="qwen3:32b",outcome="ok",route="/v1/chat/completions",status="200"'
        assert f"clawdbot_requests_total{{{labels}}} 1.0" in text
        for name in (
            "request_seconds_count",
            "first_token_seconds_count",
            "tokens_total",
            "queue_length 0.0",
        ):
            assert f"clawdbot_{name}" in text
        assert "clawdbot_in_flight 0.0" in text
        assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
        stranger = client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.1"})
        assert stranger.status_code == 404
        assert stranger.json()["error"]["code"] == "not_found"


@proves("hard-H25")
def test_what_comes_by_a_proxy_of_this_machine_that_nobody_configured_is_a_strangers() -> None:
    with (
        OllamaDouble() as double,
        Process(upstream={"url": double.url}, server={"port": 0, "trusted_proxies": []}) as gateway,
        gateway.client(None) as client,
    ):
        assert client.get("/healthz").json()["ready"] is True
        assert (client.get("/healthz", headers=STRANGER).content, client.get("/metrics").status_code) == (
            b"",
            200,
        )
        assert client.get("/metrics", headers=STRANGER).status_code == 404


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/chat/completions/x", "/api/nothing", "/api/"])
@proves("hard-H35")
def test_an_address_of_the_api_that_does_not_exist_is_an_envelope(gateway: Process, path: str) -> None:
    with gateway.client() as client:
        for method in ("GET", "POST"):
            got = client.request(method, path)
            assert got.status_code == 404
            assert json.loads(got.text)["error"]["code"] == "not_found"
            assert got.headers["x-request-id"].startswith("req_")


def test_the_admin_is_there_behind_its_login(gateway: Process) -> None:
    with gateway.client(None) as client:
        got = client.get("/admin/", follow_redirects=True)
        assert got.url.path == "/admin/login/"
        assert 'name="csrfmiddlewaretoken"' in got.text
        refused = httpx.post(
            f"{gateway.url}/admin/login/", data={"username": "admin", "password": "x"}, trust_env=False
        )
        assert refused.status_code == 403
