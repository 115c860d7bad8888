"""An answer ends with its asker's right to go on in the conversation, whoever else watches it (M7)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from functools import partial
from typing import Any

from django.db import DatabaseError

from accounts import selectors
from accounts.caller import Caller
from accounts.threads import on_connection
from accounts.tokens.revocation import revocations
from accounts.tokens.watch import FEWER
from chat import access
from chat.generation.runner import Job, current_runner
from chat.generation.running import Running
from clawdsite.core.errors import ClawdError, Unavailable

_tasks: set[asyncio.Task[None]] = set()


def follow(running: Running, job: Job) -> None:
    """Look again whenever the asker's rights became fewer, until the answer is over. Returns at once.

    That the asker is gone altogether the runner hears itself.
    """
    if job.conversation is not None:
        _spawn(_follow(running, job.caller, job.conversation))


async def _follow(running: Running, caller: Caller, where: uuid.UUID) -> None:
    def hear(what: str) -> None:
        if what == FEWER:
            _spawn(_look(running, caller, where))

    unwatch = revocations.watch(caller, hear)
    try:
        await running.over()
    finally:
        unwatch()


async def _look(running: Running, caller: Caller, where: uuid.UUID) -> None:
    try:
        await on_connection(partial(_may, caller, where))
    except (Unavailable, DatabaseError):
        return  # it cannot be told: what runs goes on
    except ClawdError:
        current_runner().stop(running.generation)


def _may(caller: Caller, where: uuid.UUID) -> None:
    access.get(selectors.as_of_now(caller), "conversation.continue", where)


def _spawn(act: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(act)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
