"""Who of this process has which conversation open, so that one's act is seen by the others at once."""

from __future__ import annotations

import uuid
from typing import Any, Protocol


class Listener(Protocol):
    """A socket. Both return at once."""

    def began(self, conversation: uuid.UUID, generation: uuid.UUID) -> None:
        """An answer is being written there."""

    def told(self, frame: str) -> None:
        """Something to be shown."""


class Hub:
    """Lives on the event loop; ids only, never conversation text."""

    def __init__(self) -> None:
        self.by_conversation: dict[uuid.UUID, set[Listener]] = {}
        self.by_person: dict[str, set[Listener]] = {}

    def enter(self, person: str, listener: Listener) -> int:
        """-> how many sockets the person has now."""
        there = self.by_person.setdefault(person, set())
        there.add(listener)
        return len(there)

    def open(self, conversation: uuid.UUID, listener: Listener) -> None:
        self.by_conversation.setdefault(conversation, set()).add(listener)

    def shut(self, conversation: uuid.UUID, listener: Listener) -> None:
        _discard(self.by_conversation, conversation, listener)

    def leave(self, person: str, listener: Listener) -> None:
        _discard(self.by_person, person, listener)
        for conversation in [key for key, there in self.by_conversation.items() if listener in there]:
            _discard(self.by_conversation, conversation, listener)

    def began(self, conversation: uuid.UUID, generation: uuid.UUID) -> None:
        for listener in list(self.by_conversation.get(conversation, ())):
            listener.began(conversation, generation)

    def tell(self, conversation: uuid.UUID, frame: str, *, besides: str | None = None) -> None:
        """Everybody who has it open; besides: a person who is told wherever they are."""
        there = set(self.by_conversation.get(conversation, ()))
        if besides is not None:
            there |= self.by_person.get(besides, set())
        for listener in there:
            listener.told(frame)


def _discard(where: dict[Any, set[Listener]], key: Any, listener: Listener) -> None:
    there = where.get(key)
    if there is not None:
        there.discard(listener)
        if not there:
            del where[key]


hub = Hub()
