"""From the address to a box that can be typed in: paints, blocking, shifts, requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.page.budget import Row, middle
from bench.page.probe import LONG, Probe
from tests.e2e.pages import Pages

RUNS: Final = 3
# Blocking counts until five seconds after the load.
SETTLED: Final = """() => {
  const { loadEventEnd } = performance.getEntriesByType('navigation')[0];
  return loadEventEnd > 0 && performance.now() > loadEventEnd + 5000;
}"""
READY: Final = "() => performance.getEntriesByName('clawdbot:ready').length"


def rows(pages: Pages) -> Iterator[Row]:
    stage = pages.stage
    for place in range(30):
        stage.seed(owner="alice", messages=[f"Question {place}", f"Answer {place}"], days_ago=place)
    opened(pages)  # warm: the first page of a process compiles its templates
    plain = [opened(pages) for _ in range(RUNS)]
    slow = [opened(pages, cpu=4, net=True) for _ in range(RUNS)]
    yield Row("first contentful paint", middle([one["first"] for one in plain]), 800, "ms")
    yield Row("largest contentful paint", middle([one["largest"] for one in plain]), 800, "ms")
    yield Row("the same at 4x CPU, 1.6 Mbit/s, 150 ms", middle([one["largest"] for one in slow]), 1500, "ms")
    yield Row("blocking time at 4x CPU", middle([one["blocked"] for one in slow]), 150, "ms")
    yield Row("interactive at 4x CPU, 1.6 Mbit/s", middle([one["ready"] for one in slow]), 1500, "ms")
    yield Row("layout shift of the load", max(one["shifts"] for one in plain + slow), 0.02)
    yield Row("requests of the first load", middle([one["requests"] for one in plain]), None)
    yield Row("requests to other hosts", len([one for one in pages.complaints if "another host" in one]), 0)


def opened(pages: Pages, *, cpu: float = 1, net: bool = False) -> dict[str, float]:
    """One cold load in a browser of its own."""
    page = pages.page_of("alice", go=False)
    probe = Probe(page)
    probe.slow(cpu=cpu, net=net)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with probe.tasks() as tasks:
        page.goto(pages.stage.page("/"), wait_until="load")
        page.wait_for_function(READY)
        page.wait_for_function(SETTLED)
    found = {
        "first": probe.seen("paints['first-contentful-paint']"),
        "largest": probe.seen("paints.largest"),
        "blocked": sum(one - LONG for one in tasks),
        "ready": page.evaluate("performance.getEntriesByName('clawdbot:ready')[0].startTime"),
        "shifts": probe.seen("shifts"),
        "requests": len([url for url in asked if not url.startswith(("data:", "blob:"))]),
    }
    page.context.close()
    return found
