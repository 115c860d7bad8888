"""Leaving bites in started gateways: another process writes the row, and what runs ends within 5 s (M7)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from openai import APIError, AuthenticationError, OpenAI

from accounts.tokens.jws import parse
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.flow.test_chat import CHAT, HI
from tests.live import events_of
from tests.postgres import Server
from tests.proof import proves
from tests.server import warm
from tests.server.process import Process

HEARD = 5.0  # seconds from the row to the end of everything
ENDING = """
import os, sys, time
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import Revocation
from accounts.tokens.revocation import end
for subject in sys.argv[3:]:
    end(Revocation.Kind(sys.argv[2]), subject)
print(time.monotonic())
"""


def end_elsewhere(gateway: Process, kind: str, *subjects: str) -> float:
    """Another process of the operating system ends something -> monotonic time when its row was written."""
    done = warm.run(["-c", ENDING, str(gateway.config_file), kind, *subjects], os.environ | gateway.env)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def jti_of(token: str) -> str:
    return str(parse(token).payload["jti"])


class Stream:
    """A streamed call of alice's with a token of its own, read in a thread."""

    def __init__(self, gateway: Process, pool: ThreadPoolExecutor) -> None:
        self.gateway, self.token = gateway, gateway.token("alice")
        self.text = ""
        self.status = 0
        self.reading = pool.submit(self._read)

    def _read(self) -> float:
        """-> monotonic time of the stream's end."""
        with (
            httpx.Client(base_url=self.gateway.url, timeout=20, trust_env=False) as client,
            client.stream("POST", CHAT, json=HI | {"stream": True}, headers=self.headers) as answer,
        ):
            self.status = answer.status_code
            for piece in answer.iter_text():
                self.text += piece
        return time.monotonic()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def flows(self) -> bool:
        return len(self.text) > 500

    def again(self) -> httpx.Response:
        """The next call with the same token."""
        with self.gateway.client(None) as client:
            return client.get("/v1/models", headers=self.headers)


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as double:
        double.script("/api/chat", *[Reply.tokens(100_000, rate=50) for _ in range(8)])
        yield double


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def is_over(stream: Stream, double: OllamaDouble, written: float) -> None:
    """The stream ended with an error event, its upstream connection was closed, and the token is dead."""
    over = stream.reading.result(HEARD + 5)
    assert over - written < HEARD
    assert stream.status == 200
    assert "[DONE]" not in stream.text
    error: dict[str, Any] = json.loads(events_of(stream.text)[-1])["error"]
    assert (error["code"], error["message"]) == ("AUTH_INVALID_TOKEN", "Access was withdrawn")
    refused = stream.again()
    assert (refused.status_code, refused.json()["error"]["details"]) == (401, "token was revoked")
    stream.gateway.wait_for(lambda: stream.gateway.access(outcome="stopped", status=200))


def upstreams_closed(double: OllamaDouble, written: float, count: int) -> None:
    """So many connections were closed by the gateways in time."""

    def closed() -> list[float]:
        calls = double.journal.to("/api/chat")
        return [call.closed for call in calls if call.closed_by == "client" and call.closed is not None]

    assert double.wait_for(lambda _: len(closed()) >= count, HEARD)
    assert all(at - written < HEARD for at in closed())


@proves("promise-M7", "sso-H17", "sso-I5")
def test_on_sqlite_a_stream_ends_with_its_token_and_others_go_on(
    double: OllamaDouble, pool: ThreadPoolExecutor
) -> None:
    with Process(upstream={"url": double.url}) as gateway:
        alice, other = Stream(gateway, pool), Stream(gateway, pool)
        gateway.wait_for(lambda: alice.flows() and other.flows())
        written = end_elsewhere(gateway, "token", jti_of(alice.token))
        is_over(alice, double, written)
        upstreams_closed(double, written, 1)
        size = len(other.text)
        gateway.wait_for(lambda: len(other.text) > size + 500)
        assert other.again().status_code == 200
        is_over(other, double, end_elsewhere(gateway, "token", jti_of(other.token)))


@proves("promise-M7")
def test_openais_own_client_hears_why(double: OllamaDouble) -> None:
    with Process(upstream={"url": double.url}) as gateway:
        token = gateway.token("alice")
        with (
            httpx.Client(trust_env=False) as client,
            OpenAI(base_url=f"{gateway.url}/v1", api_key=token, http_client=client, max_retries=0) as alice,
        ):
            stream = alice.chat.completions.create(
                model="qwen3:32b", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            next(iter(stream))
            written = end_elsewhere(gateway, "token", jti_of(token))
            with pytest.raises(APIError, match="Access was withdrawn"):
                for _ in stream:
                    pass
            assert time.monotonic() - written < HEARD
            with pytest.raises(AuthenticationError):
                alice.models.list()
        upstreams_closed(double, written, 1)


@proves("promise-M7", "sso-H17")
def test_on_postgresql_two_gateways_hear_of_it(
    double: OllamaDouble, pool: ThreadPoolExecutor, postgres_url: str
) -> None:
    parts: dict[str, Any] = {"upstream": {"url": double.url}, "database_url": postgres_url}
    with Process(**parts) as one, Process(**parts) as two:
        one.wait_ready()
        streams = [Stream(one, pool), Stream(two, pool)]
        one.wait_for(lambda: all(stream.flows() for stream in streams))
        written = end_elsewhere(one, "token", *(jti_of(stream.token) for stream in streams))
        for stream in streams:
            is_over(stream, double, written)
        upstreams_closed(double, written, 2)


@proves("promise-M16", "promise-M7")
def test_while_the_database_is_away_the_last_state_holds_and_it_comes_back_by_itself(
    double: OllamaDouble, pool: ThreadPoolExecutor, postgres: Server, postgres_url: str
) -> None:
    with Process(upstream={"url": double.url}, database_url=postgres_url) as gateway:
        gateway.wait_ready()
        dead, alive = Stream(gateway, pool), Stream(gateway, pool)
        gateway.wait_for(lambda: dead.flows() and alive.flows())
        is_over(dead, double, end_elsewhere(gateway, "token", jti_of(dead.token)))
        postgres.stop()
        try:
            gateway.wait_for(lambda: said(gateway, "revocations cannot be read"))
            assert dead.again().status_code == 401
            assert alive.again().status_code == 200
        finally:
            postgres.start()
        gateway.wait_for(lambda: said(gateway, "revocations are read again"))
        is_over(alive, double, end_elsewhere(gateway, "token", jti_of(alive.token)))


def said(gateway: Process, words: str) -> bool:
    return any(words in line["message"] for line in gateway.lines("accounts.tokens.reader"))
