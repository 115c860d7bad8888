"""An answer in the making: it lives on the server, its log survives whoever watches."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.ids import uuid7
from chat.models.conversations import Conversation, Message


class Generation(models.Model):
    """One answer being made for a conversation (chat), or a resumable API call (conversation null).

    message: what it becomes; where that was cut and goes on, the newest of its generations makes it.
    caller: the caller's id; asker: the person, for chat. worker: the process that makes it; lease: until when
    that process is believed alive; past it anybody may mark it interrupted. stop: somebody asked to stop.
    watched: when another process last had somebody who watches it. seq: the last one in the log.
    A running one is alone in its conversation (`busy`).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        GENERATING = "generating", _("generating")
        COMPLETE = "complete", _("complete")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")
        INTERRUPTED = "interrupted", _("interrupted")

    RUNNING = (State.QUEUED, State.GENERATING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="generations"
    )
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="generations")
    caller = models.CharField(max_length=300)
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=11, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=11, blank=True)
    error = models.CharField(max_length=64, blank=True)
    worker = models.CharField(max_length=64, blank=True)
    lease = models.DateTimeField(null=True)
    stop = models.BooleanField(default=False)
    watched = models.DateTimeField(null=True)
    seq = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("conversation",),
                condition=models.Q(state__in=("queued", "generating")),
                name="one_running_a_conversation",
            ),
        )
        indexes = (models.Index(fields=("state", "lease"), name="generation_lease"),)

    def __str__(self) -> str:
        return str(self.id)


class Delta(models.Model):
    """A piece of the log. seq: from 1 without a gap. kind: text, think, or raw (an API chunk's bytes)."""

    # no index of its own: the one of the constraint begins with it, and each row would be in both
    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="deltas", db_index=False
    )
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=5)
    text = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("generation", "seq"), name="one_delta_a_number"),)

    def __str__(self) -> str:
        return f"{self.generation_id} {self.seq}"
