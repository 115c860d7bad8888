"""An answer that was cut goes on in the same message: what it had, then more, and nothing twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, history, some
from tests.chat.test_http import API, began
from tests.chat.world import World, asked, frames_of, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.redis_server import running

HEAD: dict[str, Any] = {"model": "qwen3:32b", "created_at": "2026-11-25T09:30:00Z"}
DONE = {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 3}


def said(*parts: str, **last: Any) -> Reply:
    """The model says exactly these."""
    lines = [HEAD | {"message": {"role": "assistant", "content": part}, "done": False} for part in parts]
    return Reply.lines(*lines, HEAD | {"message": {"role": "assistant", "content": ""}} | DONE | last)


def regen(socket: Socket, ack: dict[str, Any], **more: Any) -> str:
    sent_id = str(uuid.uuid4())
    socket.send("chat.regen", id=sent_id, c=ack["c"], m=ack["ma"], more=True, **more)
    return sent_id


def shown(frames: list[dict[str, Any]], generation: str, kind: str = "text") -> str:
    """What a client that begins with nothing makes of an answer's frames."""
    deltas = [one for one in frames if one["t"] == "delta" and one["g"] == generation]
    assert [one["s"] for one in deltas] == list(range(1, len(deltas) + 1))
    return "".join(one["d"] for one in deltas if one["k"] == kind)


@pytest.fixture
def plain(double: OllamaDouble) -> Iterator[OllamaDouble]:
    yield double
    double.script(CHAT)


def cut(world: World, double: OllamaDouble, **more: Any) -> dict[str, Any]:
    """A conversation whose answer ended for its length: `One two`."""
    double.script(CHAT, said("One", " two", done_reason="length"))
    return began(world, **more)


@proves("promise-M9")
@pytest.mark.parametrize("engine", ["database", "redis"])
@pytest.mark.parametrize("thinking", [0, 10])
def test_an_answer_whose_process_was_killed_goes_on(engine: str, thinking: int) -> None:
    with ExitStack() as stack:
        double = stack.enter_context(OllamaDouble())
        double.script(CHAT, Reply.tokens(100_000, rate=200, thinking=thinking))
        parts = {"redis_url": stack.enter_context(running()).url} if engine == "redis" else {}
        world = stack.enter_context(World(double, **parts))
        with Socket(world) as socket:
            ack = socket.ask()
            while not any(one["t"] == "delta" and one["k"] == "text" for one in socket.seen):
                socket.next()
            some(socket, ack["g"], 20)
            world.child.kill()
            socket.closed()
            before = shown(socket.seen, ack["g"])
        world.child.wait(10)
        world.again()
        world.wait_for(lambda: history(world, ack["c"])[1]["state"] == "interrupted")
        kept = history(world, ack["c"])[1]
        double.script(CHAT, said(" and", " 完整", "."))
        with Socket(world) as socket:
            sent_id = regen(socket, ack)
            more = socket.wait("ack", id=sent_id)
            assert (more["c"], more["ma"]) == (ack["c"], ack["ma"])
            assert more["g"] != ack["g"]
            assert socket.wait("gen.start", g=more["g"])["m"] == ack["ma"]
            end = socket.wait("gen.end", g=more["g"])
            assert (end["reason"], end["m"]) == ("stop", ack["ma"])
            whole = shown(socket.seen, more["g"])
            thought = shown(socket.seen, more["g"], "think")
        assert kept["text"].startswith(before)
        assert whole == kept["text"] + " and 完整."
        assert thought == kept["thinking"]
        answer = history(world, ack["c"])[1]
        assert (answer["text"], answer["thinking"]) == (whole, thought)
        assert (answer["state"], answer["id"], answer["generation"]) == ("complete", ack["ma"], more["g"])
        up = [one.body for one in double.journal.to(CHAT)][-1]
        assert up["messages"][-1] == {"role": "assistant", "content": kept["text"]}
        assert up["think"] is False


def test_one_that_was_too_long_goes_on_by_http(world: World, plain: OllamaDouble) -> None:
    ack = cut(world, plain)
    plain.script(CHAT, said(" three"))
    body = {"t": "chat.regen", "id": str(uuid.uuid4()), "m": ack["ma"], "more": True}
    answer = world.client().post(f"{API}/{ack['c']}/messages", json=body)
    frames = frames_of(answer.text)
    assert (frames[0]["t"], frames[0]["ma"], frames[-1]["reason"]) == ("ack", ack["ma"], "stop")
    assert text_of(frames) == "One two three"
    assert len(history(world, ack["c"])) == 2
    assert history(world, ack["c"])[1]["text"] == "One two three"


def test_it_can_be_stopped_and_go_on_again_and_again(world: World, plain: OllamaDouble) -> None:
    plain.script(CHAT, Reply.tokens(1000, rate=100))
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"])
        generation, before = ack["g"], ""
        for _ in range(3):
            socket.send("chat.stop", id=str(uuid.uuid4()), g=generation)
            assert socket.wait("gen.end", g=generation)["reason"] == "stopped"
            text = history(world, ack["c"])[1]["text"]
            assert text == shown(socket.seen, generation)
            assert text.startswith(before)
            before = text
            generation = socket.wait("ack", id=regen(socket, ack))["g"]
            some(socket, generation)
        socket.send("chat.stop", id=str(uuid.uuid4()), g=generation)
        socket.wait("gen.end", g=generation)


