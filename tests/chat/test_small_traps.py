"""Small things that a stranger would fall over, or make others fall over."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.chat.test_http import API, began
from tests.chat.test_images import picture, uploaded
from tests.chat.world import World, asked, frames_of
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves

EYES = "vision:latest"


@pytest.fixture(scope="module")
def world(double: OllamaDouble) -> Iterator[World]:
    with World(double, models={"vision": EYES}) as world:
        yield world


def test_a_picture_may_be_the_whole_question(world: World, double: OllamaDouble) -> None:
    card = uploaded(world, picture()).json()
    frames = frames_of(world.client().post(API, json=asked("", images=[card["id"]])).text)
    assert (frames[0]["t"], frames[-1]["t"], frames[-1]["reason"]) == ("ack", "gen.end", "stop")
    history = world.client().get(f"{API}/{frames[0]['c']}/messages").json()["messages"]
    assert (history[0]["text"], history[0]["images"]) == ("", [card["id"]])


@pytest.mark.parametrize("ending", [".bat", ".html", "…" * 40])
def test_a_title_does_not_choose_the_kind_of_file_an_export_is(world: World, ending: str) -> None:
    ack = began(world, team="team-a")
    title = "x" * (100 - len(ending)) + ending + "y" * 90
    world.client().patch(f"{API}/{ack['c']}", json={"title": title})
    for wanted, suffix in (("markdown", ".md"), ("json", ".json")):
        found = world.client("bob").get(f"{API}/{ack['c']}/export", params={"format": wanted})
        plain, encoded = found.headers["content-disposition"].split("; filename*=UTF-8''")
        assert plain.endswith(f'{suffix}"')
        assert unquote(encoded).endswith(suffix)
        assert len(unquote(encoded)) <= 100


@proves("promise-S30")
def test_looking_around_leaves_a_person_their_questions(world: World) -> None:
    world.configure(limits={"per_user": {"rpm": 1, "parallel": None}, "per_address": {"rpm": None}})
    world.reload()
    try:
        client = world.client("dora")
        for _ in range(3):
            assert client.get(API).status_code == 200
        assert client.post(API, json=asked()).status_code == 200
        assert client.post(API, json=asked()).status_code == 429
        assert client.get("/api/models").status_code == 200
    finally:
        world.configure()
        world.reload()


@pytest.mark.parametrize("path", ["/api/conversations", "/api/settings", "/v1/models"])
def test_who_asks_what_may_be_asked_is_told(world: World, path: str) -> None:
    answer = world.client().request("OPTIONS", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "GET" in answer.headers["Allow"]
