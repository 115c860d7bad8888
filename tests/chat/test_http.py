"""Conversations by HTTP: a teammate continues one, an outsider finds nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.chat.world import World, asked, frames_of, text_of
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves

API = "/api/conversations"


def began(world: World, who: str = "alice", **more: Any) -> dict[str, Any]:
    """A conversation with one answer -> the ack of its question, with all frames under `frames`."""
    answer = world.client(who).post(API, json=asked(**more))
    assert answer.status_code == 200, answer.text
    frames = frames_of(answer.text)
    return frames[0] | {"frames": frames}


def test_a_question_is_stored_and_its_answer_streams_as_frames(world: World) -> None:
    ack = began(world)
    kinds = [frame["t"] for frame in ack["frames"]]
    assert kinds[0] == "ack"
    assert kinds[-1] == "gen.end"
    assert "delta" in kinds
    numbers = [frame["s"] for frame in ack["frames"] if frame["t"] == "delta"]
    assert numbers == list(range(1, len(numbers) + 1))
    history = world.client().get(f"{API}/{ack['c']}/messages").json()
    question, answer = history["messages"]
    assert question["text"] == "Hello"
    assert answer["text"] == text_of(ack["frames"]) != ""
    assert answer["state"] == "complete"
    assert history["leaf"] == answer["id"]


def test_a_new_conversation_is_private_unless_a_team_is_named(world: World) -> None:
    private, shared = began(world), began(world, team="team-a")
    assert world.client().get(f"{API}/{private['c']}").json()["team"] is None
    assert world.client().get(f"{API}/{shared['c']}").json()["team"] == "team-a"
    assert world.client("bob").get(f"{API}/{private['c']}").status_code == 404


SHARING = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import Team
Team.objects.filter(slug="team-b").update(default_visibility=sys.argv[2])
"""


def test_where_the_team_wishes_it_a_new_conversation_is_the_teams_unless_it_is_said(world: World) -> None:
    world.run(SHARING, "team")
    try:
        shared, private = began(world, "charlie"), began(world, "charlie", team=None)
    finally:
        world.run(SHARING, "private")
    assert world.client("dora").get(f"{API}/{shared['c']}").json()["team"] == "team-b"
    assert world.client("charlie").get(f"{API}/{private['c']}").json()["team"] is None


def test_a_teammate_continues_it_and_the_owner_sees_that(world: World) -> None:
    ack = began(world, team="team-a")
    answer = world.client("bob").post(f"{API}/{ack['c']}/messages", json=asked("And more"))
    assert answer.status_code == 200, answer.text
    messages = world.client("alice").get(f"{API}/{ack['c']}/messages").json()["messages"]
    assert [one["text"] for one in messages if one["role"] == "user"] == ["Hello", "And more"]
    assert messages[2]["asker"] == "Bob"
    owner = world.client("bob").get(f"{API}/{ack['c']}").json()["owner"]["id"]
    assert [one["asker_id"] == owner for one in messages[:3]] == [True, True, False]
    assert messages[2]["parent"] == ack["ma"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "mine now"}),
        ("PATCH", "", {"team": "team-b"}),
        ("PATCH", "", {"pinned": True}),
        ("DELETE", "", None),
        ("POST", "/undo", {}),
        ("GET", "/messages", None),
        ("POST", "/messages", {"text": "x"}),
        ("GET", "/export", None),
    ],
)
@proves("hard-H54")
def test_an_outsider_finds_what_a_random_id_would_give(
    world: World, method: str, path: str, body: dict[str, Any] | None
) -> None:
    ack = began(world, team="team-a")
    client = world.client("charlie")
    sent = {"id": str(uuid.uuid4())} | body if body is not None and "text" in body else body
    theirs = client.request(method, f"{API}/{ack['c']}{path}", json=sent)
    nobodys = client.request(method, f"{API}/{uuid.uuid4()}{path}", json=sent)
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()
    assert world.client("alice").get(f"{API}/{ack['c']}").json()["title"] == "Hello"


