"""A database as a gateway's first start leaves it: to make the tables takes a second each time.

`ready()` is the file with the administrator of the first start, `empty()` the one with nobody, for the tests
inside this process; `make(url)` makes the tables in another database.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import django
import yaml

from tests.server import warm

KEPT: Final = warm.ROOT / "var" / "tests"
MAKING: Final = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import shutil, sys
from clawdsite.cli import given
given.install(sys.argv[1])
import django
django.setup(set_prefix=False)
from django.core.management import call_command
call_command("migrate", verbosity=0)
if sys.argv[2:]:
    from accounts.models import User
    from django.db import connection
    connection.cursor().execute("PRAGMA journal_mode=DELETE")
    connection.close()
    shutil.copyfile(connection.settings_dict["NAME"], sys.argv[2])
    User.objects.create_superuser("admin")
"""


def ready() -> Path:
    """The file of a first start. Its administrator can sign in by no password."""
    return _kept()[0]


def empty() -> Path:
    """The file before there was anybody."""
    return _kept()[1]


def make(url: str, *words: str) -> None:
    """Make the tables in this database. words: the file for a copy from before there was anybody (SQLite)."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")
        config.write_text(yaml.safe_dump({"mode": "development", "data_dir": folder, "database_url": url}))
        call = [sys.executable, "-c", MAKING, str(config), *words]
        done = subprocess.run(call, cwd=warm.ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@cache
def _kept() -> tuple[Path, Path]:
    """Both files, kept for as long as no migration changes."""
    files = KEPT / f"tables-{version()}.sqlite3", KEPT / f"empty-{version()}.sqlite3"
    with making("sqlite"), tempfile.TemporaryDirectory(dir=KEPT) as folder:
        if not all(file.exists() for file in files):
            made = Path(folder, "tables.sqlite3"), Path(folder, "empty.sqlite3")
            make(f"sqlite:///{made[0]}", str(made[1]))
            for new, file in zip(made, files, strict=True):
                new.replace(file)
    return files


@contextmanager
def making(what: str) -> Iterator[None]:
    """The first who asks makes what is kept, the other processes wait. What was kept a week ago goes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{what}.lock").open("w") as one:
        fcntl.flock(one, fcntl.LOCK_EX)
        for old in KEPT.glob(f"*-{'[0-9a-f]' * 16}*"):
            if time.time() - old.stat().st_mtime > 7 * 86_400 and version() not in old.name:
                subprocess.run(["rm", "-rf", old], check=True)
        yield


@cache
def version() -> str:
    """Of the migrations, ours and the libraries'."""
    found = hashlib.sha256(django.__version__.encode())
    for file in sorted(warm.ROOT.glob("*/migrations/*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]
