"""Chromium, and pages whose console and policy must stay silent."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ELSEWHERE: Final = re.compile(r"https?://(?!localhost|127\.0\.0\.1)")  # the certified provider's fonts
MISSING: Final = "no chromium on PATH; on Debian and Ubuntu: apt-get install chromium"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for a module's tests; a skip that says what to install where there is none.

    No longer than these tests: Playwright's event loop counts as running, and others run one of their own.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip(MISSING)
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=words)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the console and the content policy said against the pages of this test."""
    return []


@pytest.fixture
def new_page(chromium: Browser, complaints: list[str]) -> Iterator[Callable[[], Page]]:
    """Pages of somebody's own browser: no cookie of another test. No complaint may be left at the end."""
    context = chromium.new_context(locale="en-US")
    context.route(ELSEWHERE, lambda route: route.fulfill(body=""))

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def opened() -> Page:
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        page.set_default_timeout(20_000)
        return page

    yield opened
    context.close()
    assert complaints == []
