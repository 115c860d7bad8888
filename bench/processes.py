"""Processes under measurement: the double, the floor, the gateway; their CPU and memory from /proc."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
configurations: dict[int, str] = {}  # by pid, of gateways that run


def cpu_seconds(pid: int) -> float:
    """User and system time of one process so far, of its threads that live; to the nanosecond."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def resident_mb(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return float("nan")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_answer(port: int, child: subprocess.Popen[str], limit: float = 30) -> float:
    """Seconds until it answers HTTP. Raises RuntimeError where it never does."""
    started = time.perf_counter()
    while time.perf_counter() - started < limit:
        if child.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as probe:
                probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                if probe.recv(9).startswith(b"HTTP/1.1"):
                    return time.perf_counter() - started
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{child.args!r} did not begin to listen on {port}")


@contextmanager
def running(arguments: list[str], port: int, **env: str) -> Iterator[tuple[int, float]]:
    """-> (pid, seconds until it listened). Stopped at the end."""
    child = subprocess.Popen(
        arguments,
        cwd=ROOT,
        env=os.environ | env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield child.pid, wait_for_answer(port, child)
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()


@contextmanager
def double(rate: float, tokens: int) -> Iterator[str]:
    """The model's double in a process of its own -> its address."""
    port = free_port()
    options = ["--port", str(port), "--rate", str(rate), "--tokens", str(tokens), "--parallel", "1000"]
    with running([sys.executable, "-m", "tests.doubles.ollama", *options], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def floor(upstream: str) -> Iterator[tuple[str, int]]:
    """The least that could do it: raw ASGI and aiohttp, no checks -> (address, pid)."""
    port = free_port()
    with running([sys.executable, "-m", "bench.floor", str(port)], port, FLOOR_UPSTREAM=upstream) as (pid, _):
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def gateway(upstream: str) -> Iterator[tuple[str, int, str, float]]:
    """A started `clawdbot` in production mode -> (address, pid, token, seconds until ready)."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.format(port=port, folder=folder, upstream=upstream))
        token = subprocess.run(
            [sys.executable, "manage.py", "token", "issue", "--config", str(config)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        start = [sys.executable, "manage.py", "start", "--config", str(config)]
        with running(start, port):
            _wait_for_tables(port)  # making them costs time and memory, once in a database's life
        with running(start, port) as (pid, ready):
            configurations[pid] = str(config)
            yield f"http://127.0.0.1:{port}", pid, token, ready


def _wait_for_tables(port: int, limit: float = 30.0) -> None:
    """Until it says that it is ready for work. Raises RuntimeError where it never does."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"what listens on {port} never got ready")


CONFIG = """
mode: production
data_dir: {folder}
database_url: sqlite:///{folder}/bench.sqlite3
server: {{port: {port}, public_url: "http://127.0.0.1:{port}", allow_http: true}}
upstream: {{url: "{upstream}", max_connections: 1000, queue: {{size: 1000}}}}
limits: {{per_user: {{rpm: null, parallel: null}}, per_address: {{rpm: null}}}}
logging: {{level: info}}
"""
