"""What a misspelled or misplaced key probably meant."""

from __future__ import annotations

import difflib
from typing import Any, Final

from clawdsite.core.config.catalogue import catalogue, sections
from clawdsite.core.config.schema import Sampling
from clawdsite.core.config.tree import Path

CLOSE: Final = 0.6
OPTIONS: Final = ("models", "options")


def nearest_key(path: Path) -> str | None:
    """The known key that this path (indexes are ignored) is most like, or None.

    First the same name further down, then the neighbours, then the same name in another section, then
    anything that looks alike.
    """
    names = [step for step in path if isinstance(step, str)]
    if tuple(names[:2]) == OPTIONS and len(names) == 4:
        found = nearest(names[3], list(Sampling.__annotations__))
        return ".".join([*names[:3], found]) if found else None
    known = [*catalogue(), *sections()]
    above, _, leaf = ".".join(names).rpartition(".")
    inside = [key for key in known if above and key.startswith(above + ".") and key.endswith("." + leaf)]
    if inside:
        return inside[0]
    siblings = {key.rpartition(".")[2]: key for key in known if key.rpartition(".")[0] == above}
    if found := nearest(leaf, list(siblings)):
        return siblings[found]
    elsewhere = [key for key in known if key.rpartition(".")[2] == leaf]
    if elsewhere:
        return nearest(".".join(names), elsewhere, cutoff=0.0)
    if found := nearest(".".join(names), known):
        return found
    leaves = {key.rpartition(".")[2]: key for key in reversed(known)}
    close = nearest(leaf, list(leaves), cutoff=0.75)
    return leaves[close] if close else None


def nearest(word: str, known: list[Any], cutoff: float = CLOSE) -> str | None:
    """The known word that is most like this one, or None."""
    words = {str(one).lower(): str(one) for one in known}
    found = difflib.get_close_matches(word.lower(), list(words), n=1, cutoff=cutoff)
    return words[found[0]] if found else None
