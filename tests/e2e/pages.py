"""Pages of people's browsers before the stage, what their sockets say, and what they complain of."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebSocket,
    expect,
)

from tests.e2e.stage import Stage

PATIENCE: Final = 10_000  # ms for whatever a page is waited for
expect.set_options(timeout=PATIENCE)
HOLDS: Final = """addEventListener('securitypolicyviolation', (event) => console.error(
  `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


class Wire:
    """sent, received: the frames of a page's sockets in order, each as an object."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self.sockets: list[WebSocket] = []
        page.on("websocket", self._opened)

    def said(self, t: str) -> list[dict[str, Any]]:
        """What the page sent of this type."""
        return [frame for frame in self.sent if frame["t"] == t]

    def heard(self, t: str) -> list[dict[str, Any]]:
        """What it received of this type."""
        return [frame for frame in self.received if frame["t"] == t]

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framesent", lambda frame: self.sent.append(json.loads(frame)))
        socket.on("framereceived", lambda frame: self.received.append(json.loads(frame)))


class Pages:
    """Makes them, listens to them, closes them.

    allowed: beginnings of what the console may say. friends: hosts that a browser may go to, as a provider's.
    """

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self.browser, self.stage = browser, stage
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.allowed: list[str] = []
        self.friends: set[str] = set()

    def page_of(
        self,
        who: str | None,
        path: str = "/",
        *,
        lang: str = "en-US",
        width: int = 1280,
        height: int = 800,
        theme: str = "light",
        touch: bool = False,
        go: bool = True,
        **context: Any,
    ) -> Page:
        """A page in a browser of its own. go: whether it opens `path`.

        context: more of Playwright's new_context.
        """
        made = self.browser.new_context(
            locale=lang,
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            has_touch=touch,
            is_mobile=touch,
            **context,
        )
        self.contexts.append(made)
        made.set_default_timeout(PATIENCE)
        made.add_init_script(HOLDS)
        made.on("request", self._asked)
        made.on("page", self._heard)
        if who is not None:
            made.add_cookies([self.stage.cookie(who)])  # type: ignore[list-item]
        page = made.new_page()
        if go:
            page.goto(self.stage.page(path))
        return page

    def second_tab(self, page: Page, path: str | None = None) -> Page:
        """Another page of the same browser, at the same address."""
        tab = page.context.new_page()
        tab.goto(page.url if path is None else self.stage.page(path))
        return tab

    def close(self) -> list[str]:
        """Closes them all -> complaints that were not allowed."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()
        return [one for one in self.complaints if not any(map(one.startswith, self.allowed))]

    def _heard(self, page: Page) -> None:
        page.wire = Wire(page)  # type: ignore[attr-defined]
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))

    def _said(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type in ("error", "warning") and not (self.friends and not self._is_ours(where)):
            self.complaints.append(f"{message.text} ({message.type} at {where})")

    def _is_ours(self, url: str) -> bool:
        parts = urlsplit(url)
        ours = {urlsplit(self.stage.url).netloc, *self.friends}
        return parts.scheme not in ("http", "https") or parts.netloc in ours

    def _asked(self, request: Request) -> None:
        """What friends ask of others is their own affair; nobody gets an answer (tests/e2e/browser.py)."""
        if self._is_ours(request.url) or urlsplit(request.frame.url).netloc in self.friends:
            return
        self.complaints.append(f"a request to another host: {request.url}")


PageOf = Callable[..., Page]
