"""The words of titles and messages, for the search (M10)."""

from __future__ import annotations

from django.db import models

from chat.models.conversations import Conversation, Message


class IndexRow(models.Model):
    """One text that can be found. message null: the conversation's title. at: the text's time.

    words: the text as chat.search.tokens cuts it. What is looked up is made of it by the database itself: by
    triggers in the FTS5 table `chat_words` (SQLite), by a generated column `found` (PostgreSQL). A migration
    that makes SQLite rebuild this table has to make the triggers anew (chat.search.schema).
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    words = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("conversation",), condition=models.Q(message=None), name="one_title_a_conversation"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
