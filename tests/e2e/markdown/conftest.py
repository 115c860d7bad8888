"""A page with the renderer and nothing else; whatever leaves it is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Dialog, Page

from clawdsite.entry import dress
from tests.e2e.markdown import theatre

POLICY = (dress.PAGE % b"'self'" + dress.TRUSTED).decode()

HOLDS = """
globalThis.violations = [];
addEventListener('securitypolicyviolation', (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.fixture(scope="session")
def theatre_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with theatre.served(theatre.built(tmp_path_factory.mktemp("markdown")), POLICY) as url:
        yield url


@pytest.fixture
def asked() -> list[str]:
    """Every address the page of this test asked for."""
    return []


@pytest.fixture
def page(new_page: Callable[[], Page], theatre_url: str, asked: list[str]) -> Iterator[Page]:
    """The renderer's page. At the end: no request to elsewhere, no dialog, no violation of the policy."""
    page = new_page()
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(HOLDS)
    page.goto(theatre_url)
    page.wait_for_selector("html[data-ready]", state="attached")
    yield page
    host = theatre_url.rsplit("/", 1)[0]
    assert [url for url in asked if not url.startswith((host, "data:"))] == []
    assert dialogs == []
    assert page.evaluate("violations") == []
