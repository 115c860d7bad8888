"""Three minutes of silence behind a proxy that gives up after one (M2). Long: `make prove`."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.processes import free_port
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.flow.conftest import UNLIMITED
from tests.flow.test_chat import CHAT, HI, line
from tests.live import LiveGateway
from tests.proof import proves

pytestmark = pytest.mark.prove

SILENCE = 180.0

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {target}; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 60s; }}
  }}
}}
"""


@contextmanager
def nginx(target: str, folder: Path) -> Iterator[str]:
    """A real nginx with a limit of 60 s in front of `target` -> its address."""
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(binary).exists():
        pytest.skip("nginx is not installed (apt-get install nginx)")
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, port=port, target=target))
    child = subprocess.Popen([binary, "-c", str(settings), "-p", str(folder)])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(10)


def ask(url: str, gateway: LiveGateway) -> httpx.Response:
    """One streamed question through the proxy, with a client as patient as OpenAI's."""
    headers = {"Authorization": f"Bearer {gateway.token('alice')}"}
    return httpx.post(
        f"{url}{CHAT}", json=HI | {"stream": True}, headers=headers, timeout=600, trust_env=False
    )


def check(answer: httpx.Response, began: float) -> None:
    assert answer.status_code == 200
    assert answer.text.count(": keep-alive") >= 10
    assert answer.text.endswith("data: [DONE]\n\n")
    assert time.monotonic() - began > SILENCE - 5


@proves("promise-M2")
def test_a_cold_load_of_three_minutes_passes(tmp_path: Path):
    with (
        OllamaDouble(loaded=False, load_time=SILENCE) as double,
        LiveGateway(upstream={"url": double.url}, limits=UNLIMITED) as gateway,
        nginx(gateway.url, tmp_path) as url,
    ):
        began = time.monotonic()
        check(ask(url, gateway), began)


@proves("promise-M2")
def test_three_minutes_in_the_queue_pass(tmp_path: Path):
    upstream: dict[str, Any] = {"max_connections": 1}
    with OllamaDouble() as double:
        double.script("/api/chat", Reply.lines(line("x")).stall("headers", SILENCE))
        with LiveGateway(
            upstream=upstream | {"url": double.url, "first_token_timeout": 300}, limits=UNLIMITED
        ) as gateway, nginx(gateway.url, tmp_path) as url:
            began = time.monotonic()
            first = threading.Thread(target=ask, args=(gateway.url, gateway))
            first.start()
            assert double.wait_for(lambda journal: len(journal.to("/api/chat")) == 1, 10)
            double.script("/api/chat", Reply.tokens(3))
            check(ask(url, gateway), began)
            first.join()
