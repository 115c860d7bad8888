"""Machine clients: a name, scopes, and up to two secrets while one is rotated."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def new_client_id() -> str:
    """Never chosen by anybody, so that no client can take another's name (RFC 9700 section 4.15)."""
    return "cb_" + secrets.token_hex(10)


class OAuthClient(models.Model):
    """A program that asks for its own tokens (RFC 6749 section 4.4).

    secret_hash: HMAC-SHA-256 with the pepper, which is not in the database. secret_prefix: to find it by.
    previous_*: the secret before, good until previous_expires while it is rotated.
    scopes: separated by spaces; no wider than its maker's were.
    token_ttl: seconds a token lives.
    """

    client_id = models.CharField(
        _("client id"), max_length=32, unique=True, default=new_client_id, editable=False
    )
    name = models.CharField(_("name"), max_length=100, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answerable person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="clients",
    )
    made_by = models.CharField(_("made by"), max_length=150, blank=True, editable=False)
    scopes = models.CharField(_("scopes"), max_length=1000, blank=True)
    token_ttl = models.PositiveIntegerField(_("seconds a token lives"), default=600)
    is_active = models.BooleanField(_("active"), default=True)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    secret_prefix = models.CharField(max_length=12, blank=True, editable=False, db_index=True)
    secret_hash = models.CharField(max_length=64, blank=True, editable=False)
    secret_made = models.DateTimeField(_("secret made"), null=True, editable=False)
    previous_prefix = models.CharField(max_length=12, blank=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    previous_expires = models.DateTimeField(_("old secret good until"), null=True, editable=False)
    last_used = models.DateTimeField(_("last used"), null=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("machine client")
        verbose_name_plural = _("machine clients")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """Its `sub` and caller id; a person's is a bare UUID."""
        return f"client:{self.client_id}"
