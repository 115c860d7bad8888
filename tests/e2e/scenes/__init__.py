"""Every state of the page, by name: drawn for screenshots and for what must hold in all of them.

for name, scene in SCENES.items():
    page = scene(Cast(pages, lang="zh", width=360))
"""

from __future__ import annotations

from tests.e2e.scenes import around, box, dialogue
from tests.e2e.scenes.cast import NARROW, ONLY_NARROW, SCENES, Cast

__all__ = ["NARROW", "ONLY_NARROW", "SCENES", "Cast", "around", "box", "dialogue"]
