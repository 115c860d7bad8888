"""The list of conversations: what is in it, what is done there, and what other tabs do to it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

COMPOSING = {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True}


def field_of(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("textbox", name=chat.t("list.title_field"))


def titles(chat: ChatPage) -> list[str]:
    return chat.list.locator("li .name").all_text_contents()


# ---- renaming, deleting ----------------------------------------------------------------------------


@proves("ui-65")
@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_enter_saves_a_new_title_and_escape_leaves_the_old_one(
    page_of: PageOf, stage: Stage, lang: str
) -> None:
    where = stage.seed(owner="alice", title="Old", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", lang=lang))
    chat.choose("Old", "list.rename")
    expect(field_of(chat)).to_be_focused()
    field_of(chat).fill("Never")
    field_of(chat).press("Escape")
    expect(field_of(chat)).to_have_count(0)
    expect(chat.row("Old")).to_be_focused()
    chat.choose("Old", "list.rename")
    field_of(chat).fill("  新 标题 ")
    field_of(chat).press("Enter")
    expect(chat.row("新 标题")).to_be_visible()
    chat.page.wait_for_function("() => document.activeElement.matches('#side li a')")
    chat.page.reload()
    expect(chat.row("新 标题")).to_be_visible()
    assert stage.hands.stored(where)["title"] == "新 标题"


@proves("ui-65", "ui-2")
def test_the_enter_of_an_input_method_saves_nothing(page_of: PageOf, stage: Stage) -> None:
    where = stage.seed(owner="alice", title="Old", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.choose("Old", "list.rename")
    field_of(chat).fill("ni hao")
    cdp = chat.page.context.new_cdp_session(chat.page)
    cdp.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
    chat.page.keyboard.press("Enter")
    field_of(chat).evaluate(
        "(field, press) => field.dispatchEvent(new KeyboardEvent('keydown', press))", COMPOSING
    )
    field_of(chat).evaluate(
        "(field, press) => field.dispatchEvent(new KeyboardEvent('keydown', { ...press, key: 'Escape' }))",
        COMPOSING,
    )
    expect(field_of(chat)).to_be_focused()
    assert stage.hands.stored(where)["title"] == "Old"


@proves("ui-65")
def test_the_title_above_is_renamed_by_a_double_click(page_of: PageOf, stage: Stage) -> None:
    where = stage.seed(owner="alice", title="Old", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", f"/c/{where}"))
    heading = chat.page.get_by_role("heading", level=1)
    heading.dblclick()
    field_of(chat).fill("Better")
    chat.box.click()  # going elsewhere saves
    expect(heading).to_have_text("Better")
    expect(chat.row("Better")).to_have_attribute("aria-current", "page")
    expect(chat.page).to_have_title(re.compile("^Better "))


@proves("ui-65")
def test_a_deletion_is_confirmed_by_name_and_taken_back(
    page_of: PageOf, second_tab: PageOf, stage: Stage
) -> None:
    where = stage.seed(owner="alice", title="报销", messages=["Q", "A"])["id"]
    stage.seed(owner="alice", title="Other", messages=["Q", "A"])
    chat = ChatPage(page_of("alice", f"/c/{where}", lang="zh-CN"))
    tab = ChatPage(second_tab(chat.page, "/"))
    chat.choose("报销", "list.delete")
    expect(chat.dialog).to_contain_text("报销")
    chat.button("cancel", chat.dialog).click()
    expect(chat.dialog).to_have_count(0)
    expect(chat.row("报销")).to_be_visible()
    chat.choose("报销", "list.delete")
    chat.button("list.delete_yes", chat.dialog).click()
    expect(chat.row("报销")).to_have_count(0)
    expect(tab.row("报销")).to_have_count(0)
    expect(chat.page).to_have_url(stage.page("/"))
    expect(chat.box).to_be_focused()
    assert stage.hands.stored(where)["deleted"]
    chat.button("list.undo", chat.toasts).click()
    expect(chat.row("报销")).to_have_attribute("aria-current", "page")
    expect(tab.row("报销")).to_be_visible()
    expect(chat.questions).to_contain_text("Q")
    assert not stage.hands.stored(where)["deleted"]


@proves("ui-65", "ui-94")
def test_by_keys_alone_a_row_is_deleted_and_the_next_one_has_the_focus(page_of: PageOf, stage: Stage) -> None:
    for title in ("Third", "Second", "First"):
        stage.seed(owner="alice", title=title, messages=["Q", "A"])
    chat = ChatPage(page_of("alice"))
    keys = chat.page.keyboard
    chat.row("Second").focus()
    keys.press("Tab")
    keys.press("Enter")
    expect(chat.item("list.rename")).to_be_focused()
    keys.press("End")
    expect(chat.item("list.delete")).to_be_focused()
    keys.press("Enter")
    expect(chat.button("list.delete_yes", chat.dialog)).to_be_focused()
    keys.press("Enter")
    expect(chat.row("Second")).to_have_count(0)
    expect(chat.row("Third")).to_be_focused()


@proves("ui-65")
def test_titles_are_text(page_of: PageOf, stage: Stage) -> None:
    title = "<img src=x onerror=\"document.title='caught'\">**b**"
    where = stage.seed(owner="alice", title=title, messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", f"/c/{where}"))
    expect(chat.row(title)).to_be_visible()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(title)
    chat.choose(title, "list.delete")
    expect(chat.dialog).to_contain_text(title)
    assert chat.page.locator("#side img, dialog img, #top img").count() == 0


# ---- going from one to another ---------------------------------------------------------------------


@proves("ui-68")
def test_addresses_go_with_what_is_open(page_of: PageOf, stage: Stage) -> None:
    one = stage.seed(owner="alice", title="One", messages=["First", "A"], days_ago=1)["id"]
    two = stage.seed(owner="alice", title="Two", messages=["Second", "A"])["id"]
    chat = ChatPage(page_of("alice"))
    for title, where, question in (("One", one, "First"), ("Two", two, "Second")):
        chat.row(title).click()
        expect(chat.page).to_have_url(stage.page(f"/c/{where}"))
        expect(chat.questions).to_contain_text(question)
        expect(chat.row(title)).to_have_attribute("aria-current", "page")
    assert chat.list.locator("[aria-current]").count() == 1
    chat.page.go_back()
    expect(chat.questions).to_contain_text("First")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("One")
    chat.page.go_forward()
    expect(chat.questions).to_contain_text("Second")
    chat.list.get_by_role("link", name=chat.t("list.new")).click()
    expect(chat.page).to_have_url(stage.page("/"))
    expect(chat.list.locator("[aria-current]")).to_have_count(0)
    expect(chat.box).to_be_focused()


@proves("ui-68")
def test_a_link_opens_in_another_tab_where_that_is_asked_for(page_of: PageOf, stage: Stage) -> None:
    where = stage.seed(owner="alice", title="One", messages=["First", "A"])["id"]
    chat = ChatPage(page_of("alice"))
    with chat.page.context.expect_page() as opened:
        chat.row("One").click(modifiers=["ControlOrMeta"])
    expect(opened.value).to_have_url(stage.page(f"/c/{where}"))
    assert chat.page.url == stage.page("/")


@proves("ui-68")
def test_nothing_is_kept_before_the_first_question(page_of: PageOf, stage: Stage) -> None:
    stage.model.answer("Hi", say("Hello"))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.list.get_by_role("link", name=chat.t("list.new")).click()
    assert titles(chat) == []
    chat.asked("Hi")
    expect(chat.page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}$"))
    expect(chat.row("Hi")).to_have_attribute("aria-current", "page")


# ---- what happens elsewhere ------------------------------------------------------------------------


@proves("ui-69", "ui-76")
def test_titles_arrive_in_every_tab(page_of: PageOf, second_tab: PageOf, stage: Stage) -> None:
    stage.model.answer("北京天气", say("晴"))
    stage.model.title = "天气查询"
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    tab = ChatPage(second_tab(chat.page))
    chat.ready()
    tab.ready()
    chat.asked("北京天气")
    for one in (chat, tab):
        expect(one.row("天气查询")).to_be_visible()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("天气查询")
    tab.choose("天气查询", "list.rename")
    field_of(tab).fill("我的标题")
    field_of(tab).press("Enter")
    expect(chat.row("我的标题")).to_be_visible()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("我的标题")


@proves("ui-76")
def test_what_another_tab_does_takes_nothing_from_who_renames(
    page_of: PageOf, second_tab: PageOf, stage: Stage
) -> None:
    stage.seed(owner="alice", title="Mine", messages=["Q", "A"], days_ago=2)
    stage.seed(owner="alice", title="Theirs", messages=["Q", "A"], days_ago=3)
    chat = ChatPage(page_of("alice"))
    tab = ChatPage(second_tab(chat.page))
    chat.ready()
    chat.choose("Mine", "list.rename")
    field_of(chat).fill("Half a ti")
    tab.choose("Theirs", "list.pin")
    expect(chat.list.locator("section").first).to_contain_text("Theirs")
    tab.choose("Mine", "list.pin")
    expect(chat.list.locator("section").first.locator("li")).to_have_count(2)
    expect(field_of(chat)).to_be_focused()
    chat.page.keyboard.type("tle")
    chat.page.keyboard.press("Enter")
    expect(tab.row("Half a title")).to_be_visible()


@proves("ui-73", "ui-36")
def test_an_answer_elsewhere_shows_as_running_then_as_unread(page_of: PageOf, stage: Stage) -> None:
    stage.seed(owner="alice", title="Other", messages=["Q", "A"])
    stage.model.answer("Hi", say("Hello there", hold="Hello"))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.ask("Hi")
    expect(chat.answers).to_contain_text("Hello")
    expect(chat.row("Hi")).to_contain_text(chat.t("list.running"))
    chat.row("Other").click()
    expect(chat.row("Hi")).to_contain_text(chat.t("list.running"))
    stage.model.release()
    expect(chat.row("Hi")).to_contain_text(chat.t("list.unread"))
    expect(chat.row("Hi")).not_to_contain_text(chat.t("list.running"))
    chat.row("Hi").click()
    expect(chat.row("Hi")).not_to_contain_text(chat.t("list.unread"))


@proves("ui-73")
def test_deleting_a_running_conversation_stops_it(page_of: PageOf, stage: Stage) -> None:
    stage.model.answer("Hi", say("Hello there", hold="Hello"))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.ask("Hi")
    expect(chat.answers).to_contain_text("Hello")
    chat.choose("Hi", "list.delete")
    expect(chat.dialog).to_contain_text(chat.t("list.delete_running"))
    chat.button("list.delete_yes", chat.dialog).click()
    expect(chat.row("Hi")).to_have_count(0)
    until(lambda: stage.hands.running() == 0, chat.page)


# ---- many ------------------------------------------------------------------------------------------


@proves("ui-67")
@pytest.mark.parametrize(
    ("lang", "labels"),
    [
        ("zh-CN", ["置顶", "今天", "昨天", "过去 7 天", "过去 30 天"]),
        ("en-US", ["Pinned", "Today", "Yesterday", "Previous 7 days", "Previous 30 days"]),
    ],
)
def test_days_have_names(page_of: PageOf, stage: Stage, lang: str, labels: list[str]) -> None:
    for days in (0, 1, 4, 20, 70):
        stage.seed(owner="alice", title=f"{days} days", messages=["Q", "A"], days_ago=days)
    stage.seed(owner="alice", title="Pinned one", messages=["Q", "A"], days_ago=2, pinned_by=["alice"])
    chat = ChatPage(page_of("alice", lang=lang))
    headings = chat.list.get_by_role("heading")
    expect(headings).to_have_count(6)
    *named, month = headings.all_text_contents()
    assert named == labels
    assert re.fullmatch(r"\d{4}年\d{1,2}月" if lang == "zh-CN" else r"[A-Z][a-z]+ \d{4}", month)


@proves("ui-72")
def test_the_list_goes_on_where_it_ends_and_stays_where_it_was(page_of: PageOf, stage: Stage) -> None:
    stage.hands.many("alice", 120)
    chat = ChatPage(page_of("alice"))
    rows = chat.list.locator("li")
    expect(rows).to_have_count(50)
    last = rows.nth(49)
    last.scroll_into_view_if_needed()
    before = last.bounding_box()
    expect(rows).to_have_count(100)
    after = last.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 1
    rows.nth(99).scroll_into_view_if_needed()
    expect(rows).to_have_count(120)
    assert len(set(titles(chat))) == 120


@proves("ui-71", "ui-72")
def test_what_is_pinned_shows_however_old_it_is(page_of: PageOf, stage: Stage) -> None:
    stage.seed(owner="alice", title="Old and dear", messages=["Q", "A"], days_ago=300, pinned_by=["alice"])
    stage.hands.many("alice", 60)
    chat = ChatPage(page_of("alice"))
    expect(chat.list.locator("section").first).to_contain_text("Old and dear")
    rows = chat.list.locator("li")
    expect(rows).to_have_count(51)
    rows.nth(50).scroll_into_view_if_needed()
    expect(rows).to_have_count(61)
    assert titles(chat).count("Old and dear") == 1


@proves("ui-72")
def test_a_page_that_does_not_come_can_be_asked_for_again(
    page_of: PageOf, stage: Stage, allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")
    stage.hands.many("alice", 60)
    chat = ChatPage(page_of("alice"))
    rows = chat.list.locator("li")
    expect(rows).to_have_count(50)
    chat.page.route("**/api/conversations?cursor=*", lambda route: route.abort())
    rows.nth(49).scroll_into_view_if_needed()
    expect(chat.button("list.more", chat.list)).to_be_visible()
    chat.page.unroute("**/api/conversations?cursor=*")
    chat.button("list.more", chat.list).click()
    expect(rows).to_have_count(60)


def until(holds: Callable[[], bool], page: Page) -> None:
    """Until something outside the page has come about."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about")
