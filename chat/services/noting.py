"""Lines in the audit log of what people do to whole conversations (security: hardening H-48)."""

from __future__ import annotations

import uuid
from typing import Any, Final

from accounts import audit
from accounts.caller import Caller
from accounts.models import User

SWEEPER: Final = "clawdbot"  # who deletes for good what nobody took back


def note(caller: Caller | None, act: str, conversation: uuid.UUID, **details: Any) -> None:
    """One line, inside the caller's transaction. act: as in `conversation.<act>`; details: ids and slugs,
    never a title or a text. caller: None for the gateway's own doing."""
    audit.record(_named(caller), f"conversation.{act}", f"conversation:{conversation}", details)


def _named(caller: Caller | None) -> str:
    """A person as the admin's lines name them, anybody else by their id."""
    if caller is None:
        return SWEEPER
    if caller.kind != "person":
        return caller.id
    return User.objects.filter(pk=caller.id).values_list("username", flat=True).first() or caller.id
