"""Files of other products come in whole, as the importer's own, or not at all."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from accounts.caller import Caller
from accounts.models import User
from accounts.selectors import caller_for
from chat import selectors
from chat.imports import BadFile, Found, read
from chat.models import Conversation, IndexRow, Message
from chat.search.finding import find
from chat.services import importing
from clawdsite.core.errors import BadRequest, InsufficientScope, NotFound
from tests.chat.world import World
from tests.proof import proves


def node(parent: str | None, role: str = "", *parts: Any, at: float = 1_700_000_000.0, **more: Any) -> Any:
    message = {
        "author": {"role": role},
        "content": {"content_type": "text", "parts": list(parts)},
        "create_time": at,
        **more,
    }
    return {"parent": parent, "children": [], "message": message if role else None}


def chatgpt() -> list[dict[str, Any]]:
    """Root, a hidden system message, a question, two answers (the second shown), a tool's word between."""
    mapping = {
        "root": node(None),
        "sys": node("root", "system", "be nice"),
        "q1": node("sys", "user", "第一个问题", {"content_type": "image_asset_pointer"}),
        "a1": node("q1", "assistant", "old answer", metadata={"model_slug": "gpt-x"}),
        "tool": node("q1", "tool", "looked something up"),
        "a2": node("tool", "assistant", "new answer"),
    }
    return [{"title": "旧的 chat", "create_time": 1_699_999_999.5, "mapping": mapping, "current_node": "a2"}]


def webui() -> list[dict[str, Any]]:
    messages = {
        "1": {"id": "1", "parentId": None, "role": "user", "content": "Hi", "timestamp": 1_700_000_000},
        "2": {"id": "2", "parentId": "1", "role": "assistant", "content": "Hello", "model": "qwen3:32b"},
        "3": {"parentId": "1", "role": "assistant", "content": [{"type": "text", "text": "Other"}]},
        "4": {"parentId": "3", "role": "user", "content": "See", "files": [{"type": "image"}]},
    }
    return [{"title": "From there", "chat": {"history": {"currentId": "4", "messages": messages}}}]


def path_to_leaf(one: Found) -> list[str]:
    turns = {turn.key: turn for turn in one.turns}
    found, at = [], one.leaf
    while at is not None:
        found.append(turns[at].text)
        at = turns[at].parent
    return found[::-1]


@proves("promise-E2")
def test_the_shown_branch_of_chatgpt_is_current_nodes_and_the_rest_are_branches(proof: str) -> None:
    (one,) = read(chatgpt())
    assert one.title == "旧的 chat"
    assert path_to_leaf(one) == ["第一个问题\n[image_asset_pointer: not imported]", "new answer"]
    assert {turn.text: turn.parent for turn in one.turns}["old answer"] == "q1"
    assert [turn.role for turn in one.turns] == ["user", "assistant", "assistant"]
    assert one.turns[1].model == "gpt-x"


@proves("promise-E2")
def test_open_webuis_shown_branch_is_current_ids(proof: str) -> None:
    (one,) = read(webui())
    assert path_to_leaf(one) == ["Hi", "Other", "See\n[image: not imported]"]
    assert one.turns[1].model == "qwen3:32b"


def test_a_current_node_that_is_not_shown_gives_way_to_the_turn_above_it() -> None:
    found = chatgpt()
    found[0]["current_node"] = "tool"
    assert path_to_leaf(read(found)[0]) == ["第一个问题\n[image_asset_pointer: not imported]"]


def wrong(found: list[dict[str, Any]], *path: str, to: Any = None) -> list[Any]:
    """Two good conversations, and a third with one thing changed; `to` None: taken out."""
    third = copy.deepcopy(found[0])
    at: Any = third
    for step in path[:-1]:
        at = at[step]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return [*found, *found, third]


