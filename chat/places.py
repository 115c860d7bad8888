"""Where an answer stands in the line for the model, as long as it waits there."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Final

from chat import frames
from chat.generation.runner import current_runner
from gateway.admission.queue import line

if TYPE_CHECKING:
    from chat.consumers import ChatConsumer

SOON: Final = 0.1  # seconds until the first look: most answers begin at once
EVERY: Final = 1.0  # seconds between two looks


def place_of(generation: uuid.UUID) -> tuple[int, int | None] | None:
    """(place from 1, milliseconds until its turn by what answers took lately) of one that waits here."""
    running = current_runner().running.get(generation)
    ticket = running.call.ticket if running is not None and running.call is not None else None
    place = line().place(ticket) if ticket is not None else None
    if ticket is None or place is None:
        return None
    seconds = line().estimate(ticket)
    return place, None if seconds is None else round(seconds * 1000)


async def tell_place(socket: ChatConsumer, generation: uuid.UUID) -> None:
    """`gen.queued` whenever the place changes; runs until it is cancelled, or nothing waits any more."""
    last = None
    await asyncio.sleep(SOON)
    while (running := current_runner().running.get(generation)) is not None and running.state == "queued":
        found = place_of(generation)
        if found is not None and found[0] != last:
            last = found[0]
            await socket.say(frames.whole("gen.queued", g=generation, pos=last, eta_ms=found[1]))
        await asyncio.sleep(EVERY)
