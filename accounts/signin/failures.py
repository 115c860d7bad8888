"""A sign-in that failed: a short reference for the person, and what it stands for, for the administrator."""

from __future__ import annotations

import logging
import secrets
from typing import Final

from django.db import DatabaseError

from accounts.models import SignInFailure

log = logging.getLogger(__name__)

UNAMBIGUOUS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH: Final = 8
KEPT: Final = 10_000


def note(provider: str, code: str, detail: str, address: str) -> str:
    """Write a failure down -> its reference. detail: never a secret, code, token or a vendor's free text.

    A database that is away costs the row alone: the log has the same words.
    """
    reference = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(LENGTH))
    fields = {"reference": reference, "provider": provider, "code": code, "detail": detail[:500]}
    log.warning("sign-in failed", extra={"fields": fields})
    try:
        made = SignInFailure.objects.create(**fields, address=address[:64])
        SignInFailure.objects.filter(pk__lte=made.pk - KEPT).delete()
    except DatabaseError:
        log.warning("the failed sign-in could not be stored", extra={"fields": {"reference": reference}})
    return reference


def is_reference(text: str) -> bool:
    """Whether this has a reference's shape: nothing else is shown on a page."""
    return len(text) == LENGTH and set(text) <= set(UNAMBIGUOUS)
