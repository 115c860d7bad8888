"""Who a person is at a provider: (issuer, subject), never an e-mail address."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ExternalIdentity(models.Model):
    """One account at one provider. The key is (issuer, subject), OpenID Connect Core section 5.7.

    groups: the mapped names (values of group_map) at the last sign-in, bearer or sync.
    groups_at: when the provider said so (the token's iat); an older word changes nothing.
    admin: whether admin_groups made this person an administrator.
    gone: when a sync found that the provider does not know the person any more.
    sid: the provider's session, for back-channel logout.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="identities",
    )
    provider = models.CharField(_("provider"), max_length=32)
    issuer = models.CharField(_("issuer"), max_length=255)
    subject = models.CharField(_("subject"), max_length=255)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    email_verified = models.BooleanField(_("e-mail verified"), default=False)
    groups = models.JSONField(_("groups"), default=list, blank=True)
    groups_at = models.DateTimeField(_("groups as of"), null=True, blank=True)
    admin = models.BooleanField(_("administrator by mapping"), default=False)
    sid = models.CharField(max_length=255, blank=True, editable=False)
    last_login = models.DateTimeField(_("last sign-in"), null=True, blank=True)
    gone = models.DateTimeField(_("gone since"), null=True, blank=True)
    synced = models.DateTimeField(_("last looked up"), null=True, blank=True)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = (
            models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_an_identity"),
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.subject}"


class SignInFailure(models.Model):
    """Why a sign-in failed, for the administrator who is told the short reference. No secret, no code."""

    reference = models.CharField(_("reference"), max_length=12, unique=True)
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    provider = models.CharField(_("provider"), max_length=32, blank=True)
    code = models.CharField(_("what the person saw"), max_length=32)
    detail = models.CharField(_("what happened"), max_length=500, blank=True)
    address = models.CharField(_("address"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("failed sign-in")
        verbose_name_plural = _("failed sign-ins")
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.reference} {self.code}"
