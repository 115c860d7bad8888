"""Conversations in the admin: which there are and who may read them; what they say by break-glass alone."""

from chat.admin.conversations import ConversationAdmin

__all__ = ["ConversationAdmin"]
