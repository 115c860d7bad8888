"""`python -m bench.page.renderer`: the renderer of answers alone, beside the plain way; exit 1 on a miss.

20 kB at 200 messages a second, mixed and one block of code, also on a processor four times slower; then a
megabyte. The plain way renders everything anew, with each message or with each frame.
Needs chromium and `npm ci`. Nothing else should run on the machine.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from bench.page import program
from bench.page.budget import Row, table
from tests.e2e.markdown import theatre
from tests.e2e.words import long_answer

SIZE: Final = 20_000
RATE: Final = 200
CODE: Final = "```python\n" + "def answer(x):\n    return 42 + x  # 注释\n\n" * 480
TEXTS: Final = {"mixed": long_answer("zh", SIZE), "code": CODE[:SIZE] + "\n```\n"}
MEGABYTE: Final = 1_000_000
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " require-trusted-types-for 'script'; trusted-types dompurify"
)
OURS: Final = "new clawd.StreamView(clawd.fresh())"
EACH_FRAME: Final = "new clawd.Naive(clawd.fresh(), true)"


class Stage:
    """Fresh pages with the renderer."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url

    def feed(
        self, view: str, text: str, *, rate: int = RATE, size: int = 10, cpu: float = 1
    ) -> dict[str, Any]:
        """What tests/e2e/markdown/feed.js tells, and the seconds of script."""
        page = self.browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(self.url)
        page.wait_for_selector("html[data-ready]", state="attached")
        protocol = page.context.new_cdp_session(page)
        protocol.send("Performance.enable", {"timeDomain": "threadTicks"})  # of this thread, not of the wall
        page.evaluate("text => (clawd.streamed([text]), clawd.Naive.prepare())", text[:2000])  # warm
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
        before = script(protocol)
        found: dict[str, Any] = page.evaluate(
            f"([text, rate, size]) => clawd.feed({view}, text, rate, size)", [text, rate, size]
        )
        found["script"] = script(protocol) - before
        page.close()
        return found

    def ratio(self, text: str) -> float:
        """Time of ours by the time of the plain way, ten characters a message."""
        page = self.browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(self.url)
        page.wait_for_selector("html[data-ready]", state="attached")
        ours, plain = page.evaluate(
            """async text => {
          await clawd.Naive.prepare();
          clawd.ours(text, 10, clawd.fresh());
          return [clawd.ours(text, 10, clawd.fresh()), clawd.plain(text, 10, clawd.fresh())];
        }""",
            text,
        )
        page.close()
        return float(ours / plain)

    def whole(self, text: str) -> float:
        """ms until a long answer is there when it is rendered whole."""
        page: Page = self.browser.new_page()
        page.goto(self.url)
        page.wait_for_selector("html[data-ready]", state="attached")
        took = page.evaluate(
            """text => {
          const shell = clawd.fresh();
          const begun = performance.now();
          shell.append(clawd.render(text));
          shell.getBoundingClientRect();
          return performance.now() - begun;
        }""",
            text,
        )
        page.close()
        return float(took)


def script(protocol: Any) -> float:
    metrics = protocol.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "ScriptDuration"))


def rows(stage: Stage) -> Iterator[Row]:
    yield from streams(stage)
    yield from slow(stage)
    yield from long(stage)


def streams(stage: Stage) -> Iterator[Row]:
    for name, text in TEXTS.items():
        ours = stage.feed(OURS, text)
        what = f"{name}, 20 kB at 200/s"
        yield Row(f"{what}: long tasks", ours["tasks"], 0 if name == "mixed" else 1)
        yield Row(f"{what}: the longest", ours["taskWorst"], 120, "ms")
        yield Row(f"{what}: p99 of the time between frames", ours["p99"], 34, "ms")
        yield Row(f"{what}: frames later than 50 ms", 100 * ours["slow"] / ours["frames"], 0.5, "%")
        yield Row(f"{what}: script", ours["script"], 2, "s")
        each = stage.feed(EACH_FRAME, text)
        yield Row(f"{what}: script / anew with each frame", ours["script"] / each["script"], None)
        yield Row(f"{what}: long tasks of anew with each frame", each["tasks"], None)
        yield Row(f"{name}, 5 kB: rendering / anew with each message", stage.ratio(text[:5000]), 0.2)


def slow(stage: Stage) -> Iterator[Row]:
    ours = stage.feed(OURS, TEXTS["mixed"], cpu=4)
    yield Row("mixed at 4x CPU: long tasks together", ours["taskTotal"], 1200, "ms")
    yield Row("mixed at 4x CPU: p99 of the time between frames", ours["p99"], None, "ms")


def long(stage: Stage) -> Iterator[Row]:
    text = TEXTS["mixed"] * (MEGABYTE // SIZE)
    ours = stage.feed(OURS, text, size=len(text) // 1000)
    yield Row("1 MB in 5 s: the longest task", ours["taskWorst"], 200, "ms")
    yield Row("1 MB in 5 s: script", ours["script"], None, "s")
    yield Row("1 MB rendered whole: until it is there", stage.whole(text), 300, "ms")


def main() -> int:
    found = program()
    if found is None:
        print("bench.page.renderer: no chromium; on Debian and Ubuntu: apt-get install chromium")
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        with theatre.served(theatre.built(Path(folder)), POLICY) as url:
            measured = list(rows(Stage(browser, url)))
        browser.close()
    print(table(measured))
    return 0 if all(row.met for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
