"""An exception for the log: its type and where it happened; its words only where they quote nobody."""

from __future__ import annotations

import traceback
from typing import Final

from clawdsite.core.errors import ClawdError

# Messages of these name code, files or addresses. A ValueError or KeyError may quote a conversation (M18).
SPEAKABLE: Final = (*(ClawdError, OSError, ImportError, AttributeError, NameError, TypeError, RuntimeError),)
DEPTH: Final = 30  # frames, the innermost
CHAIN: Final = 4  # causes of causes


def describe(error: BaseException) -> list[str]:
    """`Type: message` and `file:line function` for each frame, then its causes; never values or source."""
    lines: list[str] = []
    seen: BaseException | None = error
    for _ in range(CHAIN):
        if seen is None:
            break
        lines.append(("" if seen is error else "caused by ") + headline(seen))
        frames = list(traceback.walk_tb(seen.__traceback__))[-DEPTH:]
        lines += [f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in frames]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def headline(error: BaseException) -> str:
    """The type, and the message where it is safe to tell."""
    name = type(error).__qualname__
    return f"{name}: {error}" if isinstance(error, SPEAKABLE) and str(error) else name
