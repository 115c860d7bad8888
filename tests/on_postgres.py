"""The tests that use the database, on PostgreSQL: `python -m tests.on_postgres -n 4`, words as for pytest.

One server for all workers, each with a database of its own; on SQLite the same tests run with all others.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

VARIABLE = "CLAWDBOT_TEST_DATABASE"
LEFT_OPEN = "<psycopg.Connection object"
FIXTURES = frozenset({"db", "transactional_db", "django_db_setup"})
OTHERS = frozenset({"gateway"})  # a started one, with a database of its own
MENTION = re.compile(r"\bdjango_db\b|\b(transactional_)?db\b")
HERE = Path(__file__).parent


@cache
def mentions(file: Path) -> bool:
    """Whether a file of tests, or a conftest.py beside or above it, says a word of the database."""
    above = [folder / "conftest.py" for folder in file.parents if folder.is_relative_to(HERE)]
    return any(MENTION.search(path.read_text(encoding="utf-8")) for path in (file, *above) if path.exists())


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """In such a run the other files are not even read: most of them."""
    others = VARIABLE in os.environ and collection_path.name.startswith("test_")
    return True if others and collection_path.is_file() and not mentions(collection_path) else None


def uses_the_database(item: pytest.Item) -> bool:
    """Whether Django's database is set up for this test."""
    names = set(getattr(item, "fixturenames", ()))
    asked = item.get_closest_marker("django_db") is not None or not FIXTURES.isdisjoint(names)
    return asked and OTHERS.isdisjoint(names)


def kept(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In such a run all others are left out; in any, a file whose tests would be missed by it is refused."""
    missed = {item.path.name for item in items if uses_the_database(item) and not mentions(item.path)}
    if missed:
        raise pytest.UsageError(f"{missed}: pytestmark = pytest.mark.django_db is missing (on_postgres.py)")
    if VARIABLE in os.environ:
        others = [item for item in items if not uses_the_database(item)]
        items[:] = [item for item in items if uses_the_database(item)]
        config.hook.pytest_deselected(items=others)


def main(words: list[str]) -> int:
    from tests.postgres import MISSING, Server, programs

    found = programs()
    if found is None:
        print(f"on_postgres: skipped: {MISSING}")
        return 1 if os.environ.get("CI") == "true" else 0
    with Server(found) as server:
        env = os.environ | {VARIABLE: server.url("clawdbot"), "DJANGO_SETTINGS_MODULE": ""}
        # Nobody closes the connections of a test's ended threads; the databases end with the server.
        more = ("--ds=tests.postgres_settings", "--reuse-db", "-W", f"ignore:{LEFT_OPEN}:ResourceWarning")
        call = [sys.executable, "-m", "pytest", *more, *words]
        return subprocess.call(call, env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
