"""Questions by the socket count as those by HTTP do: for the person, and for their address (S30)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.chat.sockets import Socket
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves

NONE: dict[str, Any] = {"per_user": {"rpm": None, "parallel": None}, "per_address": {"rpm": None}}


@pytest.mark.parametrize("which", ["per_user", "per_address"])
@proves("promise-S30", "hard-H28")
def test_a_question_too_many_is_refused_and_the_socket_stays(double: OllamaDouble, which: str) -> None:
    two = {"rpm": 2, "parallel": None} if which == "per_user" else {"rpm": 2}
    with World(double, limits=NONE | {which: two}) as world, Socket(world) as socket:
        for _ in range(2):
            socket.wait("gen.end", g=socket.ask()["g"])
        sent_id = str(uuid.uuid4())
        socket.send("chat.send", id=sent_id, c=None, text="one more", images=[], opts={})
        told = socket.wait("error", id=sent_id)
        assert (told["code"], told["retry"]) == ("rate_limit_exceeded", True)
        assert 0 < told["retry_after_ms"] <= 60_000
        with Socket(world, "bob") as other:  # of the same address
            other.send("chat.send", id=sent_id, c=None, text="mine", images=[], opts={})
            first = other.until(lambda frame: frame["t"] in ("ack", "error"))
            assert first["t"] == ("ack" if which == "per_user" else "error")
        socket.send("ping", n=1)
        socket.wait("pong", n=1)
