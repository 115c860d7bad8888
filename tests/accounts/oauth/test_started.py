"""A started gateway: fifty pipelines at once, a secret rotated under them, a client that is ended."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from accounts.tokens.keyring import GRACE
from tests.accounts.oauth.asking import GRANT, basic, claims_of, header_of
from tests.doubles.ollama import OllamaDouble
from tests.live import trust
from tests.proof import proves
from tests.server import warm
from tests.server.process import ROOT, Process

AT_ONCE = 50
WITHIN = 5.0  # seconds in which everything hears of an end


@pytest.fixture(scope="module")
def gateway() -> Iterator[Process]:
    """With its signing keys in files, as they are unless one is configured."""
    with OllamaDouble() as double, Process(upstream={"url": double.url}, auth={}) as gateway:
        gateway.wait_for(lambda: httpx.get(f"{gateway.url}/readyz", trust_env=False).status_code == 200)
        yield gateway


def command(gateway: Process, *words: str) -> subprocess.CompletedProcess[str]:
    """`clawdbot ...` beside the running gateway."""
    return warm.run(["manage.py", *words, "--config", str(gateway.config_file)], os.environ | gateway.env)


class Pipeline:
    """A machine client as a pipeline has it: made by command, its secret taken from standard output."""

    def __init__(self, gateway: Process, name: str, scope: str = "chat:read chat:write") -> None:
        self.gateway, self.name = gateway, name
        made = command(gateway, "client", "create", name, "--scope", scope)
        assert made.returncode == 0, made.stderr
        self.secret = made.stdout.strip()
        self.client_id = made.stderr.split("client_id: ")[1].split()[0]

    def ask(self, client: httpx.Client, secret: str | None = None) -> httpx.Response:
        return client.post("/oauth/token", data=GRANT, headers=basic(self.client_id, secret or self.secret))

    def call(self, client: httpx.Client, token: str) -> int:
        answer = client.get("/v1/models", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    def rotate(self) -> None:
        told = command(self.gateway, "client", "rotate", self.name, "--keep", "1h")
        assert told.returncode == 0, told.stderr
        self.secret = told.stdout.strip()


def together(work: object, times: int = AT_ONCE) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def connected(gateway: Process) -> httpx.Client:
    return httpx.Client(base_url=gateway.url, timeout=30, trust_env=False, verify=trust())


@proves("sso-H23")
def test_fifty_at_once_have_fifty_tokens(gateway: Process) -> None:
    pipeline = Pipeline(gateway, "fifty")
    start, tokens = threading.Barrier(AT_ONCE), []

    def work() -> None:
        with connected(gateway) as client:
            start.wait()
            answer = pipeline.ask(client)
            tokens.append(answer.json().get("access_token", answer.text))

    together(work)
    assert len({claims_of(token)["jti"] for token in tokens}) == AT_ONCE
    assert not [line for line in gateway.lines() if line["level"] != "info" and "oauth" in str(line)]


@proves("sso-H12")
def test_a_secret_is_rotated_under_load_and_no_call_fails(gateway: Process) -> None:
    pipeline = Pipeline(gateway, "loaded")
    first, seen, done = pipeline.secret, Counter[str](), threading.Event()

    def work() -> None:
        with connected(gateway) as client:
            after = 0
            while not (done.is_set() and after):
                secret = pipeline.secret
                after += done.is_set()
                answer = pipeline.ask(client, secret)
                status = pipeline.call(client, answer.json()["access_token"]) if answer.is_success else 0
                seen[f"{'first' if secret == first else 'next'} {answer.status_code} {status}"] += 1

    def turn() -> None:
        gateway.wait_for(lambda: seen["first 200 200"] >= AT_ONCE)
        pipeline.rotate()
        gateway.wait_for(lambda: seen["next 200 200"] >= AT_ONCE)
        done.set()

    turning = threading.Thread(target=turn)
    turning.start()
    together(work)
    turning.join()
    assert set(seen) == {"first 200 200", "next 200 200"}
    assert pipeline.secret != first
    with connected(gateway) as client:
        assert pipeline.ask(client, first).status_code == 200
    assert first not in "".join(gateway.log)
    assert pipeline.secret not in "".join(gateway.log)


@proves("sso-H11", "promise-M7")
def test_a_client_that_another_process_revokes_is_out_within_five_seconds(gateway: Process) -> None:
    pipeline = Pipeline(gateway, "leaving")
    with connected(gateway) as client:
        token = pipeline.ask(client).json()["access_token"]
        assert pipeline.call(client, token) == 200
        assert command(gateway, "client", "revoke", "leaving").returncode == 0
        since = time.monotonic()
        gateway.wait_for(lambda: pipeline.call(client, token) == 401, patience=WITHIN)
        assert time.monotonic() - since < WITHIN
        assert pipeline.ask(client).json()["error"] == "invalid_client"
    listed = command(gateway, "client", "list").stdout
    assert [line.split("\t")[1] for line in listed.splitlines() if "leaving" in line] == ["revoked"]


@proves("sso-H17")
def test_a_token_that_its_client_revokes_is_out_within_five_seconds(gateway: Process) -> None:
    pipeline = Pipeline(gateway, "careful")
    with connected(gateway) as client:
        token, other = (pipeline.ask(client).json()["access_token"] for _ in range(2))
        assert pipeline.call(client, token) == 200
        headers = basic(pipeline.client_id, pipeline.secret)
        assert client.post("/oauth/revoke", data={"token": token}, headers=headers).status_code == 200
        gateway.wait_for(lambda: pipeline.call(client, token) == 401, patience=WITHIN)
        assert pipeline.call(client, other) == 200


def test_a_signing_key_is_rotated_by_command_without_a_restart(gateway: Process) -> None:
    pipeline = Pipeline(gateway, "signed")
    with connected(gateway) as client:

        def published() -> list[str]:
            return [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]

        before = pipeline.ask(client).json()["access_token"]
        told = command(gateway, "keys", "rotate")
        assert told.returncode == 0, told.stderr
        made = told.stdout.strip()
        assert published() == [header_of(before)["kid"], made]
        assert header_of(pipeline.ask(client).json()["access_token"])["kid"] != made
        newest = max(Path(gateway.folder, "var", "keys").glob("*.pem"))
        long_ago = time.time() - GRACE
        os.utime(newest, (long_ago, long_ago))
        after = pipeline.ask(client).json()["access_token"]
        assert header_of(after)["kid"] == made
        gateway.wait_for(lambda: pipeline.call(client, after) == 200, patience=WITHIN)
        assert pipeline.call(client, before) == 200
        listed = command(gateway, "keys", "list").stdout.splitlines()
        assert listed[0].startswith(header_of(before)["kid"] + "\tcounts until ")
        assert listed[1] == f"{made}\tsigns"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "odd", "--scope", "chat:all"), "There is no scope chat:all."),
        (("create", "odd", "--scope", "chat:read", "--ttl", "2h"), "60 to 3600 seconds"),
        (("create", "odd", "--scope", "chat:read", "--owner", "nobody"), "There is no person nobody."),
        (("rotate", "nobody"), "There is no client nobody."),
        (("rotate", "fifty", "--keep", "90d"), "30 days at most"),
    ],
    ids=["scope", "ttl", "owner", "client", "keep"],
)
def test_what_cannot_be_is_one_line_on_standard_error(
    words: tuple[str, ...], said: str, gateway: Process
) -> None:
    if words[1] == "fifty" and "fifty" not in command(gateway, "client", "list").stdout:
        Pipeline(gateway, "fifty")
    told = command(gateway, "client", *words)
    assert (told.returncode, told.stdout) == (2, "")
    assert said in told.stderr
    assert told.stderr.count("\n") == 1


def test_a_configured_key_is_not_rotated_by_command(tmp_path: Path) -> None:
    from tests.live import signing_key

    file = tmp_path / "config.yaml"
    file.touch(0o600)
    key = signing_key().get_secret_value().replace("\n", "\n    ")
    file.write_text(f"mode: development\nauth:\n  signing_key: |\n    {key}\n")
    told = subprocess.run(
        [sys.executable, "manage.py", "keys", "rotate", "--config", str(file)],
        cwd=ROOT, env=os.environ | {"CLAWDBOT_CONFIG": ""}, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 1
    assert "auth.signing_key is configured" in told.stderr
