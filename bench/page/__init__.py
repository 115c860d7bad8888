"""The page's budgets, measured in Chromium before a started gateway: `python -m bench.page`."""

from __future__ import annotations

import shutil

from tests.e2e.browser import PROGRAMS


def program() -> str | None:
    """The path of Chromium: a whole one, as people have it, before the tests' headless shell."""
    return next(filter(None, map(shutil.which, reversed(PROGRAMS))), None)
