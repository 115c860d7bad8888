"""Conversations, their messages as a tree, and each reader's own shelf."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from chat.ids import uuid7


class Conversation(models.Model):
    """owner: who began it. team: who else sees it; none: private (contract.md, Who may do what).

    titled_by_person: an automatic title never replaces one that a person wrote.
    leaf: the last message of the branch that is shown first. updated: the last message's time, for lists.
    deleted: when somebody deleted it; gone for good 30 s later, until then it can be undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="conversations",
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="conversations",
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    titled_by_person = models.BooleanField(default=False)
    leaf = models.UUIDField(null=True)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated = models.DateTimeField(_("updated"))
    deleted = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = (
            models.Index(fields=("owner", "-updated"), name="conversation_of_owner"),
            models.Index(fields=("team", "-updated"), name="conversation_of_team"),
        )

    def __str__(self) -> str:
        return str(self.id)  # never the title: this reaches logs and the admin


class Message(models.Model):
    """One turn. parent: the turn before it on its branch; siblings are branches.

    role `mark`: a context mark (S6): nothing before it goes up to the model. asker: who asked; for an
    answer: who asked for it. state and reason: of an answer; the same words as its generation's.
    images: ids of chat.Image, in order. model, usage, error: of an answer.
    """

    class Role(models.TextChoices):
        USER = "user", _("question")
        ASSISTANT = "assistant", _("answer")
        MARK = "mark", _("context mark")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    role = models.CharField(max_length=9, choices=Role.choices)
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(blank=True)
    thinking = models.TextField(blank=True)
    images = models.JSONField(default=list)
    model = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=11, default="complete")
    reason = models.CharField(max_length=11, blank=True)
    error = models.CharField(max_length=64, blank=True)
    usage = models.JSONField(default=dict)
    thought_ms = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = (models.Index(fields=("conversation", "id"), name="message_of_conversation"),)

    def __str__(self) -> str:
        return str(self.id)


class Shelf(models.Model):
    """Where one reader keeps one conversation: pin and archive are each reader's own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="shelves")
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    read = models.UUIDField(null=True)  # the newest message this reader has seen

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "conversation"), name="one_shelf_a_reader"),)

    def __str__(self) -> str:
        return f"{self.conversation_id} of {self.user_id}"
