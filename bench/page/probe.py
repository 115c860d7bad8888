"""What watches inside a page, and the browser's own protocol for what a page cannot see of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

WATCH: Final = """
window.seen = { tasks: [], shifts: 0, paints: {}, frames: [], events: [], requests: 0 };
const watch = (type, act, more) => {
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(act));
  observer.observe({ type, buffered: true, ...more });
};
watch('longtask', (entry) => window.seen.tasks.push([entry.startTime, entry.duration]));
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
        self.protocol.send("Performance.enable")
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

    def tasks(self, since: float = 0.0) -> list[float]:
        """Durations of long tasks that began later than so many ms after the page's start."""
        return [duration for start, duration in self.seen("tasks") if start >= since]

    def now(self) -> float:
        return float(self.page.evaluate("performance.now()"))

    @contextmanager
    def frames(self) -> Iterator[list[float]]:
        """ms between frames, filled in at the end."""
        found: list[float] = []
        self.page.evaluate("window.frames_begin()")
        yield found
        found += self.page.evaluate("window.seen.counting = false, window.seen.frames")
