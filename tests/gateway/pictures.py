"""Small pictures for tests, made with Pillow, and a reader of what a clean file consists of."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw, PngImagePlugin

from gateway.types import Image

PARAM = "messages[0].content[1].image_url.url"
MARKER = b"SECRET-PLACE"

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 180, 20), (20, 20, 220), (250, 250, 250)


def quadrants(width: int = 64, height: int = 48, mode: str = "RGB") -> Pillow.Image:
    """Red, green / blue, white: tells which way up a picture is."""
    picture = Pillow.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(picture)
    for colour, corner in ((RED, (0, 0)), (GREEN, (width // 2, 0)), (BLUE, (0, height // 2))):
        draw.rectangle((corner, (corner[0] + width // 2 - 1, corner[1] + height // 2 - 1)), fill=colour)
    return picture.convert(mode)


def photo(width: int = 200, height: int = 150) -> Pillow.Image:
    """Thousands of colours."""
    bands = [Pillow.linear_gradient("L"), Pillow.radial_gradient("L"), Pillow.effect_noise((256, 256), 60)]
    return Pillow.merge("RGB", bands).resize((width, height))


def written(picture: Pillow.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def sent(content: bytes, media_type: str = "image/png") -> Image:
    return Image(content=content, media_type=media_type, param=PARAM)


def read(image: Image) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(image.content))
    picture.load()
    return picture


def with_metadata(form: str) -> bytes:
    """A picture with every kind of metadata the format has, each holding MARKER."""
    exif = Pillow.Exif()
    exif[0x010E] = MARKER.decode()
    exif.get_ifd(0x8825)[29] = MARKER.decode()
    more: dict[str, Any] = {"exif": exif, "icc_profile": b"\0" * 128 + MARKER}
    if form == "PNG":
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_text("Comment", MARKER.decode())
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", MARKER.decode())
    elif form == "GIF":
        more = {"comment": MARKER}
    else:
        more["xmp"] = b"<x:xmpmeta>" + MARKER + b"</x:xmpmeta>"
    if form == "JPEG":
        more["comment"] = MARKER
    return written(quadrants(), form, **more)


def structure(content: bytes) -> set[str]:
    """Names of the chunks (PNG) or segments (JPEG, as hex) of a file; `after`: more follows its end."""
    if content.startswith(b"\x89PNG"):
        return _chunks(content)
    return _segments(content)


def _chunks(content: bytes) -> set[str]:
    names, at = set(), 8
    while True:
        length, name = struct.unpack(">I4s", content[at : at + 8])
        names.add(name.decode())
        at += length + 12
        if name == b"IEND":
            return names | ({"after"} if content[at:] else set())


def _segments(content: bytes) -> set[str]:
    names, at = set(), 2
    while True:
        marker, length = struct.unpack(">HH", content[at : at + 4])
        names.add(f"{marker:04x}")
        at += length + 2
        if marker == 0xFFDA:  # scan data: no marker can stand in it but the end
            return names | ({"after"} if content.index(b"\xff\xd9", at) + 2 != len(content) else set())
