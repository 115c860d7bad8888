"""A message of the socket's that was not carried out: what is said, and what is logged."""

from __future__ import annotations

import logging
from typing import Any

from django.db import InterfaceError, OperationalError

from chat import frames
from clawdsite.core.errors import ClawdError, Internal, Unavailable

log = logging.getLogger(__name__)


def known(error: Exception, ref: str) -> ClawdError:
    """Any exception as an error that may be shown. What is not ours is logged: a bug with all there is to
    know of it, a database that is away or locked for too long in one line."""
    if isinstance(error, ClawdError):
        return error
    fields = {"fields": {"ref": ref}}
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database did not answer: %s", type(error).__name__, extra=fields)
        return Unavailable("The database cannot be asked at the moment. Try again soon.")
    log.error("a frame failed", exc_info=error, extra=fields)
    return Internal("Something went wrong here.")


def shown(error: ClawdError, said: Any, ref: str) -> str:
    """An error as the frame that answers `said`."""
    args = {"param": error.param} if error.param else {}
    if error.code == "busy":
        args["who"] = error.details or ""
    wait = None if error.retry_after is None else int(error.retry_after * 1000)
    generation = str(said.generation) if isinstance(said, frames.Resume) else None
    return frames.error(
        error.code,
        sent_id=getattr(said, "id", None),
        generation=generation,
        args=args,
        retry=error.status >= 500 or error.status == 429,
        retry_after_ms=wait,
        ref=ref,
    )
