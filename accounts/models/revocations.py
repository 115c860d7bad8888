"""What no longer counts: one table that each process reads once a second (contract.md)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Revocation(models.Model):
    """One end of something. Rows are added by `accounts.tokens.revocation`, never changed.

    kind and subject: `person` (user id) and `client` (client id): all that was issued up to `before`;
        `identity` ("issuer subject"): bearers of the provider likewise; `token` (jti); `session` (our sid);
        `rights` (user id): nothing ends, but teams or scopes are fewer, so what was cached is stale.
    before: Unix seconds; what was issued at or before this instant is dead.
    expires: when nothing it could refuse is alive any more, so that the row can be forgotten.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        CLIENT = "client", _("client")
        IDENTITY = "identity", _("identity")
        TOKEN = "token", _("token")
        SESSION = "session", _("session")
        RIGHTS = "rights", _("rights")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=520)
    before = models.FloatField()
    reason = models.CharField(max_length=100, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("revocation")
        verbose_name_plural = _("revocations")

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
