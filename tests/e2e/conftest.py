"""Chromium, the stage before it (tests/e2e/stage.py), and pages whose console and policy must stay silent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright

from tests.e2e import axe as axe_core
from tests.e2e import browser
from tests.e2e.pages import PageOf, Pages
from tests.e2e.scenes import Cast
from tests.e2e.stage import Stage

# Of the certified provider's pages: fonts of another host, and (in the whole browser) an icon of its own.
NOT_OURS: Final = re.compile(r"https?://((?!localhost|127\.0\.0\.1)|[^/]+/favicon\.ico$)")


@pytest.fixture(scope="package")
def driver() -> Iterator[Playwright]:
    """Playwright, for as long as the browser's tests run and no longer.

    Its event loop counts as running in this thread, and tests elsewhere run one of their own.
    """
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """One browser; a skip that says what to install where there is none."""
    found = browser.program()
    if found is None:
        pytest.skip(browser.MISSING)
    with driver.chromium.launch(executable_path=found, args=browser.words()) as made:
        yield made


@pytest.fixture
def complaints() -> list[str]:
    """What the console and the content policy said against the pages of this test."""
    return []


@pytest.fixture
def new_page(chromium: Browser, complaints: list[str]) -> Iterator[Callable[[], Page]]:
    """Pages of somebody's own browser: no cookie of another test. No complaint may be left at the end."""
    context = chromium.new_context(locale="en-US")

    def heard(message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type in ("error", "warning") and not NOT_OURS.match(where):
            complaints.append(f"{message.type}: {message.text} ({where})")

    def opened() -> Page:
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        page.set_default_timeout(20_000)
        return page

    yield opened
    context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def started() -> Iterator[Stage]:
    """One gateway for all tests of a worker: to start it takes seconds."""
    with Stage() as stage:
        yield stage


@pytest.fixture
def stage(started: Stage) -> Stage:
    """The stage as at the beginning, with fresh people: tests/e2e/stage.py."""
    started.reset()
    return started


@pytest.fixture
def pages(chromium: Browser, stage: Stage) -> Iterator[Pages]:
    found = Pages(chromium, stage)
    yield found
    assert found.close() == []


@pytest.fixture
def page_of(pages: Pages) -> PageOf:
    """page_of("alice", lang="zh-CN", width=360): a signed-in page in a browser of its own."""
    return pages.page_of


@pytest.fixture
def second_tab(pages: Pages) -> PageOf:
    return pages.second_tab


@pytest.fixture
def allow(pages: Pages) -> Callable[..., None]:
    """allow("WebSocket connection", "Failed to load"): what the console may say in this test."""

    def allow(*beginnings: str) -> None:
        pages.allowed.extend(beginnings)

    return allow


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """axe(page) -> violations in words."""
    return axe_core.violations


@pytest.fixture
def cast(pages: Pages) -> Callable[..., Cast]:
    """cast(lang="zh", width=360, theme="dark"): what a scene is drawn with (tests/e2e/scenes.py)."""

    def cast(**how: Any) -> Cast:
        return Cast(pages, **how)

    return cast
