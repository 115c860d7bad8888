"""`python -m bench.page [sizes loading streaming long]`: measured beside its budget; exit 1 on a miss.

Needs chromium and `npm run build`. Nothing else should run on the machine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

from playwright.sync_api import sync_playwright

from bench.page import loading, long, program, sizes, streaming
from bench.page.budget import Row, table
from tests.e2e.pages import Pages
from tests.e2e.stage import Stage

PARTS: Final[dict[str, Callable[[Pages], Iterator[Row]]]] = {
    "sizes": lambda _: sizes.rows(),
    "loading": loading.rows,
    "streaming": streaming.rows,
    "long": long.rows,
}


def main(wanted: list[str]) -> int:
    found = program()
    if found is None:
        print("bench.page: no chromium; on Debian and Ubuntu: apt-get install chromium")
        return 2
    rows: list[Row] = []
    with sync_playwright() as playwright, Stage() as stage:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name in wanted or PARTS:
            stage.reset()
            pages = Pages(browser, stage)
            rows += PARTS[name](pages)
            pages.close()
        browser.close()
    print(table(rows))
    print(
        f"\nload of the machine in the last minute: {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors"
    )
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
