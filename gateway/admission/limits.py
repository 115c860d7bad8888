"""Requests a minute and calls at once, in memory, for one process (S30)."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from accounts.caller import Caller
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Rates
from clawdsite.core.errors import RateLimited
from gateway.call import Call

WINDOW: Final = 60.0  # seconds
KEYS: Final = 20_000  # callers and addresses remembered; the longest unseen are forgotten first


class Window:
    """A sliding minute by key: exactly `limit` requests pass in any 60 seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.seen: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str, limit: int) -> tuple[bool, int, float]:
        """Count one request. -> (passes, how many are left, seconds until the next one is free).

        A refused request does not count.
        """
        now = self.clock()
        times = self.seen.setdefault(key, deque())
        self.seen.move_to_end(key)
        if len(self.seen) > KEYS:
            self.seen.popitem(last=False)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) >= limit:
            return False, 0, times[-limit] + WINDOW - now
        times.append(now)
        return True, limit - len(times), times[0] + WINDOW - now


class Seats:
    """Calls at once by key."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def sit(self, key: str, limit: int | None) -> Callable[[], None] | None:
        """Take a seat -> what gives it back (once), or None where all are taken."""
        if limit is not None and self.taken.get(key, 0) >= limit:
            return None
        self.taken[key] = self.taken.get(key, 0) + 1
        held = [key]

        def leave() -> None:
            if held:
                left = self.taken[held[0]] - 1
                if left:
                    self.taken[held.pop()] = left
                else:
                    del self.taken[held.pop()]

        return leave


window = Window()
seats = Seats()


def count_address(call: Call) -> None:
    """One request of this address. Raises RateLimited."""
    limit = current().limits.per_address.rpm
    if limit is not None and call.address:
        _count(f"address:{network_of(call.address)}", limit, call, "from your address", show=False)


def count_caller(caller: Caller, call: Call) -> None:
    """One request of this caller; `x-ratelimit-*` headers tell what is left. Raises RateLimited."""
    limit = rates_of(caller).rpm
    if limit is not None:
        _count(f"caller:{caller.id}", limit, call, "of yours", show=True)


def sit(caller: Caller, call: Call) -> Callable[[], None]:
    """One call at once of this caller -> what ends it. Raises RateLimited."""
    limit = rates_of(caller).parallel
    leave = seats.sit(caller.id, limit)
    if leave is None:
        raise RateLimited(
            f"{limit} calls of yours are running, which is as many as may at once. Wait for one to end.",
            details=f"limit: {limit} at once",
            retry_after=2,
        )
    return leave


def rates_of(caller: Caller) -> Rates:
    """The limits that hold for this kind of caller; the debug port has none."""
    limits = current().limits
    if caller.kind == "debug":
        return Rates()
    return limits.per_client if caller.kind == "client" else limits.per_user


def network_of(address: str) -> str:
    """IPv4 as it is, IPv6 by its /64: one subscriber, not one of their billions of addresses (H-28)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))


def _count(key: str, limit: int, call: Call, whose: str, *, show: bool) -> None:
    passes, left, wait = window.take(key, limit)
    if show or not passes:
        call.response_headers |= {
            "x-ratelimit-limit-requests": str(limit),
            "x-ratelimit-remaining-requests": str(left),
            "x-ratelimit-reset-requests": f"{math.ceil(wait)}s",
        }
    if not passes:
        seconds = math.ceil(wait)
        raise RateLimited(
            f"Too many requests {whose}: {limit} a minute are allowed. Try again in {seconds} s.",
            details=f"limit: {limit} requests a minute",
            retry_after=seconds,
        )
