"""`clawdbot start` as a command: what it says, refuses and makes (S31, contract.md, Configuration)."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server.process import LISTENING, Process, free_port

PASSWORD = re.compile(r"First administrator: (\S+), password (\S+) \(shown this once\)")


@proves("promise-S31")
def test_it_says_where_it_listens_once_it_does(gateway: Process) -> None:
    said = [line for line in gateway.out if LISTENING.match(line)]
    assert said == [f"Gateway listening on http://localhost:{gateway.port}"]


@proves("promise-S32")
def test_pidof_finds_the_parent_alone(gateway: Process) -> None:
    found = {
        int(pid)
        for pid in subprocess.run(["pidof", "clawdbot"], capture_output=True, text=True).stdout.split()
    }
    assert gateway.pid in found
    children = Path(f"/proc/{gateway.pid}/task/{gateway.pid}/children").read_text().split()
    assert not {int(pid) for pid in children} & found
    assert Path(f"/proc/{gateway.pid}/comm").read_text().strip() == "clawdbot"
    assert Path(f"/proc/{gateway.pid}/cmdline").read_bytes().strip(b"\0") == b"clawdbot"


def test_a_port_in_use_is_one_line_and_exit_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Process(cold=True, server={"port": port}, wait=False) as gateway:
            assert gateway.ended() == 1
            assert [line for line in gateway.log if "in use" in line and str(port) in line]
            assert "Traceback" not in "".join(gateway.log)
            assert gateway.out == []


@pytest.mark.parametrize(
    ("args", "parts", "words"),
    [
        (("--workers", "2"), {}, "--workers 2 needs redis_url"),
        (("--workers", "2"), {"redis_url": "redis://localhost"}, "--workers 2 is not available yet"),
        (("--demo",), {"mode": "production"}, "--demo is for development"),
    ],
    ids=["workers", "workers-with-redis", "demo-in-production"],
)
def test_what_cannot_be_asked_for_is_exit_2_and_says_why(
    args: tuple[str, ...], parts: dict[str, object], words: str
) -> None:
    production = {"server": {"port": 0, "public_url": "http://127.0.0.1", "allow_http": True}}
    given = production | parts if "mode" in parts else parts
    with Process(cold=True, args=args, wait=False, **given) as gateway:
        assert gateway.ended() == 2
        assert any(words in line for line in gateway.log), gateway.log


def test_a_wrong_configuration_is_named_and_exit_1() -> None:
    with Process(cold=True, upstream={"tiemout": 5}, wait=False) as gateway:
        assert gateway.ended() == 1
        assert any("upstream.tiemout" in line and "timeout" in line for line in gateway.log)


@proves("hard-H46")
def test_the_first_administrator_is_made_once_and_the_password_is_in_no_log(tmp_path: Path) -> None:
    kept = {"database_url": f"sqlite:///{tmp_path}/kept.sqlite3", "data_dir": str(tmp_path / "var")}
    with Process(cold=True, **kept) as gateway:
        line = gateway.wait_for(lambda: next(filter(None, map(PASSWORD.match, gateway.out)), None))
        name, password = line.groups()
        with httpx.Client(base_url=gateway.url, trust_env=False) as browser:
            form = browser.get("/admin/login/")
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
            assert token is not None
            sent = {
                "username": name,
                "password": password,
                "csrfmiddlewaretoken": token[1],
                "next": "/admin/",
            }
            entered = browser.post("/admin/login/", data=sent, follow_redirects=True)
            assert entered.url.path == "/admin/"
            assert entered.status_code == 200
            cookie = next(c for c in browser.cookies.jar if c.name == "clawdbot")
            assert cookie.has_nonstandard_attr("HttpOnly")
            assert not cookie.secure
        gateway.term()
        assert gateway.ended() == 0
        assert password not in "".join(gateway.log)
        assert browser.cookies["clawdbot"] not in "".join(gateway.log)
    with Process(cold=True, **kept) as again:
        again.wait_for(
            lambda: httpx.get(f"{again.url}/readyz", trust_env=False).json()["migrations"] == "applied"
        )
        again.term()
        assert again.ended() == 0
        assert not any(map(PASSWORD.match, again.out))


def test_without_an_ollama_the_demo_answers_and_says_so() -> None:
    with Process(cold=True, args=("--demo",), upstream={"url": f"http://127.0.0.1:{free_port()}"}) as gateway:
        assert any("SIMULATED" in line for line in gateway.out)
        with gateway.client() as client:
            models = client.get("/v1/models").json()["data"]
            assert {model["owned_by"] for model in models} == {"clawdbot-demo"}
            gateway.reload()
            body = {"messages": [{"role": "user", "content": "hi"}]}
            answer = client.post("/v1/chat/completions", json=body).json()
            assert answer["model"] == models[0]["id"]


def test_with_an_ollama_the_demo_stays_away(double: OllamaDouble) -> None:
    with Process(cold=True, args=("--demo",), upstream={"url": double.url}) as gateway:
        assert not any("SIMULATED" in line for line in gateway.out)


@proves("fault-F27", "promise-M16")
def test_with_the_database_away_it_starts_serves_tokens_and_comes_back_by_itself(
    double: OllamaDouble, tmp_path: Path
) -> None:
    place = tmp_path / "db.sqlite3"
    place.mkdir()  # SQLite cannot open a directory
    with (
        Process(cold=True, upstream={"url": double.url}, database_url=f"sqlite:///{place}") as gateway,
        gateway.client() as client,
    ):
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"].startswith("down")
        assert ready.json()["migrations"] == "pending"
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/models").status_code == 200
        assert [line for line in gateway.lines() if "database is not there" in line["message"]]
        place.rmdir()
        gateway.wait_for(lambda: client.get("/readyz").status_code == 200)
        assert any(map(PASSWORD.match, gateway.out)) or gateway.wait_for(
            lambda: any(map(PASSWORD.match, gateway.out))
        )