CIRCLE = "conversation 3: its messages go round in a circle"
BAD = [
    (wrong(chatgpt(), "mapping"), "conversation 3: mapping missing"),
    (wrong(chatgpt(), "mapping", to=[]), "conversation 3: mapping is no object of objects"),
    (wrong(chatgpt(), "mapping", "a1", to=7), "conversation 3: mapping is no object of objects"),
    (wrong(chatgpt(), "current_node"), "conversation 3: current_node missing"),
    (wrong(chatgpt(), "current_node", to="x"), "conversation 3: current_node does not exist"),
    (wrong(chatgpt(), "mapping", "a1", "parent", to="x"), "conversation 3: mapping.a1 has an unknown parent"),
    (wrong(chatgpt(), "mapping", "root", "parent", to="a2"), CIRCLE),
    (wrong(chatgpt(), "mapping", "a1", "parent", to="a1"), CIRCLE),
    (wrong(chatgpt(), "mapping", "a1", "message", to=3), "conversation 3: mapping.a1.message is no object"),
    (wrong(webui(), "chat", "history"), "conversation 3: chat.history missing"),
    (wrong(webui(), "chat", "history", "messages"), "conversation 3: messages missing"),
    (wrong(webui(), "chat", "history", "currentId", to="9"), "conversation 3: currentId does not exist"),
    ([*chatgpt(), "x"], "conversation 2: it is no object"),
    ({"a": 1}, "a list of conversations was expected"),
]


@proves("promise-E2")
@pytest.mark.parametrize(("found", "says"), BAD, ids=[says for _, says in BAD])
@pytest.mark.django_db
def test_a_bad_file_imports_nothing_and_names_the_row(found: Any, says: str, proof: str) -> None:
    with pytest.raises(BadFile, match=f"^{says}$"):
        read(found)
    with pytest.raises(BadRequest) as refused:
        importing.store(person("alice"), found)
    assert (refused.value.details, refused.value.param) == (says, "file")
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    "value",
    [None, 1, True, [], {}, "x", [None], {"a": None}, 1e308, -1, "\x00", 10**400],
    ids=lambda value: repr(value)[:12],
)
@pytest.mark.parametrize(
    "where", ["title", "create_time", "mapping", "current_node", "message", "author", "parts"]
)
def test_any_value_anywhere_is_taken_or_refused(where: str, value: Any) -> None:
    found = chatgpt()
    target: dict[str, Any] = found[0]
    if where in ("message", "author", "parts"):
        target = target["mapping"]["a2"]
    if where in ("author", "parts"):
        target = target["message"]
    if where == "parts":
        target = target["content"]
    target[where] = value
    try:
        assert len(read(found)) == 1
    except BadFile as bad:
        assert str(bad).startswith("conversation 1: ")  # noqa: PT017 - either way is right


# ---- stored ------------------------------------------------------------------------------------


def person(name: str) -> Caller:
    user, _ = User.objects.get_or_create(username=name)
    return caller_for(user, session=f"of-{name}", issued=time.time())


@pytest.mark.django_db
def test_what_is_imported_is_the_importers_own_private_dated_and_found() -> None:
    alice, bob = person("alice"), person("bob")
    assert importing.store(alice, [*chatgpt(), *chatgpt()]) == {"conversations": 2, "messages": 6}
    cards = selectors.conversations(alice)["conversations"]
    said = [(one["team"], one["mine"], one["updated"][:10]) for one in cards]
    assert said == [(None, True, "2023-11-14")] * 2
    history = selectors.history(alice, Conversation.objects.all()[0].id)
    assert [one["text"] for one in history["messages"]][-1] == "new answer"
    assert history["leaf"] == history["messages"][-1]["id"]
    assert len(find(alice, "个问")["results"]) == 2
    assert find(bob, "个问")["results"] == []
    assert selectors.conversations(bob)["conversations"] == []


