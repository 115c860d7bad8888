"""The debug port: no login, for this machine alone (S8, H-43)."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server.process import Process, free_port
from tests.server.test_http_raw import sockets_of

HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def debug(gateway: Process) -> str:
    """Address of the shared gateway's debug port."""
    port = re.search(r"Debug port.*http://localhost:(\d+)/v1", "\n".join(gateway.out))
    assert port is not None
    return f"http://127.0.0.1:{port[1]}"


def get(debug: str, path: str = "/v1/models", method: str = "GET", **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, debug + path, headers=names, trust_env=False)


@proves("promise-S8")
def test_it_asks_nobody_who_they_are(gateway: Process, debug: str) -> None:
    assert get(debug).status_code == 200
    answer = httpx.post(f"{debug}/v1/chat/completions", json=HI, trust_env=False)
    assert answer.json()["choices"][0]["message"]["role"] == "assistant"
    line = gateway.wait_for(lambda: gateway.access(request_id=answer.headers["x-request-id"]))[0]
    assert (line["caller"], line["kind"]) == ("debug", "debug")


@proves("promise-S8")
def test_the_public_port_still_does(gateway: Process) -> None:
    for spoof in ({}, {"clawdbot.debug": "1"}, {"Host": "localhost:18789"}):
        assert httpx.get(f"{gateway.url}/v1/models", headers=spoof, trust_env=False).status_code == 401


@pytest.mark.parametrize(
    "path", ["/", "/admin/", "/healthz", "/metrics", "/api/x", "/static/plain.css", "/v1x"]
)
@proves("promise-S8")
def test_it_serves_v1_and_nothing_else(debug: str, path: str) -> None:
    got = get(debug, path)
    assert got.status_code == 404
    assert got.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("host", ["localhost", "localhost:3000", "127.0.0.1:18789", "[::1]:1", "LOCALHOST"])
@proves("promise-S8")
def test_a_loopback_host_passes(debug: str, host: str) -> None:
    assert get(debug, Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "192.168.1.7:18789", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "127.1"],
)
@proves("promise-S8", "hard-H43")
def test_another_host_is_refused_so_that_no_name_can_be_bound_to_it(debug: str, host: str) -> None:
    got = get(debug, Host=host)
    assert got.status_code == 403
    assert got.json()["error"]["code"] == "forbidden"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1:5173", 200),
        ("http://[::1]:8080", 200),
        ("https://app.example.com", 200),
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://localhost:3000@evil.example", 403),
        ("null", 403),
        ("file://", 403),
    ],
)
@proves("promise-S8", "hard-H43")
def test_pages_of_this_machine_and_configured_ones_may_ask(debug: str, origin: str, status: int) -> None:
    got = get(debug, Origin=origin)
    assert got.status_code == status
    assert got.headers.get("access-control-allow-origin") == (origin if status == 200 else None)
    flight = get(
        debug, "/v1/chat/completions", "OPTIONS", Origin=origin, Access_Control_Request_Method="POST"
    )
    assert flight.status_code == (204 if status == 200 else 403)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP"]
)
@proves("promise-S8", "hard-H43")
def test_what_came_through_a_proxy_is_refused(debug: str, header: str) -> None:
    assert get(debug, **{header: "127.0.0.1"}).status_code == 403


@proves("hard-H43")
def test_it_listens_on_loopback_alone(gateway: Process, debug: str) -> None:
    port = int(debug.rpartition(":")[2])
    assert port in sockets_of(gateway.pid)
    lines = Path("/proc/net/tcp").read_text().splitlines()
    rows = [line.split()[1] for line in lines if f":{port:04X} 00000000:0000 0A" in line]
    assert rows == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize(
    ("args", "port"), [(("--no-debug-port",), None), ((), 0)], ids=["no-debug-port", "debug-port-0"]
)
@proves("promise-S8")
def test_it_can_be_left_closed(double: OllamaDouble, args: tuple[str, ...], port: int | None) -> None:
    configured = free_port() if port is None else port
    with Process(args=args, upstream={"url": double.url}, debug_port=configured) as gateway:
        assert httpx.get(f"{gateway.url}/healthz", trust_env=False).status_code == 200
        assert sockets_of(gateway.pid) == {gateway.port}
        assert not [line for line in gateway.out if "Debug port" in line]


def test_a_taken_debug_port_does_not_keep_the_gateway_from_starting(double: OllamaDouble) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Process(upstream={"url": double.url}, debug_port=port) as gateway:
            assert [line for line in gateway.out if f"debug port {port} is in use" in line]
            assert httpx.get(f"{gateway.url}/healthz", trust_env=False).status_code == 200
