"""Usage rows: one a call, numbers and names only, never a body (M19)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class UsageRow(models.Model):
    """What one /v1 call or one answer of the chat cost. Times in milliseconds; at most 500 bytes a row."""

    at = models.DateTimeField(db_index=True)
    request_id = models.CharField(max_length=40)
    caller = models.CharField(max_length=128, db_index=True)
    kind = models.CharField(max_length=8)
    route = models.CharField(max_length=48)
    model = models.CharField(max_length=80, blank=True)
    status = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=24)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    estimated = models.BooleanField(default=False)
    queue_ms = models.PositiveIntegerField(null=True)
    ttft_ms = models.PositiveIntegerField(null=True)
    total_ms = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("usage row")
        verbose_name_plural = _("usage rows")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.outcome}"