def test_one_that_was_cut_while_it_thought_thinks_anew_below(world: World, plain: OllamaDouble) -> None:
    plain.script(CHAT, Reply.tokens(1, rate=100, thinking=1000))
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"])
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        socket.wait("gen.end", g=ack["g"])
        thought = history(world, ack["c"])[1]["thinking"]
        plain.script(CHAT, said("Done."))
        more = socket.wait("ack", id=regen(socket, ack))
        socket.wait("gen.end", g=more["g"])
    answer = history(world, ack["c"])[1]
    assert (answer["thinking"], answer["text"]) == (f"{thought}\n\n", "Done.")
    assert plain.journal.to(CHAT)[-1].body["messages"][-1]["role"] == "user"


def test_a_failure_at_once_leaves_the_text_as_it_was(world: World, plain: OllamaDouble) -> None:
    ack = cut(world, plain)
    plain.script(CHAT, Reply.error(500, "out of memory"))
    with Socket(world) as socket:
        more = socket.wait("ack", id=regen(socket, ack))
        end = socket.wait("gen.end", g=more["g"])
        assert end["reason"] == "error"
        assert shown(socket.seen, more["g"]) == "One two"
        failed = history(world, ack["c"])[1]
        assert (failed["state"], failed["text"]) == ("failed", "One two")
        plain.script(CHAT, said("!"))
        again = socket.wait("ack", id=regen(socket, ack))
        socket.wait("gen.end", g=again["g"])
    assert history(world, ack["c"])[1]["text"] == "One two!"


def test_the_model_that_began_it_goes_on_with_it(world: World, plain: OllamaDouble) -> None:
    ack = cut(world, plain, opts={"model": "plain:latest"})
    plain.script(CHAT, said("."))
    with Socket(world) as socket:
        more = socket.wait("ack", id=regen(socket, ack))
        assert socket.wait("gen.start", g=more["g"])["model"] == "plain:latest"
        socket.wait("gen.end", g=more["g"])
    assert plain.journal.to(CHAT)[-1].model == "plain:latest"


def test_a_late_client_of_the_first_part_is_given_the_whole(world: World, plain: OllamaDouble) -> None:
    ack = cut(world, plain)
    plain.script(CHAT, said(" three"))
    with Socket(world) as socket:
        more = socket.wait("ack", id=regen(socket, ack))
        socket.wait("gen.end", g=more["g"])
    with Socket(world) as late:
        late.send("resume", g=ack["g"], s=0)
        assert late.wait("gen.end", g=ack["g"])["m"] == ack["ma"]
        assert text_of(late.seen) == "One two"


@pytest.mark.parametrize("what", ["whole", "followed", "question", "unknown"])
def test_what_cannot_go_on_says_so_and_nothing_changes(world: World, plain: OllamaDouble, what: str) -> None:
    ack = began(world) if what == "whole" else cut(world, plain)
    code, wanted = "not_continuable", ack["ma"]
    if what == "followed":
        world.client().post(f"{API}/{ack['c']}/messages", json=asked("And?"))
    elif what == "question":
        wanted = ack["mu"]
    elif what == "unknown":
        code, wanted = "not_found", str(uuid.uuid4())
    before = history(world, ack["c"])
    with Socket(world) as socket:
        sent_id = regen(socket, ack | {"ma": wanted})
        assert socket.wait("error", id=sent_id)["code"] == code
    body = {"t": "chat.regen", "id": str(uuid.uuid4()), "m": wanted, "more": True}
    refused = world.client().post(f"{API}/{ack['c']}/messages", json=body)
    assert refused.json()["error"]["code"] == code
    assert history(world, ack["c"]) == before


def test_one_that_is_being_written_is_busy(world: World, plain: OllamaDouble) -> None:
    plain.script(CHAT, Reply.tokens(1000, rate=100))
    with Socket(world) as socket:
        ack = socket.ask()
        some(socket, ack["g"], 1)
        assert socket.wait("error", id=regen(socket, ack))["code"] == "busy"
        socket.send("chat.stop", id=str(uuid.uuid4()), g=ack["g"])
        socket.wait("gen.end", g=ack["g"])


def test_who_may_not_ask_there_finds_nothing(world: World, plain: OllamaDouble) -> None:
    ack = cut(world, plain, team="team-a")
    with Socket(world, "charlie") as outsider:
        assert outsider.wait("error", id=regen(outsider, ack))["code"] == "not_found"
    plain.script(CHAT, said("."))
    with Socket(world, "bob") as teammate:
        more = teammate.wait("ack", id=regen(teammate, ack))
        teammate.wait("gen.end", g=more["g"])
    assert history(world, ack["c"])[1]["text"] == "One two."
