"""Pictures of API requests are decoded elsewhere, made small and plain, or refused with 400."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
import zlib

import pytest
from PIL import Image as Pillow

from clawdsite.core.config.schema import ImageLimits
from clawdsite.core.errors import BadRequest
from gateway import images
from gateway.types import ChatRequest, Image, Message
from tests.gateway.pictures import (
    BLUE,
    GREEN,
    MARKER,
    PARAM,
    RED,
    WHITE,
    photo,
    quadrants,
    read,
    sent,
    structure,
    with_metadata,
    written,
)

LIMITS = ImageLimits()
PLAIN_PNG = {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"}
PLAIN_JPEG = {"ffe0", "ffdb", "ffc0", "ffc4", "ffda"}


def cleaned(content: bytes, media_type: str = "image/png", limits: ImageLimits = LIMITS) -> Image:
    return asyncio.run(images.clean(sent(content, media_type), limits))


def refusal(content: bytes, limits: ImageLimits = LIMITS) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        cleaned(content, limits=limits)
    assert caught.value.param == PARAM
    return caught.value


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"], ids=lambda form: f"hard-H32-accepts-{form}")
def test_the_four_formats_are_accepted_whatever_type_is_declared(form: str) -> None:
    image = cleaned(written(quadrants(), form), "image/tiff")
    assert image.media_type in ("image/png", "image/jpeg")
    assert image.param == PARAM
    assert read(image).size == (64, 48)
    assert read(image).format == image.media_type.removeprefix("image/").upper()


@pytest.mark.parametrize(
    "form", ["BMP", "TIFF", "ICO", "PPM", "PDF", "EPS"], ids=lambda form: f"hard-H32-refuses-{form}"
)
def test_other_formats_are_refused_though_the_declared_type_is_png(form: str) -> None:
    assert refusal(written(quadrants(), form)).code == "unsupported_image_media_type"


@pytest.mark.parametrize(
    "content",
    [b"\x89", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"RIFF\0\0\0\0WAVEfmt ", b"GIF88a", b"\xff\xd8"],
    ids=["hard-H32-one-byte", "hard-H32-svg", "hard-H32-wave", "hard-H32-no-gif", "hard-H32-half-a-marker"],
)
def test_what_only_looks_like_a_picture_is_refused(content: bytes) -> None:
    assert refusal(content).code == "unsupported_image_media_type"


def test_an_empty_file_is_refused_and_said_to_be_empty() -> None:
    error = refusal(b"")
    assert (error.code, error.message) == ("empty_image_file", "Invalid image: the image is empty.")


@pytest.mark.parametrize(
    "over", [-1, 0, 1], ids=["hard-H27-bytes-below", "hard-H27-bytes-at", "hard-H27-bytes-above"]
)
def test_the_largest_file_is_exact(over: int) -> None:
    content = written(quadrants(), "PNG")
    limits = ImageLimits(max_bytes=len(content) - over)
    if over <= 0:
        cleaned(content, limits=limits)
    else:
        assert refusal(content, limits).code == "image_file_too_large"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize(
    "over", [-1, 0, 1], ids=["hard-H27-pixels-below", "hard-H27-pixels-at", "hard-H27-pixels-above"]
)
def test_the_most_pixels_are_exact(form: str, over: int) -> None:
    content = written(quadrants(), form)
    limits = ImageLimits(max_pixels=64 * 48 - over)
    if over <= 0:
        cleaned(content, limits=limits)
    else:
        error = refusal(content, limits)
        assert error.code == "image_too_large"
        assert "3071 pixels" in error.message


def test_pixels_are_counted_from_the_header_before_anything_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    assert refusal(content).code == "image_too_large"


@pytest.mark.parametrize(
    ("size", "becomes"),
    [((1567, 20), (1567, 20)), ((1568, 20), (1568, 20)), ((1569, 20), (1568, 20)), ((30, 3136), (15, 1568))],
    ids=["hard-H27-edge-below", "hard-H27-edge-at", "hard-H27-edge-above", "hard-H27-edge-twice"],
)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_longest_edge_is_bounded(form: str, size: tuple[int, int], becomes: tuple[int, int]) -> None:
    assert read(cleaned(written(quadrants(*size), form))).size == becomes


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_strip_keeps_one_pixel_of_height(form: str) -> None:
    assert read(cleaned(written(Pillow.new("RGB", (16000, 1)), form))).size == (1568, 1)


UPRIGHT = [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9), ids=lambda o: f"hard-H32-orientation-{o}")
def test_the_picture_stands_upright_and_needs_no_exif_for_it(form: str, orientation: int) -> None:
    undo = {
        2: Pillow.Transpose.FLIP_LEFT_RIGHT,
        3: Pillow.Transpose.ROTATE_180,
        4: Pillow.Transpose.FLIP_TOP_BOTTOM,
        5: Pillow.Transpose.TRANSPOSE,
        6: Pillow.Transpose.ROTATE_90,
        7: Pillow.Transpose.TRANSVERSE,
        8: Pillow.Transpose.ROTATE_270,
    }
    stored = quadrants() if orientation == 1 else quadrants().transpose(undo[orientation])
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    picture = read(cleaned(written(stored, form, exif=exif, quality=95))).convert("RGB")
    assert picture.size == (64, 48)
    corners = [picture.getpixel(at) for at in ((8, 8), (56, 8), (8, 40), (56, 40))]
    for found, wanted in zip(corners, UPRIGHT, strict=True):
        assert all(abs(one - other) < 24 for one, other in zip(found, wanted, strict=True)), corners


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"], ids=lambda form: f"hard-H32-metadata-{form}")
def test_no_metadata_survives(form: str) -> None:
    content = with_metadata(form)
    assert MARKER in content
    image = cleaned(content)
    for trace in (MARKER, b"Exif", b"GPS", b"http", b"ICC_PROFILE", b"tEXt", b"iTXt", b"eXIf", b"xmp"):
        assert trace not in image.content
    assert structure(image.content) <= (PLAIN_PNG if image.media_type == "image/png" else PLAIN_JPEG)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF"], ids=lambda form: f"hard-H32-trailing-{form}")
def test_what_follows_the_picture_is_cut_off(form: str) -> None:
    image = cleaned(written(quadrants(), form) + b"<script>alert(1)</script>PK\x03\x04")
    assert b"script" not in image.content
    assert "after" not in structure(image.content)


def test_transparency_is_kept_as_png() -> None:
    picture = photo().convert("RGBA")
    picture.putpixel((3, 3), (0, 0, 0, 0))
    image = cleaned(written(picture, "PNG"))
    assert (image.media_type, read(image).mode) == ("image/png", "RGBA")
    assert read(image).getpixel((3, 3))[3] == 0


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_few_colours_stay_png_and_exact(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    image = cleaned(written(quadrants(), form, **options))
    assert image.media_type == "image/png"
    assert read(image).convert("RGB").tobytes() == quadrants().tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_photograph_becomes_jpeg_also_where_its_alpha_is_opaque(mode: str) -> None:
    image = cleaned(written(photo().convert(mode), "PNG"))
    assert image.media_type == "image/jpeg"
    assert (
        abs(read(image).resize((1, 1)).getpixel((0, 0))[0] - photo().resize((1, 1)).getpixel((0, 0))[0]) < 8
    )


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_every_mode_of_pixels_is_readable(mode: str) -> None:
    if mode == "I;16":
        picture = Pillow.new("I;16", (8, 8), 128 * 256)
    elif mode == "PA":
        picture = quadrants(8, 8).convert("P")
        picture.info["transparency"] = 0
    else:
        picture = quadrants(8, 8).convert(mode)
    image = cleaned(written(picture, "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"))
    assert read(image).size == (8, 8)
    if mode == "I;16":  # half grey stays half grey, not clipped to white
        assert read(image).getpixel((4, 4)) == 128


def test_only_the_first_frame_is_used() -> None:
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in (RED, BLUE, GREEN)]
    for form in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if form == "WEBP" else {}
        content = written(frames[0], form, save_all=True, append_images=frames[1:], **options)
        picture = read(cleaned(content))
        assert picture.convert("RGB").getpixel((4, 4)) == RED
        assert getattr(picture, "n_frames", 1) == 1


def test_the_same_picture_gives_the_same_bytes() -> None:
    for content in (written(photo(), "JPEG"), written(photo(), "PNG"), written(quadrants(), "GIF")):
        assert cleaned(content).content == cleaned(content).content


def test_cleaning_a_clean_picture_changes_no_more_than_jpeg_does() -> None:
    once = cleaned(written(quadrants(), "PNG"))
    assert cleaned(once.content).content == once.content


@pytest.mark.parametrize(
    "form", ["PNG", "JPEG", "GIF", "WEBP"], ids=lambda form: f"hard-H33-truncated-{form}"
)
def test_a_truncated_picture_is_refused(form: str) -> None:
    content = written(photo(), form)
    assert refusal(content[: len(content) // 2]).code == "invalid_image"


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    content = bytearray(written(quadrants(), "PNG"))
    content[content.index(b"IEND") - 5] ^= 1  # the last byte of IDAT's checksum
    assert refusal(bytes(content)).code == "invalid_image"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("seed", range(6), ids=lambda seed: f"hard-H33-flips-{seed}")
def test_flipped_bits_give_a_picture_or_a_400_and_nothing_else(form: str, seed: int) -> None:
    content = bytearray(written(photo(40, 30), form))
    chance = random.Random(seed)
    for _ in range(8):
        content[chance.randrange(12, len(content))] ^= 1 << chance.randrange(8)
    with contextlib.suppress(BadRequest):
        assert read(cleaned(bytes(content))).size[0] >= 1


def test_every_picture_of_a_request_is_replaced_and_nothing_else() -> None:
    picture = sent(with_metadata("JPEG"))
    request = ChatRequest(
        messages=(
            Message("system", "Look."),
            Message("user", "What is it?", images=(picture, picture)),
            Message("tool", "a screenshot", images=(picture,), tool_call_id="c1"),
        )
    )
    clean = asyncio.run(images.clean_request(request, LIMITS))
    assert [len(message.images) for message in clean.messages] == [0, 2, 1]
    assert all(MARKER not in image.content for message in clean.messages for image in message.images)
    without = [m.content for m in clean.messages]
    assert without == ["Look.", "What is it?", "a screenshot"]
    assert clean.messages[2].tool_call_id == "c1"


def test_a_request_without_pictures_is_left_alone() -> None:
    request = ChatRequest(messages=(Message("user", "hi"),))
    assert asyncio.run(images.clean_request(request, LIMITS)) is request


@pytest.mark.parametrize("over", [0, 1], ids=["hard-H27-images-at", "hard-H27-images-above"])
def test_the_number_of_pictures_is_bounded(over: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGES", 3)
    picture = sent(written(quadrants(8, 8), "PNG"))
    request = ChatRequest(messages=(Message("user", images=(picture,) * (3 + over)),))
    if not over:
        assert len(asyncio.run(images.clean_request(request, LIMITS)).messages[0].images) == 3
        return
    with pytest.raises(BadRequest, match="at most 3") as caught:
        asyncio.run(images.clean_request(request, LIMITS))
    assert (caught.value.code, caught.value.param) == ("array_above_max_length", PARAM)
