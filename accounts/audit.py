"""The audit log: each line carries an HMAC over itself and the line before, keyed outside the database."""

from __future__ import annotations

import hmac
import json
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditLine
from accounts.pepper import derived
from clawdsite.core.config.live import current

ACTIONS: Final = frozenset(
    (
        *("admin.added", "admin.changed", "admin.deleted"),
        *("person.made", "person.linked", "person.groups", "person.deactivated", "person.reactivated"),
        *("person.signed_out", "person.administrator", "identity.moved"),
        *("team.joined", "team.left", "team.role"),
        *("client.make", "client.rotate", "client.revoke", "client.change"),
        *("keys.rotate", "sync.refused"),
        *("grant.made", "grant.ended", "break_glass.opened", "break_glass.viewed"),
        *("conversation.exported", "conversation.moved", "conversation.deleted", "conversation.restored"),
        "conversation.purged",
    )
)
FIRST: Final = "0" * 64
sitting_at: Final[ContextVar[str]] = ContextVar("sitting_at", default="")  # the address of who acts now
LOCK: Final = 0x636C6177  # PostgreSQL's advisory lock of this log


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that does not fit: its number, and what was done to it as far as it can be told."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


def record(
    actor: str, action: str, target: str = "", details: dict[str, Any] | None = None, address: str = ""
) -> AuditLine:
    """One line, inside the caller's transaction: no act without its line, and no line without its act.

    address: empty: `sitting_at`, which the admin sets for everything done there.
    details: field names and new values; never a secret, never conversation text. ValueError: an action that
    is not in ACTIONS.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action} is not an action of the audit log")
    with transaction.atomic():
        _one_at_a_time()
        last = AuditLine.objects.order_by("-id").values_list("hash", flat=True).first()
        line = AuditLine(
            at=timezone.now(),
            actor=actor[:200],
            action=action,
            target=target[:300],
            details=_plain(details or {}),
            address=(address or sitting_at.get())[:64],
            previous=last or FIRST,
        )
        line.hash = _digest(line, _key())
        line.save(force_insert=True)
    return line


def head() -> str:
    """What seals the whole log as it is now: the last line's hash. To be kept elsewhere, for `verify`."""
    last = AuditLine.objects.order_by("-id").values_list("hash", flat=True).first()
    return last or FIRST


def verify(head: str = "") -> Broken | None:
    """Walk the whole log; the first line that does not fit, or None.

    head: what `head` said once: the line that it seals must be there still. Without one no chain can tell
    whether lines are missing at its very end.
    """
    key, previous, before = _key(), FIRST, 0
    met = head in ("", FIRST)
    for line in AuditLine.objects.order_by("id").iterator(chunk_size=500):
        if not hmac.compare_digest(line.hash, _digest(line, key)):
            return Broken(line.pk, "was altered after it was written")
        if line.previous != previous:
            return Broken(line.pk, f"does not follow line {before}: lines before it were removed or moved")
        previous, before = line.hash, line.pk
        met = met or hmac.compare_digest(line.hash.encode(), head.encode())
    return None if met else Broken(before, "is the last one: lines after it, up to the head, were removed")


def _plain(details: dict[str, Any]) -> Any:
    """As every database gives it back: fractions become text, for PostgreSQL spells them anew."""
    return json.loads(json.dumps(details, default=str), parse_float=str, parse_constant=str)


def _one_at_a_time() -> None:
    """Two lines must not follow the same one. SQLite's transactions begin IMMEDIATE: one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _key() -> bytes:
    return derived(current(), "audit")


def _digest(line: AuditLine, key: bytes) -> str:
    at: datetime = line.at
    said = [
        line.previous,
        at.isoformat(timespec="microseconds"),
        line.actor,
        line.action,
        line.target,
        line.details,
        line.address,
    ]
    text = json.dumps(said, separators=(",", ":"), sort_keys=True)
    return hmac.new(key, text.encode(), "sha256").hexdigest()
