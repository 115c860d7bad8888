"""The audit log: lines are only ever added, and each is chained to the one before."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lines(models.QuerySet["AuditLine"]):
    """Reads and adds; a line that was written stays."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("audit lines are never changed")

    def delete(self) -> NoReturn:
        raise TypeError("audit lines are never deleted")


class AuditLine(models.Model):
    """One act. Written by `accounts.audit.record` alone; saved lines refuse to change.

    actor: who did it ("<username>", "client:<id>", "cli", "sync:<provider>", "login:<provider>").
    action: dotted, from the closed list in accounts.audit. target: kind and id of what was changed.
    details: names of fields and their new values; never a secret, never conversation text.
    previous, hash: HMAC chain over all fields (accounts.audit).
    """

    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.CharField(_("who"), max_length=200)
    action = models.CharField(_("did"), max_length=64)
    target = models.CharField(_("to"), max_length=300, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    address = models.CharField(_("from"), max_length=64, blank=True)
    previous = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=64, editable=False, unique=True)

    objects = Lines.as_manager()

    class Meta:
        verbose_name = _("audit line")
        verbose_name_plural = _("audit log")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Adds the line. TypeError for one that is there already."""
        if not self._state.adding:
            raise TypeError("audit lines are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("audit lines are never deleted")
