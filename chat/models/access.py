"""Grants: one person may read one conversation for a while, by an administrator's word."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.conversations import Conversation


class Grant(models.Model):
    """At most 30 days, with a reason; never to its maker or another administrator (contract.md).

    break_glass: an administrator's own look, 30 minutes (M20). seen: when the owner was told.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="grants")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500)
    until = models.DateTimeField(_("until"))
    break_glass = models.BooleanField(default=False, editable=False)
    seen = models.DateTimeField(_("owner told"), null=True, editable=False)
    created = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")

    def __str__(self) -> str:
        return f"{self.person} reads {self.conversation_id}"
