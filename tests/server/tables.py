"""A SQLite database as a gateway's first start leaves it: to make the tables takes a second each time."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import django

from tests.server import warm

KEPT: Final = warm.ROOT / "var" / "tests"
MAKING: Final = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import sys
from clawdsite.cli import given
given.install(sys.argv[1])
import django
django.setup(set_prefix=False)
from django.core.management import call_command
call_command("migrate", verbosity=0)
from accounts.models import User
User.objects.create_superuser("admin")
from django.db import connection
connection.cursor().execute("PRAGMA journal_mode=DELETE")
"""


@cache
def ready() -> Path:
    """The file, kept for as long as no migration changes. Its administrator can sign in by no password."""
    file = KEPT / f"tables-{version()}.sqlite3"
    if not file.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            made, config = Path(folder, "made.sqlite3"), Path(folder, "config.yaml")
            config.write_text(f"mode: development\ndata_dir: {folder}\ndatabase_url: sqlite:///{made}\n")
            done = warm.run(["-c", MAKING, str(config)], dict(os.environ))
            assert done.returncode == 0, done.stderr
            made.replace(file)
    return file


def version() -> str:
    """Of the migrations, ours and the libraries'."""
    found = hashlib.sha256(django.__version__.encode())
    for file in sorted(warm.ROOT.glob("*/migrations/*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]
