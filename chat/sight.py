"""Whether who reads another process's answer still may: what that process does may not be heard here.

What this process does its sockets hear of at once (chat.hub). Another's word comes by Redis: not at all where
there is none, and never where Redis was away at that moment.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from django.db import Error

from chat import acts
from chat.generation.runner import current_runner
from clawdsite.core.errors import ClawdError

if TYPE_CHECKING:
    from chat.consumers import ChatConsumer

EVERY: Final = 3.0  # seconds between two looks


async def mind_sight(socket: ChatConsumer, generation: uuid.UUID) -> None:
    """Look again and again; runs until it is cancelled, which ends no look that is under way."""
    while generation not in current_runner().running:
        await asyncio.sleep(EVERY)
        socket.spawn(_look(socket))


async def _look(socket: ChatConsumer) -> None:
    with suppress(Error, ClawdError):  # it cannot be told: what is shown goes on
        await acts.drop_what_is_hidden(socket, socket.open)
