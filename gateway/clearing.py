"""`{"messages": []}` clears the context of its session (S6). What that means is set from above: a session may
be a conversation, and those are kept elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from accounts.caller import Caller

Clear = Callable[[Caller, str], Awaitable[None]]


async def nothing(caller: Caller, session: str) -> None:
    """No session is a conversation here."""


clear: Clear = nothing
