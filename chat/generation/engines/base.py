"""What an engine of the log can do. Rows, states and leases are the database's in either (log.py)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from django.db import IntegrityError

from chat.generation.pieces import Piece
from clawdsite.core.errors import Unavailable

Batch = Mapping[uuid.UUID, Sequence[Piece]]


class Away(Unavailable):
    """The engine cannot be asked now; nothing is known to be lost."""


class Taken(IntegrityError):
    """These answers are over, or to stop, or somebody else writes them. The rest may be tried again."""

    def __init__(self, generations: Iterable[uuid.UUID]) -> None:
        super().__init__("another writer")
        self.generations = frozenset(generations)


class Engine(Protocol):
    """Blocking, but for `news`: called in threads."""

    def append(self, batch: Batch, earlier: Batch) -> None:
        """All of it or nothing. The same batch again is no error. Taken, DatabaseError.

        earlier: all pieces of each answer so far, for an engine that has to begin anew elsewhere.
        """

    def read(self, generation: uuid.UUID, after: int, most: int) -> list[Piece]:
        """The next pieces behind number `after`, without a gap. Away."""

    def last(self, generation: uuid.UUID) -> int:
        """The number of the last piece, 0 where there is none. Away."""

    def ended(self, generation: uuid.UUID, seq: int) -> None:
        """Its end is stored: let those who wait look, and begin to count the days of its log. Never fails."""

    def stop(self, generation: uuid.UUID) -> None:
        """Let the process that makes it hear that it is to stop, if there is a way. Never fails."""

    def forget(self) -> None:
        """Drop the logs whose time is over."""

    def drop(self, generations: Collection[uuid.UUID]) -> None:
        """Their rows are gone for good: so is their text, at once or as soon as it can be. Never fails."""

    def news(self, generation: uuid.UUID, after: int) -> AsyncGenerator[list[Piece], None]:
        """Pieces as they come; ends, within about a second, when it is time to look into the database."""
