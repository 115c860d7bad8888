"""How the gateway is, honestly: database, migrations, upstream, shutdown, last reload."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from clawdsite.core.errors import ClawdError
from clawdsite.core.lifecycle import lifecycle
from gateway import upstream

PATIENCE: Final = 3.0  # seconds for the database and for the upstream: a probe must answer
FRESH: Final = 1.0  # seconds that one look serves everybody who asks


@dataclass(frozen=True, slots=True)
class Health:
    """ready: a load balancer may send people here."""

    ready: bool
    details: dict[str, Any]


class _Looks:
    """The last look at what lies outside, shared by all who ask within a second."""

    def __init__(self) -> None:
        self.at = -FRESH
        self.database = self.upstream = ""

    async def refresh(self) -> None:
        now = time.monotonic()
        if now - self.at < FRESH:
            return
        self.database, self.upstream = await asyncio.gather(_database(), _upstream())
        self.at = time.monotonic()


_looks = _Looks()


async def look() -> Health:
    """Everything a probe may want to know. Never raises."""
    await _looks.refresh()
    migrations = {True: "applied", False: "pending", None: "not watched"}[lifecycle.migrated]
    ready = (
        not lifecycle.draining
        and lifecycle.migrated is not False
        and _looks.database == "ok"
        and _looks.upstream.startswith("ok")
    )
    details = {
        "ready": ready,
        "database": _looks.database,
        "migrations": migrations,
        "upstream": _looks.upstream,
        "draining": lifecycle.draining,
        "running": len(lifecycle.running),
        "last_reload": _reload(),
    }
    return Health(ready, details)


def forget() -> None:
    """The next look is a fresh one."""
    _looks.at = -FRESH


def _reload() -> dict[str, Any] | None:
    last = lifecycle.reloaded
    if last is None:
        return None
    return {
        "ok": last.ok,
        "at": round(last.at, 3),
        "changed": list(last.changed),
        "needs_restart": list(last.needs_restart),
        "problems": [str(problem) for problem in last.problems],
    }


async def _database() -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await sync_to_async(_select, thread_sensitive=False)()
    except TimeoutError:
        return "does not answer"
    except DatabaseError as error:
        return f"down: {type(error).__name__}"
    return "ok"


def _select() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        if not connection.in_atomic_block:
            connection.close()


async def _upstream() -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return f"ok ({await upstream.current().ping()})"
    except TimeoutError:
        return "does not answer"
    except ClawdError as error:
        return f"down: {error.code}"
