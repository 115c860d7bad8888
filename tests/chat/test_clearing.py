"""An API call without messages clears the context of its session, where that is a conversation (S6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_http import API, began
from tests.chat.world import World, asked
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves

CHAT = "/v1/chat/completions"


def roles(world: World, conversation: str) -> list[str]:
    return [one["role"] for one in world.client().get(f"{API}/{conversation}/messages").json()["messages"]]


def cleared(world: World, who: str, session: str) -> dict[str, Any]:
    """What the API says, without what differs in every answer."""
    answer = world.client(who).post(CHAT, json={"messages": []}, headers={"X-Session-Id": session})
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if name not in ("id", "created")}


@proves("promise-S6")
def test_what_was_said_before_goes_up_no_more_and_open_pages_draw_the_line(
    world: World, double: OllamaDouble
) -> None:
    ack = began(world, text="before the line", team="team-a")
    with Socket(world, "alice") as alice:
        alice.send("sub", c=ack["c"])
        alice.send("ping", n=1)
        alice.wait("pong", n=1)
        cleared(world, "bob", ack["c"])
        alice.wait("context.cleared", c=ack["c"])
    world.client().post(f"{API}/{ack['c']}/messages", json=asked("behind the line"))
    sent = double.journal.to("/api/chat")[-1].body["messages"]
    assert [one["content"] for one in sent] == ["behind the line"]


@pytest.mark.parametrize("who", ["charlie", "machine"])
@proves("promise-S6", "hard-H54")
def test_of_a_conversation_that_one_may_not_continue_nothing_changes_nor_is_learned(
    world: World, who: str
) -> None:
    ack = began(world, team="team-a")
    assert cleared(world, who, ack["c"]) == cleared(world, who, "any-other")
    assert roles(world, ack["c"]) == ["user", "assistant"]
    cleared(world, "alice", ack["c"].upper())  # spelled otherwise than ours
    assert roles(world, ack["c"]) == ["user", "assistant"]
