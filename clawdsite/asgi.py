"""The ASGI application: our entry around Django, the same for `clawdbot start` and `manage.py runserver`."""

from __future__ import annotations

import asyncio
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdsite.settings")
django.setup(set_prefix=False)

import clawdsite.urls  # noqa: E402, F401 - every view is loaded now, not by the first caller
from accounts.sync import syncing  # noqa: E402 - models are importable only now
from accounts.tokens.revocation import revocations  # noqa: E402
from chat.consumers import ChatConsumer  # noqa: E402
from chat.generation.runner import current_runner  # noqa: E402
from chat.hub import hub  # noqa: E402
from chat.listening import listening  # noqa: E402
from chat.services import titles  # noqa: E402
from chat.sweeping import sweeper  # noqa: E402
from clawdsite.entry import Entry  # noqa: E402
from clawdsite.entry.lean import Lean  # noqa: E402
from gateway import bodies, upstream, usage  # noqa: E402


async def opened() -> None:
    """Before the first request."""
    await asyncio.to_thread(revocations.start)
    usage.writer.start()
    bodies.tidying.start()
    syncing.start()
    sweeper.start()
    listening.start()


async def closed() -> None:
    """After the last request."""
    syncing.stop()
    bodies.tidying.stop()
    await listening.stop()
    await current_runner().close()
    sweeper.stop()
    await titles.close()
    await upstream.close()
    revocations.stop()
    usage.writer.stop()


def leaving() -> None:
    """A shutdown begins: sockets go as soon as no answer is being shown on them."""
    hub.farewell(now=False)


async def leave() -> None:
    """The shutdown's end: what is still being written is stored as interrupted, shown, and all sockets go."""
    await current_runner().close()
    await hub.empty()


django_app = Lean()
application = Entry(django_app, opened=opened, closed=closed, sockets=ChatConsumer.as_asgi())

if sys.argv[1:2] == ["runserver"]:  # daphne has no lifespan
    revocations.start()
    usage.writer.start()
    syncing.start()
    sweeper.start()