def test_all_that_one_pinned_comes_with_the_first_page(world: World) -> None:
    ack = began(world, "dora", text="keep me")
    dora = world.client("dora")
    assert dora.get(API).json()["pinned"] == []
    dora.patch(f"{API}/{ack['c']}", json={"pinned": True})
    found = dora.get(API).json()
    assert [one["id"] for one in found["pinned"]] == [ack["c"]]
    assert found["pinned"][0] in found["conversations"]
    assert "pinned" not in dora.get(API, params={"archived": "true"}).json()
    dora.patch(f"{API}/{ack['c']}", json={"archived": True})
    assert dora.get(API).json()["pinned"] == []


def test_lists_hold_exactly_what_may_be_read(world: World) -> None:
    private, shared = began(world), began(world, team="team-a")

    def listed(who: str) -> set[str]:
        found, cursor = set(), ""
        while cursor is not None:
            page = world.client(who).get(API, params={"cursor": cursor}).json()
            found |= {one["id"] for one in page["conversations"]}
            cursor = page["next"]
        return found

    assert {private["c"], shared["c"]} <= listed("alice")
    assert shared["c"] in listed("bob")
    assert private["c"] not in listed("bob")
    assert {private["c"], shared["c"]}.isdisjoint(listed("charlie"))
    assert shared["c"] in listed("machine")
    assert private["c"] not in listed("machine")


def test_a_program_reads_the_team_and_writes_nothing(world: World) -> None:
    ack = began(world, team="team-a")
    machine = world.client("machine")
    assert machine.get(f"{API}/{ack['c']}/messages").status_code == 200
    assert machine.post(f"{API}/{ack['c']}/messages", json=asked()).status_code == 404
    assert machine.post(API, json=asked()).status_code == 404
    assert machine.patch(f"{API}/{ack['c']}", json={"title": "x"}).status_code == 404


def test_renaming_is_the_owners_and_the_leads(world: World) -> None:
    ack = began(world, team="team-a")
    address = f"{API}/{ack['c']}"
    assert world.client("bob").patch(address, json={"title": "bob's"}).status_code == 404
    assert world.client("alice").patch(address, json={"title": "alice's"}).json()["title"] == "alice's"
    assert world.client("lena").patch(address, json={"title": "lena's"}).json()["title"] == "lena's"


def test_a_deletion_is_undone_by_the_owner_and_hides_it_meanwhile(world: World) -> None:
    ack = began(world, team="team-a")
    address = f"{API}/{ack['c']}"
    assert world.client("alice").delete(address).status_code == 204
    assert world.client("alice").get(address).status_code == 404
    assert world.client("bob").post(f"{address}/undo", json={}).status_code == 404
    assert world.client("alice").post(f"{address}/undo", json={}).json()["id"] == ack["c"]
    assert world.client("bob").get(address).status_code == 200


def test_the_owner_moves_it_and_who_loses_sight_finds_nothing(world: World) -> None:
    ack = began(world, team="team-a")
    address = f"{API}/{ack['c']}"
    assert world.client("alice").patch(address, json={"team": "team-b"}).status_code == 404
    assert world.client("bob").get(address).status_code == 200
    assert world.client("alice").patch(address, json={"team": None}).json()["team"] is None
    assert world.client("bob").get(address).status_code == 404


def test_pin_and_archive_are_each_readers_own(world: World) -> None:
    ack = began(world, team="team-a")
    address = f"{API}/{ack['c']}"
    assert world.client("bob").patch(address, json={"pinned": True, "archived": True}).json()["pinned"]
    assert not world.client("alice").get(address).json()["pinned"]
    archived = world.client("bob").get(API, params={"archived": "true"}).json()["conversations"]
    assert ack["c"] in {one["id"] for one in archived}


