"""An answer of 20 kB at 200 pieces a second through the real socket: frames, tasks, typing, memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Page, expect

from bench.page.budget import Row, quantile
from bench.page.probe import Probe
from tests.e2e.answers import say
from tests.e2e.pages import Pages
from tests.e2e.words import long_answer

SIZE: Final = 20_000  # characters
RATE: Final = 200  # pieces a second, ten characters each
CODE: Final = (
    "```python\n"
    + "".join(f"value_{n} = compute({n}, 'text {n}')  # 说明\n" for n in range(500))[:SIZE]
    + "\n```\n"
)
PATIENCE: Final = 60_000  # ms


def rows(pages: Pages) -> Iterator[Row]:
    yield from mixed(pages)
    yield from code(pages)
    yield from slow(pages)
    yield from typing(pages)
    yield from heap(pages)


def streamed(pages: Pages, text: str, *, cpu: float = 1) -> tuple[Probe, list[float], list[float], float]:
    """(the probe, ms between frames, long tasks, seconds of script) of one answer."""
    page, probe = fresh(pages)
    pages.stage.model.answer("Go on", say(text, rate=RATE, size=10))
    probe.slow(cpu=cpu)
    script = probe.metric("ScriptDuration")
    with probe.tasks() as tasks, probe.frames() as frames:
        ask(page, "Go on")
        ended(page, 1)
    return probe, frames, tasks, probe.metric("ScriptDuration") - script


def mixed(pages: Pages) -> Iterator[Row]:
    probe, frames, tasks, script = streamed(pages, long_answer("zh", SIZE))
    late = sum(one > 50 for one in frames) / max(len(frames), 1)
    yield Row("20 kB of Markdown at 200/s: long tasks", len(tasks), 0)
    yield Row("… p99 of the time between frames", quantile(frames, 0.99), 34, "ms")
    yield Row("… frames later than 50 ms", 100 * late, 0.5, "%")
    yield Row("… script", script, 2, "s")
    yield Row("… layout shift", probe.seen("shifts"), 0.02)
    yield Row("… heap after it", probe.heap(), 15, "MB")


def code(pages: Pages) -> Iterator[Row]:
    _, _, tasks, _ = streamed(pages, CODE)
    yield Row("one code block of 20 kB: long tasks", len(tasks), 1)
    yield Row("… the longest", max(tasks, default=0), 120, "ms")


def slow(pages: Pages) -> Iterator[Row]:
    _, _, tasks, _ = streamed(pages, long_answer("zh", SIZE), cpu=4)
    yield Row("20 kB of Markdown at 4x CPU: long tasks together", sum(tasks), 1200, "ms")


def typing(pages: Pages) -> Iterator[Row]:
    """Keys while an answer streams: Event Timing, from the key to the next paint."""
    page, probe = fresh(pages)
    pages.stage.model.answer("Go on", say(long_answer("zh", SIZE), rate=RATE, size=10))
    ask(page, "Go on")
    page.wait_for_function("() => document.querySelector('#messages').innerText.length > 300")
    page.evaluate("window.seen.events = []")
    words = "the quick brown fox jumps over the lazy dog and keeps on running"
    page.locator("#text").press_sequentially(words, delay=60)
    events = [
        duration
        for name, duration in probe.seen("events")
        if name in ("keydown", "keypress", "keyup", "input")
    ]
    # What took less than 16 ms is not told: each key has at least three events.
    events += [16.0] * max(0, 3 * len(words) - len(events))
    ended(page, 1)
    yield Row("typing while it streams, p95", quantile(events, 0.95), 100, "ms")


def heap(pages: Pages) -> Iterator[Row]:
    page, probe = fresh(pages)
    pages.stage.model.answer("Go on", say(long_answer("zh", SIZE), size=200))
    for count in range(1, 21):
        ask(page, "Go on")
        ended(page, count)
    yield Row("heap after 20 answers of 20 kB", probe.heap(), 40, "MB")


def fresh(pages: Pages) -> tuple[Page, Probe]:
    for context in pages.contexts:
        context.close()
    pages.contexts.clear()
    page = pages.page_of("alice", go=False)
    probe = Probe(page)
    page.goto(pages.stage.page("/"))
    expect(page.locator("#text")).to_be_enabled()
    page.wait_for_function("() => performance.getEntriesByName('clawdbot:ready').length")
    return page, probe


def ask(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def ended(page: Page, count: int) -> None:
    """Until so many answers of this page have ended, and what they said is shown."""
    end = page.wire.heard("gen.end")  # type: ignore[attr-defined]
    waited = 0
    while len(end) < count and waited < PATIENCE:
        page.wait_for_timeout(100)
        waited += 100
        end = page.wire.heard("gen.end")  # type: ignore[attr-defined]
    assert len(end) >= count, "the answer did not end"
    page.wait_for_function("() => !document.querySelector('#messages [aria-busy=true]')")
