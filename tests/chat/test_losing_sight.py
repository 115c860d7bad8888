"""Who loses a conversation just as they begin to look at it, or unheard, sees no more of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chat import acts, consumers, relay, telling
from chat.hub import hub
from chat.models import Conversation
from chat.search import index
from tests.chat.engines.conftest import begun
from tests.chat.socketparts import Wire, awaited, opened, soon
from tests.proof import proves

C, G = uuid.UUID(int=1), uuid.UUID(int=2)


class Facts:
    """What the database says: of the conversation, of its answer, and what happens while it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost = False
        self.meanwhile: Callable[[str], None] = lambda _: None
        monkeypatch.setattr(acts.access, "get", lambda *_: self._say("get", None))
        monkeypatch.setattr(acts.access, "generation", lambda *_: self._say("get", Row()))
        for name in ("_hidden", "_unreadable"):
            monkeypatch.setattr(acts, name, partial(self._looked, name))
        monkeypatch.setattr(acts, "_running_in", lambda *_: self._say("running", [G]))

    def _looked(self, name: str, _: Any, asked: list[uuid.UUID]) -> list[uuid.UUID]:
        found = list(asked) if self.lost else []
        self.meanwhile(name)
        return found

    def _say(self, what: str, answer: Any) -> Any:
        self.meanwhile(what)
        return answer


class Row:
    id = G


def shown(monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Answers whose showing began and was not ended."""
    here: list[uuid.UUID] = []

    async def show(_: Any, generation: uuid.UUID, after: int) -> None:
        here.append(generation)
        try:
            await asyncio.Event().wait()
        finally:
            here.remove(generation)

    monkeypatch.setattr(consumers.ChatConsumer, "show", show)
    return here


async def settled(wire: Wire) -> list[str]:
    """The types of all frames up to the answer of a ping, when everything else is done."""
    wire.say("ping", n=9)
    kinds = []
    while not kinds or kinds[-1] != "pong":
        kinds.append((await wire.next())["t"])
    for socket in hub.by_person["7"]:
        while tasks := [task for task in socket.tasks if not task.done()]:  # type: ignore[attr-defined]
            await asyncio.wait(tasks)
    await asyncio.sleep(0)
    return kinds


@proves("promise-M6")
@pytest.mark.parametrize("at", ["get", "_hidden", "_unreadable", "running"])
@awaited
async def test_it_is_moved_away_while_it_is_opened(monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    facts, here = Facts(monkeypatch), shown(monkeypatch)
    loop = asyncio.get_running_loop()

    def moved(what: str) -> None:
        if what == at and not facts.lost:
            facts.lost = True
            loop.call_soon_threadsafe(hub.doubt, C)

    async with opened(monkeypatch, soon(1000)) as wire:
        facts.meanwhile = moved
        wire.say("sub", c=str(C))
        await settled(wire)
        await settled(wire)
        assert facts.lost
        assert here == []
        assert C not in hub.by_conversation


@proves("promise-M6")
@awaited
async def test_it_is_moved_away_while_its_answer_is_come_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    facts, here = Facts(monkeypatch), shown(monkeypatch)

    def moved(what: str) -> None:
        facts.lost = facts.lost or what == "get"

    async with opened(monkeypatch, soon(1000)) as wire:
        facts.meanwhile = moved
        wire.say("resume", g=str(G), s=0)
        await settled(wire)
        assert here == []


@proves("promise-M6", "fault-F38")
@awaited
async def test_what_happened_while_redis_was_away_is_looked_for_once_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = Facts(monkeypatch)
    monkeypatch.setattr(acts, "_running_in", lambda *_: [])
    monkeypatch.setattr(relay, "_running_in", lambda *_: [])
    async with opened(monkeypatch, soon(1000)) as wire:
        wire.say("sub", c=str(C))
        await settled(wire)
        assert C in hub.by_conversation
        facts.lost = True
        await relay.catch_up()
        assert (await wire.next())["t"] == "conv.deleted"
        assert C not in hub.by_conversation


class Heard:
    """A listener that writes down what it is told."""

    teams: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.frames: list[str] = []

    def told(self, frame: str) -> None:
        self.frames.append(frame)


@proves("promise-M6")
@pytest.mark.django_db(transaction=True)
def test_who_asked_there_when_it_was_a_teams_is_told_no_title_of_what_is_private_now() -> None:
    where = Conversation.objects.get(generations=begun())
    index.keep_title(where)
    bob, owner = Heard(), Heard()

    async def lived() -> None:
        hub.enter("bob", bob)  # type: ignore[arg-type]
        hub.enter(str(where.owner_id), owner)  # type: ignore[arg-type]
        try:
            await relay.act("updated", {"c": str(where.id), "person": "bob", "team": "team-a"})
        finally:
            hub.leave("bob", bob, [])  # type: ignore[arg-type]
            hub.leave(str(where.owner_id), owner, [])  # type: ignore[arg-type]

    asyncio.run(lived())
    assert bob.frames == []
    assert len(owner.frames) == 1


@pytest.mark.django_db
def test_of_what_was_deleted_meanwhile_nothing_is_said() -> None:
    where = Conversation.objects.get(generations=begun())
    assert telling.facts_of(str(where.id))
    Conversation.objects.update(deleted=where.updated)
    assert telling.facts_of(str(where.id)) is None
    telling.updated(None, "bob")
