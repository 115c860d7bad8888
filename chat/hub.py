"""Who of this process has which conversation open, so that one's act is seen by the others at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol


class Listener(Protocol):
    """A socket. All return at once. teams: slugs of what its person reads, as of what was heard last."""

    @property
    def teams(self) -> frozenset[str]: ...

    def began(self, conversation: uuid.UUID, generation: uuid.UUID) -> None:
        """An answer is being written there."""

    def told(self, frame: str) -> None:
        """Something to be shown."""

    def hush(self, answers: Collection[uuid.UUID]) -> None:
        """Show nothing more of these."""

    def shut(self, conversation: uuid.UUID) -> None:
        """Hear of it no more."""

    def doubt(self, conversation: uuid.UUID) -> None:
        """Who may read this conversation has changed: see whether this one still may."""

    def overlook(self) -> None:
        """Who may read what may have changed unheard: see whether this one still may."""

    def farewell(self, *, now: bool) -> None:
        """The server goes: leave as soon as no answer is being shown, or at once."""


def nobody(what: str, **facts: Any) -> None:
    """There is one process, or none that could be told."""


class Hub:
    """Lives on the event loop; ids only, never conversation text."""

    def __init__(self) -> None:
        self.by_conversation: dict[uuid.UUID, set[Listener]] = {}
        self.by_person: dict[str, set[Listener]] = {}
        self.left = asyncio.Event()
        self.elsewhere: Callable[..., None] = nobody  # (what, **facts): to the sockets of other processes

    def enter(self, person: str, listener: Listener) -> int:
        """-> how many sockets the person has now."""
        there = self.by_person.setdefault(person, set())
        there.add(listener)
        return len(there)

    def open(self, conversation: uuid.UUID, listener: Listener) -> None:
        self.by_conversation.setdefault(conversation, set()).add(listener)

    def shut(self, conversation: uuid.UUID, listener: Listener) -> None:
        _discard(self.by_conversation, conversation, listener)

    def leave(self, person: str, listener: Listener, opened: Iterable[uuid.UUID]) -> None:
        """opened: what the listener had open."""
        _discard(self.by_person, person, listener)
        self.left.set()
        for conversation in opened:
            _discard(self.by_conversation, conversation, listener)

    def farewell(self, *, now: bool) -> None:
        """The server goes."""
        for listener in self._all():
            listener.farewell(now=now)

    async def empty(self) -> None:
        """Returns once everybody who was asked to leave has left."""
        self.farewell(now=True)
        while self.by_person:
            self.left.clear()
            await self.left.wait()

    def began(self, conversation: uuid.UUID, generation: uuid.UUID) -> None:
        for listener in list(self.by_conversation.get(conversation, ())):
            listener.began(conversation, generation)

    def tell(
        self,
        conversation: uuid.UUID,
        frame: str,
        *,
        besides: str | None = None,
        team: str | None = None,
        but: Listener | None = None,
    ) -> None:
        """Everybody who has it open, but one; besides, team: a person, and all of a team, are told wherever
        they are."""
        there = set(self.by_conversation.get(conversation, ())) | self.of_team(team)
        if besides is not None:
            there |= self.by_person.get(besides, set())
        for listener in there:
            if listener is not but:
                listener.told(frame)

    def tell_person(self, person: str, frame: str) -> None:
        """All sockets of one person, and nobody else."""
        for listener in list(self.by_person.get(person, ())):
            listener.told(frame)

    def of_team(self, team: str | None) -> set[Listener]:
        """The sockets of a team's people: their lists show what the team has."""
        if team is None:
            return set()
        return {one for there in self.by_person.values() for one in there if team in one.teams}

    def hush(self, answers: Collection[uuid.UUID]) -> None:
        """No socket shows any more of these."""
        for listener in self._all():
            listener.hush(answers)

    def overlook(self) -> None:
        """Everybody looks once whether they still may read what they have open."""
        for listener in self._all():
            listener.overlook()

    def _all(self) -> list[Listener]:
        return [one for there in self.by_person.values() for one in there]

    def forget(self, conversation: uuid.UUID) -> None:
        """It is gone: nobody has it open."""
        for listener in list(self.by_conversation.get(conversation, ())):
            listener.shut(conversation)

    def doubt(self, conversation: uuid.UUID, team: str | None = None) -> None:
        """team: whose lists showed it before."""
        for listener in set(self.by_conversation.get(conversation, ())) | self.of_team(team):
            listener.doubt(conversation)


def _discard(where: dict[Any, set[Listener]], key: Any, listener: Listener) -> None:
    there = where.get(key)
    if there is not None:
        there.discard(listener)
        if not there:
            del where[key]


hub = Hub()
