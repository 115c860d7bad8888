"""A Redis of the tests' own: Debian's program, a temporary directory, a free port on loopback, a password.

    def test_x(redis): redis.url; redis.kill(); redis.start(); redis.hang(); redis.go_on()

It writes nothing to the disk: what it held is gone when it ends.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.child import Server

MISSING = "no redis-server on PATH; on Debian and Ubuntu: apt-get install redis-server"


class RedisServer(Server):
    """`with RedisServer(program) as redis: redis.url` -> for redis_url. Started anew it is empty."""

    name = "redis"
    patience = 10.0

    def __init__(self, program: str) -> None:
        super().__init__()
        self.program = program

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def make(self) -> None:
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\nsave ""\n'
        )

    def command(self) -> tuple[Sequence[Any], dict[str, Any]]:
        return [self.program, self.folder / "redis.conf"], {"cwd": self.folder}

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.stop()

    def hang(self) -> None:
        """It takes connections and says nothing."""
        assert self.child is not None
        self.child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.child is not None
        self.child.send_signal(signal.SIGCONT)

    def answers(self) -> bool:
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
