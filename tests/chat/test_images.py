"""Pictures: made harmless, seen by whoever sees the conversation, and by nobody else."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from clawdsite.core.config.schema import ImageLimits
from gateway import images
from gateway.types import ChatRequest, Message
from tests.chat.test_http import API
from tests.chat.world import World, asked, frames_of
from tests.doubles.ollama import OllamaDouble
from tests.proof import proves

EYES = "vision:latest"


@pytest.fixture(scope="module")
def world(double: OllamaDouble) -> Iterator[World]:
    with World(double, models={"vision": EYES}) as world:
        yield world


def picture(size: tuple[int, int] = (40, 30)) -> bytes:
    found = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    Image.new("RGB", size, "red").save(found, "JPEG", exif=exif)
    return found.getvalue()


def uploaded(world: World, content: bytes, who: str = "alice") -> httpx.Response:
    headers = {"Content-Type": "image/jpeg", "X-File-Name": "Foto%20%E7%BA%A2.jpg"}
    return world.client(who).post("/api/images", content=content, headers=headers)


@proves("hard-H32")
def test_a_picture_is_kept_as_our_own_bytes_without_what_it_knew(world: World) -> None:
    sent = picture((3000, 1500))
    card = uploaded(world, sent).json()
    assert (card["width"], card["height"], card["name"]) == (1568, 784, "Foto 红.jpg")
    found = world.client().get(f"/api/images/{card['id']}")
    assert (card["bytes"], card["bytes_before"]) == (len(found.content), len(sent))
    assert b"secret place" not in found.content
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-disposition"].startswith("attachment")


def test_it_goes_up_with_its_question_to_the_model_that_sees(world: World, double: OllamaDouble) -> None:
    card = uploaded(world, picture()).json()
    ack = frames_of(world.client().post(API, json=asked("What is it?", images=[card["id"]])).text)
    assert ack[-1]["reason"] == "stop", ack[-1]
    body = double.journal.to("/api/chat")[-1].body
    assert body["model"] == EYES
    assert base64.b64decode(body["messages"][-1]["images"][0]).startswith((b"\xff\xd8", b"\x89PNG"))


def test_an_answer_says_which_model_saw_its_pictures_also_where_another_was_chosen(world: World) -> None:
    card = uploaded(world, picture()).json()
    body = asked("What is it?", images=[card["id"]], opts={"model": "plain:latest"})
    ack = frames_of(world.client().post(API, json=body).text)[0]
    assert world.client().get(f"{API}/{ack['c']}/messages").json()["messages"][1]["model"] == EYES


def test_whoever_reads_the_conversation_sees_its_picture_and_nobody_else(world: World) -> None:
    card = uploaded(world, picture()).json()
    address = f"/api/images/{card['id']}"
    assert world.client("bob").get(address).status_code == 404
    world.client().post(API, json=asked("look", images=[card["id"]], team="team-a"))
    assert world.client("bob").get(address).status_code == 200
    theirs = world.client("charlie").get(address)
    nobodys = world.client("charlie").get(f"/api/images/{uuid.uuid4()}")
    assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json())


def test_a_strangers_picture_cannot_be_asked_about(world: World) -> None:
    card = uploaded(world, picture(), "charlie").json()
    answer = world.client("alice").post(API, json=asked("mine?", images=[card["id"]]))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_image_file"),
        (b"GIF89a nothing", "invalid_image"),
        (b"<svg/>", "unsupported_image_media_type"),
        (b"<html><body>nothing", "unsupported_image_media_type"),
    ],
)
def test_what_is_no_picture_is_refused(world: World, content: bytes, code: str) -> None:
    answer = uploaded(world, content)
    assert answer.status_code == (415 if len(content) >= 12 and code.startswith("unsupported") else 400)
    assert answer.json()["error"]["code"] == code


def test_without_a_model_that_sees_an_upload_is_refused_before_it_is_looked_at(double: OllamaDouble) -> None:
    with World(double) as blind:
        answer = uploaded(blind, b"anything")
        assert answer.status_code == 400
        assert "models.vision" in answer.json()["error"]["message"]


def test_a_picture_is_made_harmless_once_and_not_anew_for_each_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("a process was started")

    monkeypatch.setattr(images, "_reencode", never)
    kept = images.Clean(picture(), "image/jpeg", "images[0]")
    request = ChatRequest(messages=(Message("user", "What is it?", images=(kept,)),))
    assert asyncio.run(images.clean_request(request, ImageLimits())) == request
