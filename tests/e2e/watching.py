"""What tests of the connection look at: the banner, the frames, a page that has come to rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage

Allow = Callable[..., None]
BROKEN = ("WebSocket connection", "Failed to load resource")


def banner(page: Page) -> Any:
    return page.locator("#banner")


def wire(page: Page) -> Any:
    """What its sockets say (tests/e2e/pages.py)."""
    return page.wire  # type: ignore[attr-defined]


def heard(stage: Stage, page: Page, t: str, times: int = 1) -> None:
    """Until so many frames of this type have come."""
    stage.gateway.wait_for(lambda: len(wire(page).heard(t)) >= times or listens(page))


def listens(page: Page) -> None:
    """Hands over what the page has said meanwhile: for a condition that is asked again and again."""
    page.wait_for_timeout(20)


def opened(page_of: PageOf, path: str = "/", lang: str = "en-US", **more: Any) -> ChatPage:
    chat = ChatPage(page_of("alice", path, lang=lang, **more))
    calm(chat)
    return chat


def calm(chat: ChatPage) -> None:
    """Ready, and everything is there that comes after the page."""
    chat.ready()
    chat.page.wait_for_load_state("networkidle")


def two_tabs(page_of: PageOf, second_tab: PageOf) -> tuple[ChatPage, ChatPage]:
    """Two tabs of alice's in one browser, both ready."""
    one = ChatPage(page_of("alice"))
    one.ready()
    other = ChatPage(second_tab(one.page))
    other.ready()
    return one, other
