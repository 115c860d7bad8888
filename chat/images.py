"""Pictures of conversations: made harmless on the way in, stored as our own bytes, served as files."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Final

from accounts.caller import Caller
from accounts.permissions import require
from accounts.threads import on_connection
from chat import access
from chat.models import Image
from clawdsite.core.config.live import current
from clawdsite.core.errors import BadRequest, BodyTooLarge, UnsupportedMedia
from gateway import images, services
from gateway.types import Image as Picture

LONGEST_NAME: Final = 200
A_SIGNATURE: Final = 12  # bytes; what is shorter is of no kind at all


async def upload(caller: Caller, content: bytes, name: str) -> dict[str, Any]:
    """Re-encode and keep it -> its card, with how many bytes it had before.

    BadRequest (also 413, 415): not a picture that can be used, or no model here takes pictures;
    InsufficientScope (image:upload). Until a message uses it, it is the uploader's alone, and forgotten after
    an hour.
    """
    require(caller, "image.upload")
    await require_vision()
    try:
        clean = await images.clean(Picture(content, "", "image"), current().chat.image)
    except BadRequest as refused:
        raise as_upload(refused, content) from None
    row = await on_connection(partial(_keep, caller, clean, name))
    return card(row) | {"bytes_before": len(content)}


def as_upload(refused: BadRequest, content: bytes) -> BadRequest:
    """The same refusal with the status of an upload: too many bytes are 413, another kind of file is 415."""
    if refused.code == "image_file_too_large":
        return BodyTooLarge(refused.message, code=refused.code, param=refused.param)
    if refused.code == "unsupported_image_media_type" and len(content) >= A_SIGNATURE:
        return UnsupportedMedia(refused.message, code=refused.code, param=refused.param)
    return refused


async def require_vision() -> None:
    """BadRequest where neither the default model nor models.vision takes pictures: before the upload."""
    facts = await services.facts_of(None, pictures=True)
    if not facts.can("vision"):
        message = "No model here takes pictures. An administrator may set models.vision."
        raise BadRequest(message, code="unsupported_value", param="image")


def card(row: Image) -> dict[str, Any]:
    """What a page needs to know of a picture."""
    return {
        "id": str(row.id),
        "name": row.name,
        "media_type": row.media_type,
        "width": row.width,
        "height": row.height,
        "bytes": len(row.content),
    }


def served(caller: Caller, image: uuid.UUID) -> Image:
    """The picture, if the caller may see it. NotFound."""
    return access.image(caller, image)


def _keep(caller: Caller, clean: Picture, name: str) -> Image:
    width, height = size_of(clean.content)
    return Image.objects.create(
        owner_id=caller.id,
        name=" ".join(name.replace("\x00", "").split())[:LONGEST_NAME],  # PostgreSQL keeps no NUL
        media_type=clean.media_type,
        width=width,
        height=height,
        content=clean.content,
    )


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG that our own worker wrote: no decoder comes into this process.

    PNG section 11.2.2 (IHDR); JPEG: ITU-T T.81 section B.2.2 (the frame header). ValueError: neither.
    """
    if content.startswith(b"\x89PNG"):
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    at = 2
    while content[at : at + 1] == b"\xff":
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xC3:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + length
    raise ValueError("neither PNG nor JPEG")
