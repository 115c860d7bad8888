"""UUIDv7 (RFC 9562 section 5.7): ids that sort by the time they were made."""

from __future__ import annotations

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A fresh id; of two made by one process the later is always the greater."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 of a counter, which runs on where a millisecond is full
        _last = max(int(time.time() * 1000) << 12, _last + 1)
        stamp = _last
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
