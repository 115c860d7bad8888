"""What one person set, and what they have sent already."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Preferences(models.Model):
    """`/api/settings`: a person's own choices. values: validated by chat.preferences."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.user_id)


class Sent(models.Model):
    """A socket message or HTTP ask that was carried out: the same `id` again gets the same answer (24 h).

    digest: SHA-256 of the message; the same id with another body is `conflict`. answer: the ack.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sent_id = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    answer = models.JSONField()
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "sent_id"), name="one_answer_an_id"),)

    def __str__(self) -> str:
        return self.sent_id
