"""What is said is found by whoever reads it, from the moment it is stored."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.chat.test_http import API, began
from tests.chat.world import World, asked, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves


def search(world: World, query: str, who: str = "alice", **more: str) -> list[dict[str, Any]]:
    answer = world.client(who).get("/api/search", params={"q": query, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def word() -> str:
    """One that stands nowhere else."""
    return "w" + uuid.uuid4().hex


@proves("promise-M10")
def test_questions_answers_and_titles_are_found_by_whoever_reads_them(world: World, proof: str) -> None:
    mark = word()
    ack = began(world, text=f"{mark} 数据库迁移", team="team-a")
    found = search(world, f"{mark} 迁移")
    assert [(one["conversation"], one["message"], one["role"]) for one in found] == [
        (ack["c"], None, None),  # its title, until it has another
        (ack["c"], ack["mu"], "user"),
    ]
    assert {"text": "迁移", "hit": True} in found[1]["snippet"]
    answer = text_of(ack["frames"]).split()[0]
    assert ack["ma"] in {one["message"] for one in search(world, answer)}
    for who, count in (("bob", 2), ("machine", 2), ("charlie", 0), ("nobody", 0)):
        assert len(search(world, mark, who)) == count, who


@proves("promise-M10")
def test_what_is_moved_away_deleted_or_renamed_is_found_so_at_once(world: World, proof: str) -> None:
    mark, other = word(), word()
    ack = began(world, text=mark, team="team-a")
    address = f"{API}/{ack['c']}"
    alice = world.client("alice")
    alice.patch(address, json={"title": other})
    assert [one["message"] for one in search(world, mark)] == [ack["mu"]]
    assert [one["message"] for one in search(world, other, "bob")] == [None]
    alice.patch(address, json={"team": None})
    assert search(world, mark, "bob") == []
    alice.delete(address)
    assert search(world, mark) == []
    alice.post(f"{address}/undo", json={})
    assert len(search(world, mark)) == 1


def test_thinking_is_not_searched(world: World, double: OllamaDouble) -> None:
    thought, said = word(), word()
    parts = ({"thinking": thought}, {"content": said})
    lines = [{"message": {"role": "assistant", **one}, "done": False} for one in parts]
    double.script("/api/chat", Reply.lines(*lines, {"message": {}, "done": True, "done_reason": "stop"}))
    try:
        ack = began(world, opts={"think": True})
    finally:
        double.script("/api/chat")
    assert [one["message"] for one in search(world, said)] == [ack["ma"]]
    assert search(world, thought) == []


def test_a_question_that_was_refused_is_not_in_the_index(world: World, double: OllamaDouble) -> None:
    """Its row goes back with the transaction that stored it."""
    mark = word()
    double.script("/api/chat", Reply.tokens(1).stall("first"))
    try:
        with world.client().stream("POST", API, json=asked()) as running:
            first = next(line for line in running.iter_lines() if line.startswith("data: "))
            where = first.split('"c":"')[1].split('"')[0]
            busy = world.client("alice").post(f"{API}/{where}/messages", json=asked(mark))
            assert (busy.status_code, busy.json()["error"]["code"]) == (409, "busy")
            assert search(world, mark) == []
            double.release()
    finally:
        double.script("/api/chat")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "missing_required_parameter", "q"),
        ({"q": "x" * 201}, "too_long", "q"),
        ({"q": "x", "cursor": "no"}, None, "cursor"),
    ],
)
def test_a_bad_search_names_its_field(
    world: World, params: dict[str, str], code: str | None, param: str
) -> None:
    answer = world.client().get("/api/search", params=params)
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (code, param)
