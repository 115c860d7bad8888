"""The audit log: lines are only ever added, and each is chained to the one before."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


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

    class Meta:
        verbose_name = _("audit line")
        verbose_name_plural = _("audit log")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.target}"
