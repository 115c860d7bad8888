"""Pictures of a request: data URLs of any spelling become bytes, and bytes become native base64."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest

from gateway.types import Json
from tests.gateway.wire.down import EYES, QWEN, asked, native, refusal, whole


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00"))
    + _chunk(b"tEXt", b"Comment\0>>>?!")  # so that its base64 has each letter that has two spellings
    + _chunk(b"IEND", b"")
)
B64 = base64.b64encode(PNG).decode()
URL = f"data:image/png;base64,{B64}"


def shown(url: Any, *, words: str = "A") -> Json:
    """A question with words and a picture; `url` is the part's whole `image_url`."""
    parts = [{"type": "text", "text": words}, {"type": "image_url", "image_url": url}]
    return {"messages": [{"role": "user", "content": parts}]}


@pytest.mark.parametrize(
    "url",
    [
        pytest.param({"url": URL}, id="vec-R61"),
        pytest.param({"url": URL, "detail": "low"}, id="vec-R61-detail"),
        pytest.param(URL, id="vec-R62"),
        pytest.param({"url": f"data:image/PNG;charset=utf-8;base64,{B64}"}, id="vec-R63"),
        pytest.param({"url": f"DATA:;BASE64,{B64}"}, id="vec-R63-bare"),
        pytest.param({"url": URL.rstrip("=")}, id="vec-R64-padding"),
        pytest.param({"url": URL[:50] + "\r\n " + URL[50:] + "\n"}, id="vec-R64-newlines"),
        pytest.param(
            {"url": "data:image/png;base64," + B64.replace("+", "-").replace("/", "_")}, id="vec-R64-urlsafe"
        ),
        pytest.param(
            {"url": f"data:image/png;base64,{B64.replace('+', '%2B').replace('=', '%3D')}"},
            id="vec-R64-percent",
        ),
    ],
)
def test_a_picture_goes_beside_the_words_of_its_message(url: Any) -> None:
    assert {"+", "/", "="} <= set(B64)
    turn = {"role": "user", "content": "A", "images": [B64]}
    assert native(shown(url), EYES) == whole(model=EYES.name, messages=[turn])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        pytest.param("https://example.com/a.png", "unsupported_image_url", id="vec-R65"),
        pytest.param("http://127.0.0.1/a.png", "unsupported_image_url", id="vec-R65-http"),
        pytest.param("file:///etc/passwd", "unsupported_image_url", id="vec-R65-file"),
        pytest.param("", "unsupported_image_url", id="vec-R65-empty"),
        pytest.param("data:image/svg+xml;base64,PHN2Zz4=", "unsupported_image_media_type", id="vec-R67"),
        pytest.param("data:text/html;base64,PHN2Zz4=", "unsupported_image_media_type", id="vec-R67-html"),
        pytest.param("data:image/png,abc", "invalid_base64_image", id="not-base64"),
        pytest.param("data:image/png;base64", "invalid_base64_image", id="no-comma"),
        pytest.param("data:image/png;base64,", "empty_image_file", id="nothing"),
        pytest.param("data:image/png;base64,A", "invalid_base64_image", id="one-letter"),
        pytest.param("data:image/png;base64,AB=C", "invalid_base64_image", id="padding-inside"),
        pytest.param("data:image/png;base64,AB~C", "invalid_base64_image", id="bad-letter"),
        pytest.param("data:image/png;base64,ABÄC", "invalid_base64_image", id="not-ascii"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_place(url: str, code: str) -> None:
    error = refusal(shown({"url": url}), EYES)
    assert (error.status, error.code, error.param) == (400, code, "messages[0].content[1].image_url.url")


@pytest.mark.parametrize(
    ("url", "code", "param"),
    [
        (None, "missing_required_parameter", "messages[0].content[1].image_url"),
        ({}, "missing_required_parameter", "messages[0].content[1].image_url.url"),
        (7, "invalid_type", "messages[0].content[1].image_url"),
        ({"url": 7}, "invalid_type", "messages[0].content[1].image_url.url"),
        ("ftp://x", "unsupported_image_url", "messages[0].content[1].image_url"),
    ],
)
def test_a_picture_part_without_a_picture_is_refused(url: Any, code: str, param: str) -> None:
    error = refusal(shown(url), EYES)
    assert (error.code, error.param) == (code, param)


@pytest.mark.parametrize("facts", [pytest.param(QWEN, id="vec-R66")])
def test_a_model_that_cannot_see_is_shown_no_picture(facts: Any) -> None:
    error = refusal(shown(URL), facts)
    assert (error.status, error.param) == (400, "messages[0].content")
    assert error.message == "Invalid content type. image_url is only supported by certain models."


def test_a_picture_keeps_its_declared_type_and_its_place() -> None:
    image = asked(shown(URL)).messages[0].images[0]
    assert (image.content, image.media_type, image.param) == (
        PNG,
        "image/png",
        "messages[0].content[1].image_url",
    )
