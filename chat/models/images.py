"""Pictures that the gateway made from what people uploaded; the upload itself is never kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.ids import uuid7
from chat.models.conversations import Conversation


class Image(models.Model):
    """Our own re-encoded bytes. conversation: null until a message uses it (then it follows its rights);
    until then it is its uploader's alone, and swept after an hour."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="images"
    )
    name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    content = models.BinaryField()
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self) -> str:
        return str(self.id)
