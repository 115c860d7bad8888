"""Values that stand in a file of their own (`*_file`), as orchestrators mount secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

CANNOT: Final = "cannot be read"
MOST: Final = 64 * 1024
READABLE: Final = stat.S_IRGRP | stat.S_IROTH


class Unreadable(Exception):
    """Why a file cannot be used; a message of ours, without a word of its content."""


def read(path: Path) -> str:
    """The file's text without its last newline. Unreadable where it is missing, empty, odd or too large."""
    try:
        if not path.is_file():
            raise Unreadable("is not a file" if path.exists() else "there is no such file")
        with path.open("rb") as opened:
            content = opened.read(MOST + 1)
    except OSError as error:
        raise Unreadable(reason(error)) from None
    except ValueError:
        raise Unreadable("is not a path") from None
    if len(content) > MOST:
        raise Unreadable("is larger than any secret")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise Unreadable("is empty")
    return text


def reason(error: OSError) -> str:
    """The system's word for it, without the path: `Permission denied`."""
    return (error.strerror or CANNOT).lower()


def open_to_others(path: Path) -> str:
    """The mode (`0644`) of a file that group or others may read, else an empty string."""
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except (OSError, ValueError):
        return ""
    return f"{mode:04o}" if mode & READABLE else ""
