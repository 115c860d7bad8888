"""What watches inside a page, and the browser's own protocol for what a page cannot see of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

WATCH: Final = """
window.seen = { shifts: 0, paints: {}, frames: [], events: [], requests: 0 };
const watch = (type, act, more) => {
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(act));
  observer.observe({ type, buffered: true, ...more });
};
watch('layout-shift', (entry) => { if (!entry.hadRecentInput) window.seen.shifts += entry.value; });
watch('paint', (entry) => { window.seen.paints[entry.name] = entry.startTime; });
watch('largest-contentful-paint', (entry) => { window.seen.paints.largest = entry.startTime; });
watch('event', (entry) => window.seen.events.push([entry.name, entry.duration]), { durationThreshold: 16 });
window.frames_begin = () => {
  window.seen.frames = [];
  let before = performance.now();
  const next = (now) => {
    window.seen.frames.push(now - before);
    before = now;
    if (window.seen.counting) requestAnimationFrame(next);
  };
  window.seen.counting = true;
  requestAnimationFrame(next);
};
"""
LONG: Final = 50.0  # ms
SLOW_NET: Final = {  # 1.6 Mbit/s, 150 ms
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}


class Probe:
    """One page under measurement."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.protocol: CDPSession = page.context.new_cdp_session(page)
        self.protocol.send("Performance.enable", {"timeDomain": "threadTicks"})  # not of the wall
        page.add_init_script(WATCH)

    def slow(self, *, cpu: float = 1, net: bool = False) -> None:
        self.protocol.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
        if net:
            self.protocol.send("Network.enable")
            self.protocol.send("Network.emulateNetworkConditions", SLOW_NET)

    def seen(self, what: str) -> Any:
        return self.page.evaluate(f"window.seen.{what}")

    def metric(self, name: str) -> float:
        found = self.protocol.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == name))

    def heap(self) -> float:
        """MB in use after a collection."""
        self.protocol.send("HeapProfiler.enable")
        self.protocol.send("HeapProfiler.collectGarbage")
        return self.metric("JSHeapUsedSize") / 1e6

    @contextmanager
    def tasks(self) -> Iterator[list[float]]:
        """ms of the tasks of the page's thread that took longer than LONG, filled in at the end.

        By the thread's own clock: what other programs did meanwhile is none of it.
        """
        browser = self.page.context.browser
        assert browser is not None
        browser.start_tracing(page=self.page, categories=["toplevel", "__metadata"])
        found: list[float] = []
        yield found
        found += long_tasks(json.loads(browser.stop_tracing())["traceEvents"])

    @contextmanager
    def frames(self) -> Iterator[list[float]]:
        """ms between frames, filled in at the end."""
        found: list[float] = []
        self.page.evaluate("window.frames_begin()")
        yield found
        found += self.page.evaluate("window.seen.counting = false, window.seen.frames")


def long_tasks(events: list[dict[str, Any]]) -> list[float]:
    """Of the busiest page among those that were traced."""
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    spent: dict[tuple[int, int], list[float]] = {page: [] for page in pages}
    for event in events:
        where = (event["pid"], event["tid"])
        if event["name"].endswith("RunTask") and event["ph"] == "X" and where in spent:
            spent[where].append(event.get("tdur", 0) / 1000)
    busiest = max(spent.values(), key=sum, default=[])
    return [one for one in busiest if one > LONG]
