"""The list, its dialogs, and the pages before and beside the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.chatpage import ChatPage
from tests.e2e.scenes.cast import NARROW, ONLY_NARROW, Cast, scene
from tests.e2e.words import TITLES


def opened_list(cast: Cast, chat: ChatPage) -> None:
    if cast.width <= NARROW:
        chat.button("top.list").click()
        expect(chat.list).to_be_in_viewport()


@scene
def drawer(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    return chat.page


ONLY_NARROW.add("drawer")


@scene
def row_menu(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    title = TITLES[cast.lang][0]
    chat.row(title).hover()
    chat.list.get_by_role("button", name=cast.t("list.menu_of", title=title)).click()
    expect(chat.page.get_by_role("menu")).to_be_visible()
    return chat.page


@scene
def own_menu(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    chat.list.get_by_role("button", name=cast.t("list.own_menu")).click()
    expect(chat.page.get_by_role("menu")).to_be_visible()
    return chat.page


@scene
def renaming(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    chat.choose(TITLES[cast.lang][0], "list.rename")
    expect(chat.page.get_by_role("textbox", name=cast.t("list.title_field"))).to_be_focused()
    return chat.page


@scene
def deleting(cast: Cast, rows: int | None = None) -> Page:
    chat = cast.chat(path=cast.history(team="team-a", rows=rows))
    opened_list(cast, chat)
    chat.choose(TITLES[cast.lang][0], "list.delete")
    expect(chat.dialog).to_be_visible()
    return chat.page


@scene
def deleted(cast: Cast) -> Page:
    """Beside few others: of a long list the notice covers a row, and which one is the calendar's affair."""
    page = deleting(cast, rows=3)
    chat = ChatPage(page)
    chat.button("list.delete_yes", chat.dialog).click()
    expect(chat.button("list.undo", chat.toasts)).to_be_visible()
    return page


@scene
def search(cast: Cast) -> Page:
    cast.history()
    chat = cast.chat()
    chat.page.keyboard.press("Control+k")
    chat.dialog.get_by_role("combobox").fill({"zh": "报销", "en": "expenses"}[cast.lang])
    expect(chat.dialog.locator("mark").first).to_be_visible()
    return chat.page


@scene
def search_nothing(cast: Cast) -> Page:
    cast.list()
    chat = cast.chat()
    chat.page.keyboard.press("Control+k")
    chat.dialog.get_by_role("combobox").fill("qqqq")
    expect(chat.dialog).to_contain_text(cast.t("search.none", query="qqqq"))
    return chat.page


def own_dialog(cast: Cast, key: str) -> Page:
    chat = cast.chat(path=cast.history(archived_by=["alice"]))
    opened_list(cast, chat)
    chat.own_menu(key)
    expect(chat.dialog).to_be_visible()
    expect(chat.dialog).not_to_contain_text(cast.t("list.loading"))
    return chat.page


@scene
def settings(cast: Cast) -> Page:
    return own_dialog(cast, "list.settings")


@scene
def shortcuts(cast: Cast) -> Page:
    return own_dialog(cast, "list.shortcuts")


@scene
def archived(cast: Cast) -> Page:
    page = own_dialog(cast, "list.archive_view")
    expect(page.locator("dialog").get_by_role("link")).to_be_visible()
    return page


@scene
def importing(cast: Cast) -> Page:
    return own_dialog(cast, "list.import")


@scene
def access(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history(team="team-a"))
    chat.button("top.menu").click()
    chat.item("list.access").click()
    expect(chat.dialog).to_be_visible()
    expect(chat.dialog).not_to_contain_text(cast.t("access.loading"))
    return chat.page


@scene
def login(cast: Cast) -> Page:
    return cast.page(None, "/login")


@scene
def login_expired(cast: Cast) -> Page:
    return cast.page(None, "/login?expired=1&next=/c/1")


@scene
def login_refused(cast: Cast) -> Page:
    cast.pages.allowed += ["Failed to load resource"]  # 403
    page = cast.page(None, "/login")
    page.locator("input[name=username]").fill("alice")
    page.locator("input[name=password]").fill("wrong")
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


@scene
def lost(cast: Cast) -> Page:
    """An address that is none."""
    cast.pages.allowed += ["Failed to load resource"]
    return cast.page("alice", "/nowhere")
