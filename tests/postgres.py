"""A PostgreSQL of the tests' own: Debian's programs, a temporary directory, a free port on loopback.

    def test_x(postgres_url): ...            # a database of this session's server, with the tables and nobody
    def test_y(postgres): postgres.database("other"); postgres.stop(); postgres.start()

Its files are thrown away at the end, so nothing waits for the disk.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import child
from tests.server import tables

INSTALLED = Path("/usr/lib/postgresql")
MISSING = f"no PostgreSQL in {INSTALLED}/*/bin nor on PATH; on Debian and Ubuntu: apt-get install postgresql"
OWNER = "clawdbot"
TABLES = "tables"  # a database to copy, as the migrations leave it
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB")


def programs() -> Path | None:
    """The directory with initdb and postgres, of the newest version there is."""
    versions = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def somebody() -> dict[str, Any]:
    """Arguments for subprocess: root may not run a database, so Debian's user does."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


class Server(child.Server):
    """`with Server(programs()) as server: server.database("x")` -> a URL for database_url.

    Started anew it has the same files.
    """

    name = "postgres"
    last_word = signal.SIGQUIT

    def __init__(self, bin_folder: Path) -> None:
        super().__init__()
        self.bin = bin_folder

    def url(self, name: str) -> str:
        return f"postgres://{OWNER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def database(self, name: str | None = None, template: str = "template0") -> str:
        """Make a database, empty or as `TABLES` -> its URL."""
        name = name or "t" + secrets.token_hex(6)
        with self._connected() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        return self.url(name)

    def command(self) -> tuple[Sequence[Any], dict[str, Any]]:
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *HASTE)
        words = [word for setting in settings for word in ("-c", setting)]
        return [self.bin / "postgres", "-D", self.data, *words], {"cwd": self.data, **somebody()}

    def answers(self) -> bool:
        try:
            self._connected().close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        self.folder.chmod(0o755)
        kept = _kept(self.bin)
        copied(kept / "data", self.data)
        self.password = (kept / "password").read_text()

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5)


class First(Server):
    """The one whose files the others copy: made by initdb, and ended so that they are whole."""

    last_word = signal.SIGINT

    def make(self) -> None:
        self.folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        key = self.folder / "password"
        key.write_text(self.password)
        if somebody():
            shutil.chown(self.data, "postgres", "postgres")
        words = ("-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "--no-sync")
        made = subprocess.run(
            [self.bin / "initdb", "-D", self.data, *words, f"--pwfile={key}"],
            cwd=self.data, capture_output=True, text=True, **somebody(),
        )  # fmt: skip
        assert made.returncode == 0, made.stderr


def _kept(bin_folder: Path) -> Path:
    """A server's files, with `TABLES` among its databases, kept until it or a migration changes."""
    version = subprocess.check_output([bin_folder / "postgres", "-V"], text=True).split()[2]
    kept = tables.KEPT / f"postgres-{version}-{tables.version()}"
    with tables.making("postgres"):
        if not kept.exists():
            new = kept.with_name(f"{kept.name}.new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            with First(bin_folder) as first:
                tables.make(first.database(TABLES))
                first.stop()
                copied(first.data, new / "data")
                (new / "password").write_text(first.password)
            new.rename(kept)
    return kept


def copied(files: Path, to: Path) -> None:
    """With their owners: the server reads nobody else's."""
    subprocess.run(["cp", "-a", files, to], check=True)


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server; a skip that says what to install where there is none."""
    found = programs()
    if found is None:
        pytest.skip(MISSING)
    with Server(found) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of this process (with xdist: of this worker)."""
    with running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """A database of this test's own, with the tables."""
    return postgres.database(template=TABLES)
