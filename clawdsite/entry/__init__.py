"""Our ASGI entry: what holds for every request, before and around Django, under any ASGI server."""

from clawdsite.entry.door import DebugDoor, Door, PublicDoor
from clawdsite.entry.entry import Entry, Limits

__all__ = ["DebugDoor", "Door", "Entry", "Limits", "PublicDoor"]
