"""kill -9 at fifty random moments: what a client was sent is there, and the conversation goes on."""

from __future__ import annotations

import random
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_continue import said
from tests.chat.test_generation import CHAT, history
from tests.chat.world import World, asked, frames_of, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.redis_server import running

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800)]

MOMENTS = 50
PEOPLE = ("alice", "charlie", "nobody")


@dataclass
class Sent:
    """What a client was sent of one answer before its process died."""

    who: str
    question: str
    conversation: str
    frames: list[dict[str, Any]] = field(default_factory=list)

    def joined(self, kind: str) -> str:
        return "".join(frame["d"] for frame in self.frames if frame["t"] == "delta" and frame["k"] == kind)


def killed(world: World, moment: int, rolled: random.Random) -> list[Sent]:
    """Three people ask, and some time later the process is killed."""
    sent = []
    with ExitStack() as stack:
        sockets = [stack.enter_context(Socket(world, who)) for who in PEOPLE]
        for who, socket in zip(PEOPLE, sockets, strict=True):
            question = f"question {moment} of {who}"
            sent.append(Sent(who, question, socket.ask(question)["c"], socket.seen))
        time.sleep(rolled.random() * 1.2)  # the moment
        world.child.kill()
        for socket in sockets:
            socket.closed()
    return sent


def lost(world: World, one: Sent) -> str:
    """What is not there of what was sent, in words."""
    question, answer = history(world, one.conversation, one.who)[:2]
    if question["text"] != one.question:
        return f"the question {one.question}"
    if not answer["text"].startswith(one.joined("text")):
        return f"the answer to {one.question}"
    if not answer["thinking"].startswith(one.joined("think")):
        return f"the thinking about {one.question}"
    numbers = [frame["s"] for frame in one.frames if frame["t"] == "delta"]
    return "" if numbers == list(range(1, len(numbers) + 1)) else f"a number of {one.question}"


def went_on(world: World, one: Sent) -> None:
    """`continue`: what there was, then the rest, in the same message."""
    before = history(world, one.conversation, one.who)[1]
    body = {"t": "chat.regen", "id": str(uuid.uuid4()), "m": before["id"], "more": True}
    address = f"/api/conversations/{one.conversation}/messages"
    frames = frames_of(world.client(one.who).post(address, json=body).text)
    after = history(world, one.conversation, one.who)[1]
    assert after["id"] == before["id"]
    assert after["text"] == text_of(frames) == f"{before['text']} and the end."


@proves("promise-M9")
@pytest.mark.parametrize("engine", ["database", "redis"])
def test_killed_at_fifty_moments_it_loses_nothing_that_was_sent(engine: str) -> None:
    rolled = random.Random(50)
    with ExitStack() as stack:
        double = stack.enter_context(OllamaDouble())
        double.script(CHAT, Reply.tokens(100_000, rate=200, thinking=40))
        parts = {"redis_url": stack.enter_context(running()).url} if engine == "redis" else {}
        world = stack.enter_context(World(double, **parts))
        sent: list[Sent] = []
        for moment in range(MOMENTS):
            sent += killed(world, moment, rolled)
            world.again()
        last = sent[-1]
        world.wait_for(lambda: history(world, last.conversation, last.who)[1]["state"] == "interrupted")
        assert [words for words in (lost(world, one) for one in sent) if words] == []
        assert sum(bool(one.joined("text")) for one in sent) > MOMENTS
        double.script(CHAT, said(" and", " the end."))
        for one in sent[:3]:
            went_on(world, one)
        double.script(CHAT)
        for one in sent[:3]:
            body = asked("go on", c=one.conversation)
            address = f"/api/conversations/{one.conversation}/messages"
            more = world.client(one.who).post(address, json=body)
            assert frames_of(more.text)[-1]["reason"] == "stop"
            assert text_of(frames_of(more.text))
