"""The other server: `manage.py runserver` is daphne, and the same application serves under it (design D2)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from accounts.tokens.issue import issue
from clawdsite.core.config.load import load
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server import wire
from tests.server.process import FREE, ROOT, free_port


@contextmanager
def runserver(upstream: str) -> Iterator[tuple[int, Path]]:
    """-> (port, config.yaml)."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        parts: dict[str, Any] = {
            "mode": "development", "data_dir": f"{folder}/var", "database_url": f"sqlite:///{folder}/db.sqlite3",
            "server": {"port": port, "max_body": 100_000}, "upstream": {"url": upstream}, "limits": FREE,
        }  # fmt: skip
        config = Path(folder) / "config.yaml"
        config.write_text(yaml.safe_dump(parts))
        for words in (["migrate", "-v", "0"], ["runserver", "--noreload", str(port)]):
            command = [sys.executable, "manage.py", *words, "--config", str(config)]
            out = open(f"{folder}/out", "w")  # noqa: SIM115
            child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=os.environ | {})
            if words[0] == "migrate":
                assert child.wait(60) == 0, Path(f"{folder}/out").read_text()
            out.close()
        try:
            wait_until_up(port, child)
            yield port, config
        finally:
            child.terminate()
            child.wait(60)


def wait_until_up(port: int, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and child.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"runserver does not answer; exit code {child.poll()}")


@pytest.fixture(scope="module")
def daphne() -> Iterator[tuple[int, Path]]:
    with OllamaDouble() as double, runserver(double.url) as started:
        yield started


def test_it_answers_whole_and_streamed(daphne: tuple[int, Path]) -> None:
    port, config = daphne
    token = issue(load(config, os.environ), sub="alice", scope="chat:read chat:write", ttl=600)
    body = {"messages": [{"role": "user", "content": "hi"}]}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as client:
        whole = client.post("/v1/chat/completions", json=body)
        assert whole.json()["choices"][0]["finish_reason"] == "stop"
        assert whole.headers["x-request-id"].startswith("req_")
        assert whole.headers["x-content-type-options"] == "nosniff"
        with client.stream("POST", "/v1/chat/completions", json=body | {"stream": True}) as streamed:
            assert [line for line in streamed.iter_lines() if line][-1] == "data: [DONE]"
        assert client.post("/v1/chat/completions", content=b"x" * 100_001).status_code == 413
        assert client.get("/v1/models", headers={"Authorization": "Bearer x"}).status_code == 401
        assert client.get("/").headers["location"] == "/login"
        assert client.get("/login").status_code == 200
        assert client.get("/static/admin/css/base.css").status_code == 200


@proves("hard-H25")
def test_a_header_does_not_rewrite_the_path(daphne: tuple[int, Path]) -> None:
    rest = b"Host: localhost\r\nDaphne-Root-Path: /public\r\nConnection: close\r\n\r\n"
    raw = b"GET /public/admin/ HTTP/1.1\r\n" + rest
    (answer,) = wire.parse(wire.ask(daphne[0], raw)[0])
    assert answer.status == 404
    raw = raw.replace(b"/public/admin/", b"/public/v1/models")
    (answer,) = wire.parse(wire.ask(daphne[0], raw)[0])
    assert answer.status == 404


def test_what_time_is_over_goes_here_too(daphne: tuple[int, Path]) -> None:
    _, config = daphne
    row = ("0" * 32, "0" * 32, "", "image/png", 1, 1, b"x", "2026-01-01 00:00:00")  # an upload nobody used
    with sqlite3.connect(config.parent / "db.sqlite3", timeout=10, isolation_level=None) as database:
        columns = "id, owner_id, name, media_type, width, height, content, created"
        database.execute(f"INSERT INTO chat_image ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        end = time.monotonic() + 30
        while database.execute("SELECT count(*) FROM chat_image").fetchone() != (0,):
            assert time.monotonic() < end, "not swept"
            time.sleep(0.1)
    database.close()
