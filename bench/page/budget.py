"""What was measured beside what it may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """most: the budget; None: only told, not judged."""

    what: str
    measured: float
    most: float | None
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.most is None or self.measured <= self.most

    def __str__(self) -> str:
        budget = "" if self.most is None else f"{self.most:g} {self.unit}"
        verdict = "" if self.most is None else ("yes" if self.met else "NO")
        return f"| {self.what} | {self.measured:.4g} {self.unit} | {budget} | {verdict} |"


def table(rows: Iterable[Row]) -> str:
    return "\n".join(["| what | measured | at most | met |", "|---|---|---|---|", *map(str, rows)])


def middle(values: list[float]) -> float:
    """The median, the upper one of two."""
    return sorted(values)[len(values) // 2]


def quantile(values: list[float], share: float) -> float:
    """The value below which this share lies; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
