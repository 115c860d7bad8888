"""The end of an answer that this process made: how it came, and what the log says of it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from functools import partial
from typing import Final

from django.db import Error

from chat.generation import log as database
from chat.generation.pieces import End
from chat.generation.running import Running
from chat.generation.writer import AGAIN, PATIENCE, NotSaved, Writer
from clawdsite.core.errors import ClawdError
from gateway.call import Call
from gateway.types import Finished

log = logging.getLogger(__name__)

NOT_SAVED: Final = "not_saved"


async def keep(writer: Writer, running: Running, end: End) -> End:
    """Store the end -> the one that is stored; a database that stays away makes it a failure that says so."""
    try:
        await writer.flush()
        kept = await _settled(writer, running, end)
    except LookupError:  # it went with its conversation, and nobody watches it
        return replace(end, seq=len(running.pieces), state="stopped", reason="stopped", error="")
    except Exception as error:  # noqa: BLE001 - whatever it is, the watchers must hear an end
        why = str(error) if isinstance(error, NotSaved) else type(error).__name__
        log.error("an answer was not stored: %s", why)  # noqa: TRY400 - no conversation text in the log
        return End(len(running.pieces), "failed", "error", error=NOT_SAVED)
    if kept.state not in (end.state, "stopped"):
        log.warning("an answer that ended here was %s for others already", kept.state)
    return kept


async def _settled(writer: Writer, running: Running, end: End) -> End:
    """Tried again while the database is away, like every part of the answer."""
    clock = asyncio.get_running_loop().time
    until = clock() + PATIENCE
    settle = partial(database.settle, running.generation, end, running.pieces)
    while True:
        try:
            found: End = await writer.call(settle, taken=running.taken)
        except Error:
            if clock() >= until:
                raise
            await asyncio.sleep(AGAIN)
        else:
            return found


def end_of(task: asyncio.Task[Finished | None], running: Running, call: Call) -> End:
    """How the task ended, in the words of the log. Usage in tokens and milliseconds."""
    ttft = call.ttft()
    usage = {
        "in": call.usage.prompt,
        "out": call.usage.completion,
        "ttft_ms": None if ttft is None else round(ttft * 1000),
        "ms": round((time.monotonic() - call.started) * 1000),
        "context": call.context,
        "thought_ms": running.thought.ms(),
    }
    if running.broken:
        call.outcome, call.error_code = "unavailable", NOT_SAVED
        return End(0, "failed", "error", usage, NOT_SAVED)
    if task.cancelled():
        call.outcome = "stopped" if running.stopped else "draining"
        if running.stopped:
            return End(0, "stopped", "stopped", usage)
        return End(0, "interrupted", "interrupted", usage)
    error = task.exception()
    if error is None:
        finished = task.result()
        length = finished is not None and finished.reason == "length"
        return End(0, "complete", "length" if length else "stop", usage)
    if isinstance(error, ClawdError):
        call.outcome, call.error_code = error.outcome, error.code
        return End(0, "failed", "error", usage, error.code or "bad_request")
    log.error("unexpected error", exc_info=error)
    call.outcome, call.error_code = "error", "internal_error"
    return End(0, "failed", "error", usage, "internal_error")
