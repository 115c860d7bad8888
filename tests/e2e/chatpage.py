"""The chat page as a person sees it: by roles and names, in its language.

chat = ChatPage(page_of("alice", lang="zh-CN"))
chat.ask("北京天气")
expect(chat.answers.last).to_contain_text("晴")
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.e2e.spoken import Spoken


class ChatPage:
    """page: opened. t: its words."""

    def __init__(self, page: Page) -> None:
        self.page = page
        lang = page.locator("html").get_attribute("lang") or "en"
        self.t = Spoken("zh" if lang.startswith("zh") else "en")

    # ---- where things are ----------------------------------------------------------------------

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name=self.t("composer.label"), exact=True)

    @property
    def log(self) -> Locator:
        return self.page.locator("#messages")

    @property
    def questions(self) -> Locator:
        return self.log.locator("article.user")

    @property
    def answers(self) -> Locator:
        return self.log.locator("article.assistant")

    @property
    def list(self) -> Locator:
        return self.page.locator("#side")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")  # the list on a phone is one by role alone

    @property
    def toasts(self) -> Locator:
        return self.page.locator("#toasts")

    def button(self, key: str, within: Locator | None = None, **gaps: str) -> Locator:
        """By its name in the catalogue."""
        return (within or self.page.locator("body")).get_by_role(
            "button", name=self.t(key, **gaps), exact=True
        )

    def row(self, title: str) -> Locator:
        """A conversation in the list."""
        return self.list.get_by_role("link", name=title)

    # ---- what a person does --------------------------------------------------------------------

    def ready(self) -> None:
        """Until the socket has said so and the box may be used."""
        expect(self.box).to_be_enabled()
        self.page.wait_for_function("() => performance.getEntriesByName('clawdbot:ready').length > 0")

    def ask(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def settled(self) -> None:
        """Until nothing is being written any more."""
        expect(self.log.locator("[aria-busy=true]")).to_have_count(0)

    def asked(self, text: str) -> None:
        """Ask and hear the answer out."""
        before = self.answers.count()
        self.ask(text)
        expect(self.answers).to_have_count(before + 1)
        self.settled()

    def choose(self, title: str, key: str) -> None:
        """An item of a conversation's menu in the list."""
        self.row(title).hover()
        self.list.get_by_role("button", name=self.t("list.menu_of", title=title)).click()
        self.item(key).click()

    def item(self, key: str, **gaps: str) -> Locator:
        """An item of the open menu."""
        return self.page.get_by_role("menu").get_by_role("menuitem", name=self.t(key, **gaps), exact=True)

    def own_menu(self, key: str) -> None:
        """An item of the menu below the list."""
        self.list.get_by_role("button", name=self.t("list.own_menu")).click()
        self.item(key).click()
