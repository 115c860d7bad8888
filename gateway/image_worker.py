"""Decodes one untrusted picture on stdin and writes a clean one to stdout; a program of its own.

Run by path (`python -P image_worker.py <max_pixels> <max_edge>`), one process a picture, so that whatever the
decoder does (crash, loop, memory) ends with it. Imports Pillow and nothing of ours. Exit codes: see below.
"""

from __future__ import annotations

import copy
import io
import resource
import sys

from PIL import (
    GifImagePlugin,
    Image,
    ImageFile,
    ImagePalette,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from setproctitle import setproctitle

TITLE = "clawdbot: image"
CLEAN, CRASHED, TOO_MANY_PIXELS, NOT_A_PICTURE = 0, 1, 3, 4  # 1 is what Python itself exits with

MEMORY = 256 * 2**20  # bytes of address space for the program and the file,
MEMORY_A_PIXEL = 22  # and for the picture: the hungriest format is WebP with transparency
CPU_SECONDS = 10
ORIENTATION = 0x0112  # Exif 2.3, table 4
QUALITY = 85  # of JPEG
PACKING = 3  # of PNG: a third of the time of the usual 6, a few per cent larger

# What Pillow imports where it first needs it; loaded now, because no file can be opened once the limits hold.
_LOADED_EARLY = (copy, ImagePalette, TiffImagePlugin)
_READERS: tuple[tuple[bytes, type[ImageFile.ImageFile]], ...] = (
    (b"\x89PNG", PngImagePlugin.PngImageFile),
    (b"\xff\xd8\xff", JpegImagePlugin.JpegImageFile),
    (b"GIF8", GifImagePlugin.GifImageFile),
    (b"RIFF", WebPImagePlugin.WebPImageFile),
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class TooManyPixels(Exception):
    """The header announces more pixels than allowed; nothing was decoded."""


def limit(pixels: int) -> None:
    """Take away time, memory beyond so many pixels, and every way to open a file, a socket or a process."""
    memory = MEMORY + MEMORY_A_PIXEL * pixels
    if sys.platform != "darwin":  # there every program maps more than this, and the call fails
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(nothing, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def opened(content: bytes, max_pixels: int) -> ImageFile.ImageFile:
    """The picture with its header read; which format it is, its first bytes say.

    Pillow's own dispatcher is left out: it would load further plugins and open multi-picture JPEGs.
    """
    reader = next((reader for magic, reader in _READERS if content.startswith(magic)), None)
    if reader is None:
        raise ValueError("unknown format")
    picture = reader(io.BytesIO(content))
    width, height = picture.size
    if width < 1 or height < 1:
        raise ValueError("no pixels")
    if width * height > max_pixels:
        raise TooManyPixels
    if reader is not PngImagePlugin.PngImageFile:
        return picture
    picture.verify()  # checksums, which loading does not look at; after it the file has to be opened again
    return reader(io.BytesIO(content))


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; a broken EXIF block does not spoil a good picture."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - whatever the parser stumbles over, there is no orientation then
        return 1


def plain(picture: Image.Image) -> Image.Image:
    """The same picture as L, RGB or (where a pixel is really transparent) RGBA."""
    if picture.mode.startswith("I"):  # 16 bit: keep the high byte; Pillow's own conversion clips
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return picture if any(picture.getchannel("A").histogram()[:255]) else picture.convert("RGB")
    if picture.mode in ("L", "RGB"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def encoded(picture: Image.Image, *, lossless: bool) -> bytes:
    """PNG where there is transparency, or few colours in what came without loss; else JPEG."""
    picture.info.clear()  # Pillow writes profile, comment and resolution from here
    out = io.BytesIO()
    if picture.mode == "RGBA" or lossless and picture.getcolors(256) is not None:
        picture.save(out, "PNG", compress_level=PACKING)
    else:
        picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def clean(content: bytes, max_pixels: int, max_edge: int) -> bytes:
    """First frame, upright, no edge longer than max_edge, no metadata. Deterministic."""
    picture = opened(content, max_pixels)
    lossless = not isinstance(picture, JpegImagePlugin.JpegImageFile)
    if not lossless:
        share = max_edge / max(picture.size)  # the decoder itself shrinks by 2, 4 or 8 where that is enough
        picture.draft(None, (max(1, int(picture.width * share)), max(1, int(picture.height * share))))
    picture.load()
    turn = _TURNS.get(orientation(picture))
    result = plain(picture)
    result.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
    if turn is not None:
        result = result.transpose(turn)
    return encoded(result, lossless=lossless)


def main() -> int:
    """Read stdin to its end, write the clean picture, say by the exit code how it went."""
    setproctitle(TITLE)
    max_pixels, max_edge = int(sys.argv[1]), int(sys.argv[2])
    Image.MAX_IMAGE_PIXELS = max_pixels  # for frames larger than the canvas, which `opened` has checked
    Image.preinit()  # registers what `save` knows; it reads files, so before the limits
    limit(max_pixels)
    try:
        result = clean(sys.stdin.buffer.read(), max_pixels, max_edge)
    except (TooManyPixels, Image.DecompressionBombError):
        return TOO_MANY_PIXELS
    except Exception:  # noqa: BLE001 - decoders raise anything at all for broken input (H-33)
        return NOT_A_PICTURE
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    return CLEAN


if __name__ == "__main__":
    sys.exit(main())
