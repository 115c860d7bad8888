"""A Redis of the tests' own: Debian's program, a temporary directory, a free port on loopback, a password.

    def test_x(redis): redis.url; redis.kill(); redis.start(); redis.hang(); redis.go_on()

It writes nothing to the disk: what it held is gone when it ends.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.process import free_port

MISSING = "no redis-server on PATH; on Debian and Ubuntu: apt-get install redis-server"
PATIENCE = 10.0  # seconds to start


class RedisServer:
    """`with RedisServer(program) as redis: redis.url` -> for redis_url."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="clawdbot-redis-"))
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RedisServer:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Begin, also after `kill`: on the same port, and empty."""
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\nsave ""\n'
        )
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen([self.program, settings], cwd=self.folder, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while not self._answers():
            over = time.monotonic() > end or self.child.poll() is not None
            assert not over, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        child, self.child = self.child, None
        if child is not None:
            child.kill()
            child.wait()

    def hang(self) -> None:
        """It takes connections and says nothing."""
        assert self.child is not None
        self.child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.child is not None
        self.child.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        import redis

        with contextlib.closing(redis.Redis.from_url(self.url, socket_timeout=1)) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextlib.contextmanager
def running() -> Iterator[RedisServer]:
    """A server; a skip that says what to install where there is none."""
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip(MISSING)
    with RedisServer(found) as server:
        yield server


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """One server for the tests of a file."""
    with running() as server:
        yield server
