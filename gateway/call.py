"""One call's account: filled in along the road, written once at its end (access log, usage, metrics)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.caller import Caller
from gateway.types import Usage

OUTCOMES: Final = (
    "ok",                    # answered in full
    "client_closed",         # the caller went away
    "stopped",               # Stop, revocation or quota ended it
    "upstream_incomplete",   # the upstream ended without `done` (repeat guard)
    "upstream_error",
    "upstream_invalid",
    "upstream_timeout",
    "upstream_unavailable",
    "bad_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "rate_limited",
    "overloaded",
    "draining",
    "unavailable",
    "error",                 # a bug of ours
)  # fmt: skip


NEVER: Final = nullcontext()


@dataclass(slots=True)
class Call:
    """Times are seconds of the monotonic clock; None: never got there."""

    request_id: str
    started: float = field(default_factory=time.monotonic)
    method: str = ""
    path: str = ""
    route: str = ""  # bounded label: the matched URL pattern, never the raw path
    address: str = ""  # the client's, after trusted proxies
    client_request_id: str | None = None  # X-Client-Request-Id, if short and plain; for the log alone
    status: int = 0
    outcome: str = "ok"
    caller: Caller | None = None
    model: str | None = None
    stream: bool = False
    booked: bool = True  # False: the usage is on the account of the answer, which goes on without this call
    session: str | None = None
    end_user: str | None = None
    notes: tuple[str, ...] = ()
    usage: Usage = Usage()
    context: int | None = None  # tokens that the model holds, where that is known
    queued: float | None = None  # seconds spent waiting for a slot
    ticket: Any = None  # of gateway.admission.queue, while it waits there
    first_piece: float | None = None  # monotonic time of the first event
    error_code: str | None = None
    body: bytes | None = None  # kept only when this request is sampled (contract.md, sample_bodies)
    sampled: bool = False
    response_headers: dict[str, str] = field(default_factory=dict)  # x-ratelimit-* and friends
    leaving: AbstractContextManager[None] = NEVER  # around what waits: raises where access is withdrawn
    closers: list[Callable[[], Any]] = field(default_factory=list)  # what must be let go, last first

    async def close(self) -> None:
        """Let go of whatever the call holds (slot, upstream, seat). Safe to call again."""
        while self.closers:
            result = self.closers.pop()()
            if isinstance(result, Awaitable):
                await result

    def ttft(self) -> float | None:
        """Seconds from the start to the first event."""
        return None if self.first_piece is None else self.first_piece - self.started
