"""A conversation of 500 messages: what is built at first, and scrolling through the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.page.budget import Row, quantile
from bench.page.probe import Probe
from tests.e2e.pages import Pages
from tests.e2e.words import long_answer

MESSAGES: Final = 500
EACH: Final = 1500  # characters of an answer
SCROLLS: Final = 60
SHOWN: Final = "() => document.querySelectorAll('#messages article').length >= 20"


def rows(pages: Pages) -> Iterator[Row]:
    said = [f"Question {n}" if n % 2 == 0 else long_answer("zh", EACH) for n in range(MESSAGES)]
    where = pages.stage.seed(owner="alice", messages=said)["id"]
    page = pages.page_of("alice", go=False)
    probe = Probe(page)
    with probe.tasks() as tasks:
        page.goto(pages.stage.page(f"/c/{where}"))
        page.wait_for_function(SHOWN)
        page.wait_for_function("() => performance.getEntriesByName('clawdbot:ready').length")
        page.wait_for_timeout(1000)  # whatever it builds afterwards counts too
    yield Row("500 messages: nodes at first", page.evaluate("document.querySelectorAll('*').length"), 4000)
    yield Row("… the longest task", max(tasks, default=0), 200, "ms")
    yield Row("… all long tasks", sum(tasks), 300, "ms")
    scroller = page.locator("#scroller")
    box = scroller.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with probe.frames() as frames:
        for _ in range(SCROLLS):
            page.mouse.wheel(0, -400)
            page.wait_for_timeout(50)
    yield Row("… scrolling up 60 x 400 px, p95 between frames", quantile(frames, 0.95), 34, "ms")
    shown = page.evaluate("document.querySelectorAll('#messages article').length")
    yield Row("… messages shown after it", shown, None)
