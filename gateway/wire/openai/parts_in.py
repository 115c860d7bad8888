"""A message's content: a string, or parts joined into one (reference 1.3)."""

from __future__ import annotations

from typing import Final

from gateway.types import Image
from gateway.wire.openai.fields import (
    Fields,
    as_fields,
    check_text,
    empty,
    missing,
    not_among,
    too_long,
    wrong_type,
)
from gateway.wire.openai.images_in import from_image_part

MOST_PARTS: Final = 10_000
_WITH_IMAGES: Final = ("text", "image_url")
_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "user": _WITH_IMAGES,
    "tool": _WITH_IMAGES,
    "function": _WITH_IMAGES,
    "assistant": ("text", "refusal"),
}
_MAY_BE_EMPTY: Final = ("assistant", "function")


def from_content(message: Fields, role: str) -> tuple[str, tuple[Image, ...]]:
    """The text of the message, its text parts joined by a blank line, and its pictures in order.

    role: as the client wrote it; it decides which parts may stand there and whether there must be content.
    """
    value, param = message.get("content"), message.path("content")
    if isinstance(value, str):
        return check_text(value, param), ()
    if role in _MAY_BE_EMPTY and (value is None or value == []):
        return "", ()
    if "content" not in message.values:
        raise missing(param)
    if not isinstance(value, list):
        raise wrong_type(param, "one of a string or array of objects", value)
    if not value:
        raise empty(param)
    if len(value) > MOST_PARTS:
        raise too_long(param, MOST_PARTS, len(value))
    return _joined([as_fields(part, f"{param}[{at}]") for at, part in enumerate(value)], role)


def _joined(parts: list[Fields], role: str) -> tuple[str, tuple[Image, ...]]:
    allowed = _PARTS.get(role, ("text",))
    texts: list[str] = []
    images: list[Image] = []
    for part in parts:
        kind = part.need_text("type")
        if kind not in allowed:
            raise not_among(part.path("type"), kind, allowed)
        if kind == "image_url":
            images.append(from_image_part(part))
        else:
            texts.append(part.need_text(kind))
    return "\n\n".join(texts), tuple(images)
