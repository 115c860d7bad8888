"""A resumable answer of the API ends with its caller's right to ask, like any other (M7)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.chat import world as worlds
from tests.chat.test_generation import CHAT, ENDING
from tests.chat.test_matrix import KNOWN, WECOM
from tests.chat.test_resumable import Reader
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves

PEOPLE = {name: {"all": "member", "few": "member", "team-a": "member"} for name in ("alice", "bob")}


@pytest.fixture
def world(double: OllamaDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """People may ask by being of `all`; of `few` they may read."""
    monkeypatch.setattr(worlds, "PEOPLE", PEOPLE)
    double.script(CHAT, Reply.tokens(100_000, rate=100))
    with World(double, oauth2=[WECOM]) as world:
        world.run(KNOWN)
        yield world
    double.script(CHAT)


@proves("promise-M7")
def test_who_may_not_ask_any_more_stops_the_model_within_five_seconds(
    world: World, double: OllamaDouble
) -> None:
    reader = Reader(world)
    reader.ask(1500)  # and leaves
    other = Reader(world, "bob")
    other.ask(1500)
    mine, bobs = double.journal.to(CHAT)[-2:]
    world.run(ENDING, "alice", "all")
    lost = time.monotonic()
    double.wait_for(lambda journal: mine.left)
    assert time.monotonic() - lost < 5
    world.run(ENDING, "bob", "team-a")  # fewer rights, but not that one
    shown = bobs.sent
    double.wait_for(lambda journal: bobs.sent > shown + 5000)
    assert not bobs.left
