"""Search, settings, shortcuts, import, who can see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

COMPOSING = """(field) => field.dispatchEvent(
  new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true }))"""
CHATGPT = [
    {
        "title": "从别处来",
        "create_time": 1_700_000_000,
        "current_node": "b",
        "mapping": {
            "r": {"id": "r", "message": None, "parent": None, "children": ["a"]},
            "a": {
                "id": "a",
                "parent": "r",
                "children": ["b"],
                "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["问"]}},
            },
            "b": {
                "id": "b",
                "parent": "a",
                "children": [],
                "message": {
                    "author": {"role": "assistant"},
                    "content": {"content_type": "text", "parts": ["答"]},
                },
            },
        },
    }
]


def search(chat: ChatPage) -> None:
    chat.page.keyboard.press("Control+k")
    expect(chat.dialog.get_by_role("combobox")).to_be_focused()


# ---- search ----------------------------------------------------------------------------------------


@proves("ui-70")
def test_search_finds_titles_and_texts_and_keys_open_them(page_of: PageOf, stage: Stage) -> None:
    titled = stage.seed(owner="alice", title="数据库连接池", messages=["Q", "A"], days_ago=2)["id"]
    said = stage.seed(owner="alice", title="Other", messages=["怎么设置连接池参数？", "看并发数。"])["id"]
    stage.seed(owner="bob", title="连接池 of somebody else", messages=["连接池", "A"])
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    search(chat)
    options = chat.dialog.get_by_role("option")
    expect(options).to_have_count(2)  # the last used, before anything is typed
    chat.page.keyboard.type("连接池")
    expect(chat.dialog.locator("mark")).to_have_count(2)
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_contain_text("数据库连接池")
    expect(options.nth(1)).to_contain_text("怎么设置连接池参数？")
    assert set(chat.dialog.locator("mark").all_text_contents()) == {"连接池"}
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    chat.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options.nth(1).get_attribute("id")
    expect(chat.dialog.get_by_role("combobox")).to_have_attribute("aria-activedescendant", chosen or "")
    chat.dialog.get_by_role("combobox").evaluate(COMPOSING)
    chat.page.keyboard.press("Enter")
    expect(chat.dialog).to_have_count(0)
    expect(chat.page).to_have_url(stage.page(f"/c/{said}"))
    expect(chat.questions).to_contain_text("怎么设置连接池参数？")
    search(chat)
    chat.page.keyboard.type("数据库")
    expect(options).to_have_count(1)
    options.click()
    expect(chat.page).to_have_url(stage.page(f"/c/{titled}"))


@proves("ui-70")
def test_search_says_when_there_is_nothing_and_when_it_failed(
    page_of: PageOf, stage: Stage, axe: Callable[..., list[str]], allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")
    stage.seed(owner="alice", title="One", messages=["Q", "A"])
    chat = ChatPage(page_of("alice"))
    search(chat)
    assert axe(chat.page) == []
    chat.page.keyboard.type("zzzz")
    expect(chat.dialog).to_contain_text(chat.t("search.none", query="zzzz"))
    assert axe(chat.page) == []
    chat.page.route("**/api/search**", lambda route: route.abort())
    chat.dialog.get_by_role("combobox").fill("one")
    expect(chat.button("search.again", chat.dialog)).to_be_visible()
    chat.page.unroute("**/api/search**")
    chat.button("search.again", chat.dialog).click()
    expect(chat.dialog.get_by_role("option")).to_have_count(1)
    assert axe(chat.page) == []
    chat.dialog.get_by_role("combobox").press("Escape")  # first the text
    expect(chat.dialog.get_by_role("combobox")).to_have_value("")
    chat.dialog.get_by_role("combobox").press("Escape")
    expect(chat.dialog).to_have_count(0)


@proves("ui-70")
def test_an_answer_that_comes_late_does_not_replace_a_newer_one(page_of: PageOf, stage: Stage) -> None:
    stage.seed(owner="alice", title="First", messages=["Q", "A"])
    stage.seed(owner="alice", title="Second", messages=["Q", "A"])
    chat = ChatPage(page_of("alice"))
    waiting: list[Route] = []
    chat.page.route("**/api/search?q=first*", lambda route: waiting.append(route))
    search(chat)
    field = chat.dialog.get_by_role("combobox")
    with chat.page.expect_request("**/api/search?q=first*"):
        field.fill("first")
    field.fill("second")
    options = chat.dialog.get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("Second")
    with chat.page.expect_response("**/api/search?q=first*"):
        waiting[0].continue_()
    expect(options).to_contain_text("Second")


@proves("ui-70")
def test_what_was_found_is_what_is_seen(page_of: PageOf, stage: Stage) -> None:
    turns = [part for place in range(40) for part in (f"Question {place}", f"Answer {place}\n" * 8)]
    stage.seed(owner="alice", title="Long", messages=["The needle of it", "A", *turns])
    chat = ChatPage(page_of("alice"))
    search(chat)
    chat.page.keyboard.type("needle")
    expect(chat.dialog.locator("mark")).to_have_text("needle")
    chat.page.keyboard.press("Enter")
    expect(chat.log.get_by_text("The needle of it")).to_be_in_viewport()


@proves("ui-70", "ui-72")
def test_more_is_found_as_one_goes_down(page_of: PageOf, stage: Stage) -> None:
    stage.hands.many("alice", 45)
    chat = ChatPage(page_of("alice"))
    search(chat)
    chat.page.keyboard.type("question")
    options = chat.dialog.get_by_role("option")
    expect(options.nth(19)).to_be_attached()
    chat.page.keyboard.press("ArrowUp")  # to the last one
    expect(options.nth(39)).to_be_attached()


# ---- settings --------------------------------------------------------------------------------------


@proves("ui-99")
def test_a_theme_is_there_at_once_and_from_the_first_paint(page_of: PageOf, stage: Stage) -> None:
    chat = ChatPage(page_of("alice", theme="light"))
    chat.own_menu("list.settings")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = chat.page.evaluate(background)
    with chat.page.expect_response("**/api/settings"):
        chat.dialog.get_by_label(chat.t("settings.theme")).select_option("dark")
    expect(chat.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = chat.page.evaluate(background)
    assert dark != light
    html = stage.client("alice").get("/").text
    assert 'data-theme="dark"' in html  # before any script runs
    chat.page.reload()
    assert chat.page.evaluate(background) == dark
    chat.own_menu("list.settings")
    chat.dialog.get_by_label(chat.t("settings.theme")).select_option("auto")
    expect(chat.page.locator("html[data-theme]")).to_have_count(0)
    assert chat.page.evaluate(background) == light


@proves("ui-104")
def test_the_language_changes_and_the_draft_stays(page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice", lang="en-US"))
    chat.ready()
    chat.box.fill("Half a thought")
    chat.own_menu("list.settings")
    with chat.page.expect_navigation():
        chat.dialog.get_by_label(chat.t("settings.language")).select_option("zh")
    chinese = ChatPage(chat.page)
    expect(chat.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(chinese.list.get_by_role("link", name="新对话")).to_be_visible()
    expect(chinese.box).to_have_value("Half a thought")


@proves("ui-104")
def test_settings_are_saved_as_they_are_chosen(page_of: PageOf, stage: Stage) -> None:
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.own_menu("list.settings")
    chosen = {"send_by": "ctrl_enter", "think": "false", "model": "qwen3-vl:8b"}
    for name, value in chosen.items():
        with chat.page.expect_response("**/api/settings"):
            chat.dialog.get_by_label(chat.t(f"settings.{name}")).select_option(value)
    found = stage.client("alice").get("/api/settings").json()
    assert found | {"send_by": "ctrl_enter", "think": False, "model": "qwen3-vl:8b"} == found
    chat.page.reload()
    chat.own_menu("list.settings")
    for name, value in chosen.items():
        expect(chat.dialog.get_by_label(chat.t(f"settings.{name}"))).to_have_value(value)


@proves("ui-104")
def test_a_setting_that_is_not_saved_goes_back(page_of: PageOf, allow: Callable[..., None]) -> None:
    allow("Failed to load resource")
    chat = ChatPage(page_of("alice"))
    chat.page.route("**/api/settings", lambda route: route.abort())
    chat.own_menu("list.settings")
    chat.dialog.get_by_label(chat.t("settings.theme")).select_option("dark")
    expect(chat.toasts.get_by_role("alert")).to_be_visible()
    expect(chat.dialog.get_by_label(chat.t("settings.theme"))).to_have_value("auto")
    expect(chat.page.locator("html[data-theme]")).to_have_count(0)


# ---- import ----------------------------------------------------------------------------------------


def choose(page: Page, name: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    page.locator("dialog input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": body}
    )


@proves("ui-77")
@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_a_file_is_imported_and_a_bad_one_says_which_row(
    page_of: PageOf, lang: str, allow: Callable[..., None], axe: Callable[..., list[str]]
) -> None:
    allow("Failed to load resource")
    chat = ChatPage(page_of("alice", lang=lang))
    chat.own_menu("list.import")
    choose(chat.page, "bad.json", [*CHATGPT, {"title": "No mapping"}])
    alert = chat.dialog.get_by_role("alert")
    expect(alert).to_contain_text("conversation 2: mapping missing")
    assert axe(chat.page) == []
    choose(chat.page, "none.json", b"{")
    expect(alert).to_contain_text(chat.t("import.not_json"))
    assert chat.list.locator("li").count() == 0
    choose(chat.page, "conversations.json", CHATGPT)
    messages = chat.t("import.messages", count=2)
    expect(chat.dialog).to_contain_text(chat.t("import.done", count=1, messages=messages))
    chat.page.keyboard.press("Escape")
    chat.row("从别处来").click()
    expect(chat.answers).to_contain_text("答")


# ---- who can see it --------------------------------------------------------------------------------


@proves("ui-66")
def test_it_says_who_can_see_a_conversation_and_why(
    page_of: PageOf, stage: Stage, axe: Callable[..., list[str]]
) -> None:
    where = stage.seed(owner="bob", title="One", team="team-a", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", f"/c/{where}", lang="zh-CN"))
    chat.button("top.menu").click()
    chat.item("list.access").click()
    readers = chat.dialog.get_by_role("listitem")
    expect(readers).to_have_count(2)
    expect(readers.nth(0)).to_contain_text("Bob")
    expect(readers.nth(1)).to_contain_text("team-a")
    assert axe(chat.page) == []
    chat.page.keyboard.press("Escape")
    expect(chat.button("top.menu")).to_be_focused()


# ---- everywhere ------------------------------------------------------------------------------------


@proves("ui-96", "ui-104")
@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_dialog(
    page_of: PageOf, axe: Callable[..., list[str]], lang: str, theme: str
) -> None:
    chat = ChatPage(page_of("alice", lang=lang, theme=theme))
    for name in ("settings", "shortcuts", "archive_view", "import"):
        chat.own_menu(f"list.{name}")
        expect(chat.dialog).to_be_visible()
        expect(chat.dialog).not_to_contain_text(chat.t("list.loading"))
        assert axe(chat.page) == [], name
        chat.page.keyboard.press("Escape")
        expect(chat.dialog).to_have_count(0)
        expect(chat.list.get_by_role("button", name=chat.t("list.own_menu"))).to_be_focused()


@proves("ui-89")
def test_signing_out_ends_it_in_every_tab(page_of: PageOf, second_tab: PageOf) -> None:
    chat = ChatPage(page_of("alice"))
    tab = second_tab(chat.page)
    chat.ready()
    ChatPage(tab).ready()
    chat.box.fill("Half a thought")
    chat.own_menu("list.sign_out")
    chat.page.wait_for_url("**/login*")
    tab.wait_for_url("**/login*")
    left = chat.page.evaluate("Object.values(localStorage).filter((one) => one.includes('Half a thought'))")
    assert left == []
