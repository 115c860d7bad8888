"""Pictures of a request, re-encoded by a process of their own before anything else sees them (H-32, H-33)."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from clawdsite.core.config.schema import ImageLimits
from clawdsite.core.errors import BadRequest, Internal, Unavailable
from gateway.types import ChatRequest, Image, Message

AT_ONCE: Final = 2
MAX_IMAGES: Final = 64  # in one request; each costs a process
WALL_SECONDS: Final = 20.0

# Exit codes of image_worker.py, which cannot be imported here: it would bring the decoders in.
_CLEAN, _CRASHED, _TOO_MANY_PIXELS = 0, 1, 3
_WORKER: Final = Path(__file__).with_name("image_worker.py")
_KEPT_ENVIRONMENT: Final = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG")  # no secrets
_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")

_log = logging.getLogger(__name__)
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="image")  # each thread waits for one process


@dataclass(frozen=True, slots=True)
class Clean(Image):
    """One that was made by `clean` when it was stored: it needs no process for each question about it."""


async def clean(image: Image, limits: ImageLimits) -> Image:
    """The picture as a plain PNG or JPEG: first frame, upright, no metadata, at most `limits.max_edge` long.

    What the picture is, its first bytes say, never the declared media type.

    Raises:
        BadRequest: with the image's param; code `empty_image_file`, `image_file_too_large`,
            `unsupported_image_media_type`, `image_too_large` (pixels) or `invalid_image` (does not decode).
        Unavailable, Internal: the decoding process could not be started.
    """
    _check(image, limits)
    content = await asyncio.get_running_loop().run_in_executor(_pool, _reencode, image, limits)
    media_type = "image/png" if content.startswith(_MAGIC[0]) else "image/jpeg"
    return replace(image, content=content, media_type=media_type)


async def clean_request(request: ChatRequest, limits: ImageLimits) -> ChatRequest:
    """The request with every picture replaced by its clean copy; the cheap checks of all come first.

    Raises:
        BadRequest: as `clean`; or `array_above_max_length` for more than MAX_IMAGES pictures.
    """
    images = [one for message in request.messages for one in message.images if not isinstance(one, Clean)]
    if not images:
        return request
    if len(images) > MAX_IMAGES:
        raise BadRequest(
            f"Too many images: a request may have at most {MAX_IMAGES}, but this one has {len(images)}.",
            code="array_above_max_length",
            param=images[MAX_IMAGES].param,
        )
    for image in images:
        _check(image, limits)
    return request.with_(messages=tuple([await _clean_message(m, limits) for m in request.messages]))


async def _clean_message(message: Message, limits: ImageLimits) -> Message:
    if not message.images:
        return message
    images = [one if isinstance(one, Clean) else await clean(one, limits) for one in message.images]
    return replace(message, images=tuple(images))


def _check(image: Image, limits: ImageLimits) -> None:
    """Refuse what needs no decoder to be refused."""
    content = image.content
    if not content:
        raise _refused(image, "empty_image_file", "the image is empty")
    if len(content) > limits.max_bytes:
        size = f"{len(content)} bytes, and at most {limits.max_bytes} are allowed"
        raise _refused(image, "image_file_too_large", f"the file has {size}")
    webp = content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    if not webp and not content.startswith(_MAGIC):
        raise _refused(image, "unsupported_image_media_type", "it is not a PNG, JPEG, WEBP or GIF file")


def _refused(image: Image, code: str, reason: str) -> BadRequest:
    return BadRequest(f"Invalid image: {reason}.", code=code, param=image.param)


def _reencode(image: Image, limits: ImageLimits) -> bytes:
    """Run the worker on one picture and wait for it (blocking)."""
    command = [sys.executable, "-P", str(_WORKER), str(limits.max_pixels), str(limits.max_edge)]
    try:
        worker = subprocess.run(  # noqa: S603 - our own program, numbers as arguments
            command,
            input=image.content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            start_new_session=True,  # Ctrl-C is for the gateway, which drains
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _log.warning("an image took longer than %s s and was given up", WALL_SECONDS)
        raise _refused(image, "invalid_image", "it could not be decoded in time") from None
    except OSError as error:
        _log.error("the image process could not be started: %s", error.strerror)
        raise Unavailable("Images cannot be examined at the moment.") from None
    return _outcome(worker.returncode, worker.stdout, image, limits)


def _outcome(code: int, content: bytes, image: Image, limits: ImageLimits) -> bytes:
    if code == _CLEAN:
        return content
    if code == _TOO_MANY_PIXELS:
        raise _refused(image, "image_too_large", f"it has more than {limits.max_pixels} pixels")
    if code == _CRASHED:
        _log.error("the image process failed before it looked at the image; is Pillow installed?")
        raise Internal("The image could not be examined.")
    if code < 0:
        _log.warning("the image process was ended by signal %s", -code)
    raise _refused(image, "invalid_image", "it could not be decoded")
