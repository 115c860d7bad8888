"""A new conversation gets a title from the model, last in line, and never over a person's."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from chat.services.titles import LONGEST, clean
from tests.chat.sockets import Socket
from tests.chat.test_http import API, began
from tests.chat.test_import import chatgpt
from tests.chat.world import World, asked, frames_of
from tests.doubles.journal import Exchange
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves


class Titling:
    """What the double says when it is asked for a title. replies: of the next ones; else `named`."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.named = "The Title"
        self.failing = False

    def __call__(self, exchange: Exchange) -> Reply | None:
        content = exchange.body["messages"][-1]["content"]
        if "Write a title" not in content and "写一个标题" not in content:
            return None
        self.asked.append(exchange.body)
        if self.failing:
            return Reply.error(500, "no")
        message = {"role": "assistant", "content": self.named}
        end = {"done_reason": "stop", "prompt_eval_count": 5, "eval_count": 3}
        return Reply.lines({"message": message, "done": False}, {"message": {}, "done": True, **end})


@pytest.fixture(scope="module")
def titling(double: OllamaDouble) -> Titling:
    found = Titling()
    double.script("/api/chat", found)
    return found


@pytest.fixture(scope="module")
def world(double: OllamaDouble, titling: Titling) -> Iterator[World]:
    limits = {"per_user": {"rpm": None, "parallel": 1}, "per_address": {"rpm": None}}
    with World(double, chat={"titles": True}, limits=limits) as world:
        yield world


@pytest.fixture(autouse=True)
def fresh(titling: Titling) -> None:
    titling.asked.clear()
    titling.named, titling.failing = "The Title", False


def title_of(world: World, conversation: str) -> str:
    return str(world.client().get(f"{API}/{conversation}").json()["title"])


def retitled(world: World, conversation: str, title: str = "The Title") -> None:
    world.wait_for(lambda: title_of(world, conversation) == title)


@proves("promise-E2")
def test_the_first_answer_brings_a_title_that_every_tab_hears_of_and_search_finds(
    world: World, titling: Titling, proof: str
) -> None:
    with Socket(world, "alice") as elsewhere:
        ack = began(world, text="Hello there")
        told = elsewhere.wait("title")
    assert told == {"t": "title", "c": ack["c"], "title": "The Title"}
    assert title_of(world, ack["c"]) == "The Title"
    found = world.client().get("/api/search", params={"q": "title"}).json()["results"]
    assert ack["c"] in {one["conversation"] for one in found}
    (body,) = titling.asked
    assert "Hello there" in body["messages"][-1]["content"]
    assert body["think"] is False
    assert body["options"]["num_predict"] <= 64


def test_it_is_asked_for_in_the_conversations_language(world: World, titling: Titling) -> None:
    titling.named = "标题：《数据库迁移》"
    ack = began(world, text="怎么迁移数据库？")
    retitled(world, ack["c"], "数据库迁移")
    assert "写一个标题" in titling.asked[0]["messages"][-1]["content"]


def test_a_persons_title_stays(world: World, titling: Titling) -> None:
    ack = began(world)
    retitled(world, ack["c"])
    world.client().patch(f"{API}/{ack['c']}", json={"title": "Mine"})
    titling.named = "Another"
    body = {"t": "chat.regen", "id": str(uuid.uuid4()), "m": ack["ma"]}
    world.client().post(f"{API}/{ack['c']}/messages", json=body)
    world.client().post(f"{API}/{ack['c']}/messages", json=asked("More"))
    other = began(world)  # its title comes after theirs would have come
    retitled(world, other["c"], "Another")
    assert title_of(world, ack["c"]) == "Mine"
    assert len(titling.asked) == 2


def test_a_title_that_fails_changes_nothing_and_says_nothing(world: World, titling: Titling) -> None:
    titling.failing = True
    ack = began(world, text="Keep these words")
    world.wait_for(lambda: titling.asked)
    titling.failing = False
    other = began(world)
    retitled(world, other["c"])
    assert title_of(world, ack["c"]) == "Keep these words"
    assert not [line for line in world.log if "no title" in line]


def test_an_imported_conversation_keeps_its_title(world: World, titling: Titling) -> None:
    client = world.client("dora")
    client.post("/api/import", json=[chatgpt()[0] | {"title": ""}])
    (card,) = client.get(API).json()["conversations"]
    answer = client.post(f"{API}/{card['id']}/messages", json=asked("Go on"))
    assert frames_of(answer.text)[-1]["t"] == "gen.end"
    other = began(world)
    retitled(world, other["c"])
    assert client.get(f"{API}/{card['id']}").json()["title"] == ""
    assert len(titling.asked) == 1


def test_it_is_no_request_of_the_persons_but_its_tokens_count(world: World, titling: Titling) -> None:
    ack = frames_of(world.client("bob").post(API, json=asked()).text)[0]
    world.wait_for(lambda: world.client("bob").get(f"{API}/{ack['c']}").json()["title"] == "The Title")

    def counted() -> dict[str, int] | None:
        today: dict[str, int] = world.client("bob").get("/api/usage").json()["today"]
        return today if today["completion_tokens"] >= 3 + 6 else None

    assert world.wait_for(counted)["requests"] == 1


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ("**Moving a database**", "Moving a database"),
        ("<think>hm\nhm</think>\n\nTitle: “A plan.”\nmore", "A plan"),
        ("标题：迁移。", "迁移"),
        ("<think>never ends", ""),
        ("half \ud83d a pair", "half a pair"),
        (" \n\x00 ", ""),
        ("word " * 30, ("word " * 30)[: LONGEST - 1].rstrip() + "…"),
    ],
)
def test_what_models_put_around_a_title_is_left_out(reply: str, title: str) -> None:
    assert clean(reply) == title
    assert len(title) <= LONGEST
