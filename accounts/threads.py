"""Blocking work for an async view, in a thread of the loop's pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work()` returns or raises; one slow look-up makes nobody else wait.

    The thread lets go of its database connection.
    """
    return await sync_to_async(_closing, thread_sensitive=False)(work)


async def on_connection(work: Callable[[], T]) -> T:
    """The same; the thread keeps its connection for whatever it does next.

    Nobody but us looks after the connections of such threads: one that its database closed is made anew here.
    """
    return await sync_to_async(_keeping, thread_sensitive=False)(work)


def _closing(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        close_old_connections()


def _keeping(work: Callable[[], T]) -> T:
    connection.close_at, connection.health_check_enabled = None, True
    close_old_connections()
    return work()