@pytest.mark.django_db
def test_only_a_person_who_may_write_imports() -> None:
    alice = person("alice")
    with pytest.raises(InsufficientScope):
        importing.store(Caller("person", alice.id, frozenset({"chat:read"})), chatgpt())
    with pytest.raises(NotFound):
        importing.store(Caller("client", "client:x", frozenset({"chat:read", "chat:write"})), chatgpt())


@pytest.mark.django_db
def test_a_conversation_without_messages_is_none() -> None:
    empty = [{"title": "x", "mapping": {}, "current_node": None}]
    assert importing.store(person("alice"), empty) == {"conversations": 0, "messages": 0}


@pytest.mark.django_db
def test_ten_thousand_messages_take_seconds() -> None:
    def conversation(number: int) -> dict[str, Any]:
        mapping = {"0": node(None)}
        for turn in range(1, 101):
            role = "assistant" if turn % 2 == 0 else "user"
            mapping[str(turn)] = node(str(turn - 1), role, f"第{number}次 message {turn} " * 5)
        return {"title": f"c{number}", "mapping": mapping, "current_node": "100"}

    begun = time.monotonic()
    stored = importing.store(person("alice"), [conversation(number) for number in range(100)])
    took = time.monotonic() - begun
    assert stored == {"conversations": 100, "messages": 10_000}
    assert IndexRow.objects.count() == 10_100
    assert Message.objects.filter(parent=None).count() == 100
    assert took < 30, took


@pytest.mark.parametrize("bound", ["AT_ONCE", "CHARACTERS"])
@pytest.mark.django_db
def test_all_appear_at_once_and_nothing_stays_of_what_breaks_off(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """In many small transactions: others, who write too, wait for none of them long."""
    alice, write = person("alice"), importing._write
    seen: list[int] = []

    def watched(rows: importing.Rows) -> None:
        write(rows)
        cards, hits = selectors.conversations(alice)["conversations"], find(alice, "answer")["results"]
        seen.append(len(cards) + len(hits))
        assert len(rows.messages) <= 1
        if Conversation.objects.filter(owner__username="bob").count() == 2:
            raise ConnectionError

    monkeypatch.setattr(importing, bound, 1)
    monkeypatch.setattr(importing, "_write", watched)
    importing.store(alice, [*chatgpt(), *webui()][:1] * 2)
    assert len(selectors.conversations(alice)["conversations"]) == 2
    assert len(seen) > Message.objects.count()
    assert set(seen) == {0}
    with pytest.raises(ConnectionError):
        importing.store(person("bob"), chatgpt() * 3)
    assert Conversation.objects.count() == 2
    assert IndexRow.objects.count() == 2 * 4


# ---- by HTTP -----------------------------------------------------------------------------------


def test_a_file_comes_in_by_http(world: World) -> None:
    client = world.client("dora")
    answer = client.post("/api/import", json=chatgpt())
    assert (answer.status_code, answer.json()) == (201, {"conversations": 1, "messages": 3})
    found = client.get("/api/search", params={"q": "第一个"}).json()["results"]
    assert [one["message"] is not None for one in found] == [True]
    bad = client.post("/api/import", json=[{"title": "x"}])
    assert bad.status_code == 400
    assert bad.json()["error"]["details"] == "conversation 1: mapping missing"
    assert client.post("/api/import", content=b"{", headers={"Content-Type": "text/plain"}).status_code == 415
    assert world.client("machine").post("/api/import", json=chatgpt()).status_code == 404


def test_a_file_may_have_50_mb_and_no_other_body_that_much(world: World) -> None:
    long = [{"title": "x", "mapping": {}, "current_node": None, "filler": "x" * 40_000_000}]
    body = json.dumps(long).encode()
    headers = {"Content-Type": "application/json"}
    assert world.client("dora").post("/api/import", content=body, headers=headers).status_code == 201
    assert world.client("dora").post("/api/conversations", content=body, headers=headers).status_code == 413
    over = world.client("dora").post("/api/import", content=b"x" * 50_000_001, headers=headers)
    assert over.status_code == 413
