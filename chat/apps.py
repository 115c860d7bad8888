"""The chat app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answers of the API that outlive their connection are kept where the chat's are; a session of its
        that is a conversation is cleared as one."""
        from chat.api.answering import clear_session
        from chat.generation.resuming import Raw
        from gateway import clearing, resumable

        resumable.keeper = Raw()
        clearing.clear = clear_session
