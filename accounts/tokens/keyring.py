"""When each of the gateway's own keys signs, counts and is forgotten. Pure: times go in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accounts.tokens.claims import MAX_OWN, OWN_LEEWAY

GRACE: Final = 600.0  # seconds a new key is published before it signs: by then everyone has asked anew
OUTLIVES: Final = MAX_OWN + 2 * OWN_LEEWAY  # the last token of a key is dead this long after it last signed


@dataclass(frozen=True, slots=True)
class Phase:
    """One key's life in Unix seconds. ends: when its last token is dead; None while no newer key signs."""

    signs_from: float
    ends: float | None
    signing: bool
    over: bool


def phases(made: Sequence[float], now: float) -> tuple[Phase, ...]:
    """made: when each key was made, oldest first, as their names say.

    The newest whose grace is over signs; the first one needs none, for there is nothing else to sign with.
    """
    starts = [when + GRACE if place else 0.0 for place, when in enumerate(made)]
    signing = max((place for place, start in enumerate(starts) if start <= now), default=0)
    found = []
    for place, start in enumerate(starts):
        later = [other for other in starts[place + 1 :] if other <= now]
        ends = min(later) + OUTLIVES if later else None
        over = ends is not None and ends <= now
        found.append(Phase(start, ends, signing=place == signing, over=over))
    return tuple(found)
