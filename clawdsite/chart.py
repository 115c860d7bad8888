"""A small bar chart as numbers a template draws: attributes of SVG, so no inline style is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

WIDTH: Final = 280
HEIGHT: Final = 64
GAP: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's bar, from the top left."""

    day: date
    value: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bars:
    """label: what is counted. today: the last bar's value."""

    label: str
    bars: tuple[Bar, ...]
    total: int
    today: int
    width: int = WIDTH
    height: int = HEIGHT


def bars(label: str, days: list[date], values: list[int]) -> Bars:
    """A bar a day; a day with anything at all is seen, and a day with nothing is a line on the ground."""
    most = max(values, default=0)
    step = WIDTH // max(1, len(days))
    drawn = []
    for index, (day, value) in enumerate(zip(days, values, strict=True)):
        height = max(3, round(value / most * (HEIGHT - 4))) if value else 1
        drawn.append(Bar(day, value, index * step, HEIGHT - height, step - GAP, height))
    return Bars(label, tuple(drawn), sum(values), values[-1] if values else 0)
