"""Pictures of a request: data URLs become bytes (RFC 2397); nothing is fetched and nothing looked into."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from gateway.types import Image
from gateway.wire.openai.fields import Fields, check_text, missing, refused, wrong_type

MEDIA_TYPES: Final = ("image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif")
_SCHEME: Final = re.compile(r"\s*data:", re.IGNORECASE)
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def from_image_part(part: Fields) -> Image:
    """An `image_url` part: `{"image_url": {"url": ...}}`, or the URL as a plain string.

    Raises:
        BadRequest: `unsupported_image_url` for anything but a data URL, else as `from_data_url`.
    """
    value, param = part.get("image_url"), part.path("image_url")
    if value is None:
        raise missing(param)
    if isinstance(value, dict):
        inner = Fields(value, param)
        return from_data_url(inner.need_text("url"), inner.path("url"))
    if not isinstance(value, str):
        raise wrong_type(param, "an object", value)
    return from_data_url(check_text(value, param), param)


def from_data_url(url: str, param: str) -> Image:
    """The bytes of a base64 data URL, read leniently: any case, parameters, URL-safe letters, no padding.

    The media type is empty where the URL names none; what the bytes are is for the decoder to say.

    Raises:
        BadRequest: `unsupported_image_url`, `unsupported_image_media_type`, `invalid_base64_image`,
            `empty_image_file`.
    """
    scheme = _SCHEME.match(url)
    if scheme is None:
        message = (
            "Image URLs are not fetched: send the picture itself as a data URL (data:image/png;base64,...)."
        )
        raise refused(param, message, "unsupported_image_url")
    header, comma, letters = url[scheme.end() :].partition(",")
    media_type, *extras = [word.strip().lower() for word in header.split(";")]
    if not comma or "base64" not in extras:
        raise refused(param, "Invalid image: the data URL is not base64.", "invalid_base64_image")
    if media_type and media_type not in MEDIA_TYPES:
        message = "Unsupported image: use PNG, JPEG, WEBP or GIF."
        raise refused(param, message, "unsupported_image_media_type")
    return Image(_decoded(letters, param), media_type, param)


def _decoded(letters: str, param: str) -> bytes:
    try:
        raw = unquote_to_bytes(letters) if "%" in letters else letters.encode("ascii")
        raw = raw.translate(_URL_SAFE, b" \t\r\n\f\v").rstrip(b"=")
        content = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise refused(param, "Invalid image: the base64 cannot be decoded.", "invalid_base64_image") from None
    if not content:
        raise refused(param, "Invalid image: the image is empty.", "empty_image_file")
    return content