def test_the_same_id_again_is_one_message_and_another_body_a_conflict(world: World) -> None:
    question = asked("only once")
    first = frames_of(world.client().post(API, json=question).text)
    again = frames_of(world.client().post(API, json=question).text)
    assert first[0] == again[0]
    assert text_of(first) == text_of(again)
    other = world.client().post(API, json=question | {"text": "something else"})
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "conflict"
    messages = world.client().get(f"{API}/{first[0]['c']}/messages").json()["messages"]
    assert len(messages) == 2


def test_regenerating_makes_a_branch_beside_the_first_answer(world: World) -> None:
    ack = began(world)
    body = {"t": "chat.regen", "id": str(uuid.uuid4()), "m": ack["ma"]}
    again = frames_of(world.client().post(f"{API}/{ack['c']}/messages", json=body).text)
    messages = world.client().get(f"{API}/{ack['c']}/messages").json()
    answers = [one for one in messages["messages"] if one["role"] == "assistant"]
    assert [one["parent"] for one in answers] == [ack["mu"], ack["mu"]]
    assert messages["leaf"] == again[0]["ma"]


def test_an_export_is_what_reading_allows(world: World) -> None:
    ack = began(world, team="team-a")
    found = world.client("bob").get(f"{API}/{ack['c']}/export")
    assert found.headers["content-disposition"].startswith("attachment")
    assert "## Alice\n\nHello" in found.text
    whole = world.client("bob").get(f"{API}/{ack['c']}/export", params={"format": "json"}).json()
    assert [one["role"] for one in whole["messages"]] == ["user", "assistant"]
    wrong = world.client("bob").get(f"{API}/{ack['c']}/export", params={"format": "pdf"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["param"] == "format"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"text": "x"}, "bad_request", "id"),
        ({"id": "1", "text": "x"}, "bad_request", "id"),
        ({"id": str(uuid.uuid4())}, "bad_request", "text"),
        ({"id": str(uuid.uuid4()), "text": "  "}, "bad_request", "text"),
        ({"id": str(uuid.uuid4()), "text": "a\x00b"}, "bad_request", "text"),
        ({"id": str(uuid.uuid4()), "text": "x" * 200_001}, "too_long", "text"),
        ({"id": str(uuid.uuid4()), "text": "x", "images": "no"}, "bad_request", "images"),
        ({"id": str(uuid.uuid4()), "text": "x", "opts": {"think": 1}}, "bad_request", "opts.think"),
    ],
)
def test_a_bad_question_names_its_field(world: World, body: dict[str, Any], code: str, param: str) -> None:
    answer = world.client().post(API, json=body)
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (code, param)


def test_an_unknown_model_stores_nothing(world: World) -> None:
    before = len(world.client("dora").get(API).json()["conversations"])
    answer = world.client("dora").post(API, json=asked(opts={"model": "no-such-model"}))
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert len(world.client("dora").get(API).json()["conversations"]) == before


def test_a_first_question_that_is_edited_begins_another_branch(world: World) -> None:
    ack = began(world)
    body = asked("Hello, edited", parent=None)
    more = frames_of(world.client().post(f"{API}/{ack['c']}/messages", json=body).text)[0]
    messages = world.client().get(f"{API}/{ack['c']}/messages").json()["messages"]
    assert [one["parent"] for one in messages if one["role"] == "user"] == [None, None]
    follows = frames_of(world.client().post(f"{API}/{ack['c']}/messages", json=asked("On")).text)[0]
    messages = world.client().get(f"{API}/{ack['c']}/messages").json()["messages"]
    assert {one["id"]: one["parent"] for one in messages}[follows["mu"]] == more["ma"]


def test_an_answer_says_how_long_it_thought(world: World, double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.tokens(4, rate=20, thinking=6))
    ack = began(world)
    double.script("/api/chat")
    assert 200 < ack["frames"][-1]["usage"]["thought_ms"] < 5000
    answer = world.client().get(f"{API}/{ack['c']}/messages").json()["messages"][1]
    assert answer["thought_ms"] == ack["frames"][-1]["usage"]["thought_ms"]
