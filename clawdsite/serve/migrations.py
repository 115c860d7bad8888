"""Tables, applied while the gateway already serves; a database that is away is asked again (M16, F-27)."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Final

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from clawdsite.core.lifecycle import lifecycle

log = logging.getLogger(__name__)

AGAIN: Final = 3.0  # seconds between two tries
LOCK: Final = 0x636C6177  # PostgreSQL: one host migrates, the others wait


async def apply(first_try: asyncio.Event, again: float = AGAIN) -> None:
    """Returns once every table is there. `first_try` is set when the first attempt ended, either way."""
    lifecycle.migrated = False
    told = False
    while not lifecycle.migrated:
        try:
            await asyncio.to_thread(_migrate)
        except DatabaseError as error:
            if not told:
                log.warning("%s; trying again every %g s", words(error), again)
                told = True
            first_try.set()
            await asyncio.sleep(again)
        else:
            lifecycle.migrated = True
    if told:
        log.warning("the database is there")
    first_try.set()


def words(error: DatabaseError) -> str:
    """What a failed attempt means for the operator."""
    if isinstance(error, OperationalError | InterfaceError):
        return f"the database is not there ({type(error).__name__})"
    return f"the tables cannot be brought up to date ({type(error).__name__})"


def _migrate() -> None:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _migrate_alone()
    finally:
        connections.close_all()


def _migrate_alone() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    call_command("migrate", interactive=False, verbosity=0)  # the lock ends with the connection


def first_administrator() -> tuple[str, str] | None:
    """Make one where there is none -> (name, password), to be printed once; None where there is one.

    Raises DatabaseError.
    """
    people = get_user_model()._default_manager
    try:
        if people.filter(is_superuser=True).exists():
            return None
        name = "admin"
        while people.filter(username=name).exists():
            name = f"admin-{secrets.token_hex(2)}"
        password = secrets.token_urlsafe(12)
        people.create_superuser(name, password)
        return name, password
    finally:
        connections.close_all()
