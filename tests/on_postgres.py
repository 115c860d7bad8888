"""The tests that use the database, on PostgreSQL: `python -m tests.on_postgres -n 4`, words as for pytest.

One server for all workers, each with a database of its own; on SQLite the same tests run with all others.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

VARIABLE = "CLAWDBOT_TEST_DATABASE"
LEFT_OPEN = "<psycopg.Connection object"
FIXTURES = frozenset({"db", "transactional_db", "django_db_setup"})
OTHERS = frozenset({"gateway"})  # a started one, with a database of its own


def uses_the_database(item: pytest.Item) -> bool:
    """Whether Django's database is set up for this test."""
    names = set(getattr(item, "fixturenames", ()))
    asked = item.get_closest_marker("django_db") is not None or not FIXTURES.isdisjoint(names)
    return asked and OTHERS.isdisjoint(names)


def kept(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In such a run all others are left out."""
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
