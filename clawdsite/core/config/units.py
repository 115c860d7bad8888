"""Durations, sizes and whole numbers as config.yaml writes them: `120s`, `30m`, `1h30m`, `20MB`, `32MiB`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Final

from pydantic import BeforeValidator

SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES: Final = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
}
DURATION: Final = "expected a duration such as 120s, 5m or 1h30m"
SIZE: Final = "expected a size such as 20MB or 32MiB"
LARGEST: Final = 10**15
CENTURY: Final = 100 * 365 * SECONDS["d"]  # longer waits overflow the clocks of event loops


def to_seconds(value: object) -> float:
    """`120s`, `1h30m`, `500ms`, or a bare number of seconds -> seconds. ValueError names the form."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(DURATION)
    seconds = _spelled(value) if isinstance(value, str) else value
    if not math.isfinite(seconds) or abs(seconds) > CENTURY:
        raise ValueError("is longer than any clock can count")
    return float(seconds)


def _spelled(text: str) -> float:
    text = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h|d))+", text, re.ASCII):
        raise ValueError(DURATION)
    return sum(float(n) * SECONDS[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h|d)", text))


def to_bytes(value: object) -> int:
    """`20MB`, `32MiB`, or a bare number of bytes -> bytes. ValueError names the form."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(SIZE)
    count = _counted(value) if isinstance(value, str) else value
    if count > LARGEST:
        raise ValueError("is more than any machine holds")
    return count


def _counted(text: str) -> int:
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,15})?)\s*([A-Za-z]*)", text.strip(), re.ASCII)
    if not match or match[2].upper() not in BYTES:
        raise ValueError(SIZE)
    return int(float(match[1]) * BYTES[match[2].upper()])


def plain_number(value: object) -> object:
    """YAML's `yes` and `.nan` are no numbers, though Python counts with them."""
    if isinstance(value, bool):
        raise ValueError("expected a number, not true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("expected a number")
    return value


def empty_is_none(value: object) -> object:
    """`${RPM:-}` that came out empty means the same as nothing at all."""
    return None if value == "" else value


def seconds_text(seconds: float) -> str:
    """7200.0 -> `2h`, 90.0 -> `90s`: the largest unit that divides it."""
    for unit in ("d", "h", "m", "s", "ms"):
        count = round(seconds / SECONDS[unit], 6)
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    return f"{seconds:g}s"


def bytes_text(count: int) -> str:
    """32000000 -> `32MB`, 1024 -> `1KiB`, 1500 -> `1500B`."""
    for unit in ("GB", "GiB", "MB", "MiB", "KB", "KiB"):
        factor = BYTES[unit.upper()]
        if count >= factor and count % factor == 0:
            return f"{count // factor}{unit}"
    return f"{count}B"


Seconds = Annotated[float, BeforeValidator(to_seconds)]
Bytes = Annotated[int, BeforeValidator(to_bytes)]
Whole = Annotated[int, BeforeValidator(plain_number)]
Number = Annotated[float, BeforeValidator(plain_number)]
