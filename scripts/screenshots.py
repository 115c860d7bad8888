"""`make screenshots`: each state of the page at three widths, light and dark, Chinese and English.

    python scripts/screenshots.py [--to var/screenshots] [--only history,login] [--lang zh] [--width 360]

Writes PNGs and an index.html. Says, and ends with 1, where something is seen to be wrong: a page that scrolls
sideways, words that are cut off, text below 12 px. Needs chromium, fonts-noto-cjk and `npm run build`.
"""

from __future__ import annotations

import argparse
import html
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.e2e import browser  # noqa: E402
from tests.e2e.looks import problems  # noqa: E402
from tests.e2e.pages import Pages  # noqa: E402
from tests.e2e.scenes import NARROW, ONLY_NARROW, SCENES, Cast  # noqa: E402
from tests.e2e.stage import Stage  # noqa: E402

WIDTHS: Final = (360, 768, 1280)
THEMES: Final = ("light", "dark")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--only", default="", help="scenes by name, comma between")
    parser.add_argument("--lang", choices=("zh", "en"))
    parser.add_argument("--width", type=int, choices=WIDTHS)
    parser.add_argument("--theme", choices=THEMES)
    asked = parser.parse_args()
    found = browser.program()
    if found is None:
        print(f"screenshots: {browser.MISSING} fonts-noto-cjk")
        return 2
    asked.to.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with sync_playwright() as playwright, Stage() as stage:
        made = playwright.chromium.launch(executable_path=found, args=browser.words())
        for name, lang, width in wanted(asked):
            wrong += drawn(made, stage, asked, name, lang, width)
        made.close()
    (asked.to / "index.html").write_text(index(asked.to), encoding="utf-8")
    print(*wrong, sep="\n")
    print(f"{asked.to / 'index.html'}: {len(list(asked.to.glob('*.png')))} pictures, {len(wrong)} complaints")
    return 1 if wrong else 0


def wanted(asked: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    names = asked.only.split(",") if asked.only else list(SCENES)
    for name in names:
        for width in (asked.width,) if asked.width else WIDTHS:
            for lang in (asked.lang,) if asked.lang else ("zh", "en"):
                if name not in ONLY_NARROW or width <= NARROW:
                    yield name, lang, width


def drawn(
    made: Browser, stage: Stage, asked: argparse.Namespace, name: str, lang: str, width: int
) -> list[str]:
    """One scene in both themes -> what is wrong with it."""
    stage.reset()
    pages = Pages(made, stage)
    wrong = []
    try:
        page = SCENES[name](Cast(pages, lang=lang, width=width))
        wrong += [f"{name} {lang} {width}: {one}" for one in problems(page)]
        for theme in (asked.theme,) if asked.theme else THEMES:
            taken(page, theme, asked.to / f"{name}-{width}-{lang}-{theme}.png")
    except Exception:  # noqa: BLE001 - the others are still wanted
        wrong.append(f"{name} {lang} {width}: not drawn: {traceback.format_exc(limit=-1)}")
    wrong += [f"{name} {lang} {width}: {one}" for one in pages.close()]
    return wrong


def taken(page: Page, theme: str, to: Path) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.screenshot(path=to, animations="disabled", caret="hide")


def index(folder: Path) -> str:
    rows = [
        f'<figure><a href="{one.name}"><img loading="lazy" src="{one.name}" alt=""></a>'
        f"<figcaption>{html.escape(one.stem)}</figcaption></figure>"
        for one in sorted(folder.glob("*.png"))
    ]
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}img{height:320px}"
    return (
        f"<!doctype html><meta charset=utf-8><title>Screenshots</title><style>{style}</style>{''.join(rows)}"
    )


if __name__ == "__main__":
    sys.exit(main())
