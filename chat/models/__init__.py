"""What the chat remembers."""

from chat.models.access import Grant
from chat.models.conversations import Conversation, Message, Shelf
from chat.models.generations import Delta, Generation
from chat.models.images import Image
from chat.models.people import Preferences, Sent
from chat.models.search import IndexRow

__all__ = [
    "Conversation",
    "Delta",
    "Generation",
    "Grant",
    "Image",
    "IndexRow",
    "Message",
    "Preferences",
    "Sent",
    "Shelf",
]
