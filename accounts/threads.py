"""Blocking work for an async view: in a thread of its own, which lets go of its database connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work()` returns or raises; one slow look-up makes nobody else wait."""
    return await sync_to_async(_closing, thread_sensitive=False)(work)


def _closing(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        close_old_connections()
