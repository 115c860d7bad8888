"""What a started gateway writes down: access lines, sampled bodies apart, secrets nowhere (S33, M18)."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server.process import Process

SAID = "the merger with Initech is on friday"
SECRET = "planted-upstream-key-0000"


@pytest.fixture(scope="module")
def sampling() -> Iterator[Process]:
    """A gateway that keeps every body, with a secret in its configuration."""
    with (
        OllamaDouble() as double,
        Process(
            upstream={"url": double.url, "authorization": f"Bearer {SECRET}"},
            logging={"level": "debug", "sample_bodies": 1},
            server={"port": 0, "max_body": 50_000},
        ) as gateway,
    ):
        yield gateway


def kept(gateway: Process) -> list[dict[str, Any]]:
    folder = Path(gateway.parts["data_dir"]) / "bodies"
    return [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]


@proves("promise-S33")
def test_each_request_is_one_line_with_all_it_cost(gateway: Process) -> None:
    body = {"messages": [{"role": "user", "content": SAID}], "user": "end-user-7"}
    with gateway.client("alice", headers={"X-Client-Request-Id": "trace-1"}) as client:
        whole = client.post("/v1/chat/completions?api_key=in-the-query", json=body)
        with client.stream("POST", "/v1/chat/completions", json=body | {"stream": True}) as stream:
            stream.read()
    for answer, streamed in ((whole, False), (stream, True)):
        (line,) = gateway.wait_for(lambda: gateway.access(request_id=answer.headers["x-request-id"]))  # noqa: B023
        assert line["caller"].endswith("alice")
        assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/chat/completions", 200)
        assert (line["stream"], line["outcome"], line["model"]) == (streamed, "ok", "qwen3:32b")
        assert (line["address"], line["route"]) == ("127.0.0.1", "/v1/chat/completions")
        assert (line["end_user"], line["client_request_id"]) == ("end-user-7", "trace-1")
        assert line["prompt_tokens"] > 0
        assert line["completion_tokens"] > 0
        assert 0 <= line["queue_ms"] <= line["ttft_ms"] <= line["total_ms"]
    assert SAID not in "\n".join(gateway.log)
    assert "in-the-query" not in "\n".join(gateway.log)


@pytest.mark.parametrize(
    ("headers", "body", "status", "outcome", "code"),
    [
        ({"Authorization": "Bearer nonsense"}, {}, 401, "unauthorized", "AUTH_INVALID_TOKEN"),
        ({}, {"messages": "no"}, 400, "bad_request", None),
        ({}, {"messages": [], "model": 5}, 400, "bad_request", None),
        (
            {},
            {"messages": [{"role": "user", "content": "x"}], "model": "absent"},
            404,
            "not_found",
            "model_not_found",
        ),
    ],
    ids=["token", "messages", "model-type", "model"],
)
@proves("promise-S33")
def test_a_refused_request_says_why(
    gateway: Process, headers: dict[str, str], body: Any, status: int, outcome: str, code: str | None
) -> None:
    with gateway.client("alice", headers=headers) as client:
        got = client.post("/v1/chat/completions", json=body)
    assert got.status_code == status
    (line,) = gateway.wait_for(lambda: gateway.access(request_id=got.headers["x-request-id"]))
    assert (line["status"], line["outcome"]) == (status, outcome)
    assert code is None or line["error_code"] == code


def plant(gateway: Process) -> list[str]:
    """Calls with a secret in every place a caller can reach -> the secrets."""
    token = gateway.token("alice")
    planted = [
        "sk-planted0planted0planted0",
        "planted-cookie-value-1",
        "planted-query-value-2",
        SECRET,
        token,
    ]
    key = planted[0]
    everywhere = {
        "Cookie": f"clawdbot={planted[1]}",
        "X-Api-Key": token,
        "X-Client-Request-Id": key,
        "User-Agent": key,
    }
    body = {"messages": [{"role": "user", "content": f"{SAID} {key}"}], "user": key, "metadata": {"k": key}}
    bad = {"messages": [{"role": key, "content": SAID}], key: SAID, "model": key}
    with gateway.client("alice", headers=everywhere) as client:
        for path in (
            "/v1/chat/completions",
            f"/v1/models/{token}",
            f"/{token}",
            f"/admin/{key}/",
            "/v1/embeddings",
        ):
            for sent in (body, bad, body | {"stream": True}):
                client.post(f"{path}?token={planted[2]}", json=sent)
            client.get(f"{path}?token={planted[2]}")
        client.post("/v1/chat/completions", content=b"{" + SAID.encode())
        client.post("/v1/chat/completions", content=b"[" * 100_000)
        client.get("/v1/models", headers={"Authorization": f"Bearer {token}x"})
        client.get("/v1/models", headers={"Authorization": f"Basic {planted[1]}"})
        client.get("/", headers={"Host": key})
    gateway.configure(
        upstream={"url": "nonsense", "authorization": f"Bearer {SECRET}"}, auth={"jwt": {"secret": SECRET}}
    )
    gateway.reload()
    gateway.configure()
    gateway.reload()
    return planted


@proves("promise-M18", "promise-S33", "hard-H50")
def test_planted_secrets_are_nowhere_and_conversations_in_the_sampled_bodies_alone(sampling: Process) -> None:
    planted = plant(sampling)
    sampling.wait_for(lambda: [line for line in kept(sampling) if SAID in json.dumps(line["body"])])
    sampling.term()
    assert sampling.ended() == 0
    written = "\n".join([*sampling.log, *sampling.out])
    data = Path(sampling.parts["data_dir"])
    files = {path: path.read_text() for path in data.rglob("*.jsonl")}
    for secret in planted:
        assert secret not in written, secret
        assert not [path for path, text in files.items() if secret in text], secret
    assert SAID not in written
    assert SAID in "".join(files.values())
    assert not [line for line in sampling.log if not line.startswith("{")], "JSON and nothing else"


@proves("hard-H50")
def test_sampled_bodies_are_for_the_gateways_user_alone(sampling: Process) -> None:
    (path,) = (Path(sampling.parts["data_dir"]) / "bodies").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    first = kept(sampling)[0]
    assert set(first) == {"time", "request_id", "caller", "path", "bytes", "body"}


@proves("hard-H50")
def test_without_the_key_no_body_is_kept(gateway: Process) -> None:
    assert not (Path(gateway.parts["data_dir"]) / "bodies").exists()
