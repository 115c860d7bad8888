"""Many tabs, an older page, a network without websockets: each tab tells the truth and none is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.watching import BROKEN, Allow, banner, opened
from tests.proof import proves


@proves("ui-90")
def test_a_new_version_offers_itself(stage: Stage, page_of: PageOf) -> None:
    page = page_of("alice", go=False)

    def newer(socket: Any) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(re.sub(r'"app":\s*"[^"]+"', '"app":"99.0"', text)))

    page.route_web_socket(re.compile("/ws/chat"), newer)
    page.goto(stage.url)
    chat = ChatPage(page)
    chat.ready()
    expect(banner(page)).to_contain_text(chat.t("banner.newer"))
    chat.box.fill("not yet sent")
    page.wait_for_function("() => Object.values(localStorage).some((text) => text.includes('not yet sent'))")
    chat.button("banner.refresh", banner(page)).click()
    expect(chat.box).to_have_value("not yet sent")


@proves("ui-90")
def test_a_part_of_the_page_that_is_gone_loads_the_page_again_once(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    allow(*BROKEN, "exception: Failed to fetch dynamically imported module")
    chat = opened(page_of)
    chat.box.fill("half a thought")
    loads: list[str] = []
    chat.page.route(re.compile(r"/static/dist/search-"), lambda route: route.fulfill(status=404))
    with chat.page.expect_event("load"):
        chat.page.keyboard.press("Control+k")
    chat.page.on("load", lambda page: loads.append(page.url))
    chat.ready()
    expect(chat.box).to_have_value("half a thought")
    with chat.page.expect_response(re.compile("/static/dist/search-")):
        chat.page.keyboard.press("Control+k")
    expect(chat.box).to_have_value("half a thought")
    assert loads == []


@proves("ui-10")
def test_two_tabs_that_both_begin_a_conversation_keep_a_draft_each(
    page_of: PageOf, second_tab: Callable[[Page], Page]
) -> None:
    one = opened(page_of)
    other = ChatPage(second_tab(one.page))
    other.ready()
    one.box.fill("of the first tab")
    other.box.fill("of the second tab")
    for chat in (one, other):
        chat.page.reload()
        chat.ready()
    expect(one.box).to_have_value("of the first tab")
    expect(other.box).to_have_value("of the second tab")
    other.page.close(run_before_unload=True)
    third = ChatPage(second_tab(one.page))
    third.ready()
    expect(third.box).to_have_value("of the second tab")


@proves("ui-79")
def test_a_tab_too_many_waits_until_it_is_used(stage: Stage, page_of: PageOf) -> None:
    page = page_of("alice", go=False)
    tries: list[int] = []

    def full(socket: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            socket.close(code=4409)
        else:
            socket.connect_to_server()

    page.route_web_socket(re.compile("/ws/chat"), full)
    page.goto(stage.url)
    chat = ChatPage(page)
    expect(banner(page)).to_contain_text(chat.t("banner.too_many"))
    assert len(tries) == 1
    chat.button("banner.use_here", banner(page)).click()
    expect(banner(page)).to_be_empty()
    chat.ready()


@proves("ui-76", "ui-69")
def test_tabs_show_each_other_s_changes_at_once(stage: Stage, page_of: PageOf, second_tab: PageOf) -> None:
    made = stage.seed(owner="alice", title="Old name", messages=["Q", "A"])
    one = opened(page_of, f"/c/{made['id']}")
    other = ChatPage(second_tab(one.page))
    other.ready()
    stage.client("alice").patch(f"/api/conversations/{made['id']}", json={"title": "New name"})
    for chat in (one, other):
        expect(chat.row("New name")).to_be_visible()
    stage.client("alice").delete(f"/api/conversations/{made['id']}")
    for chat in (one, other):
        expect(chat.row("New name")).to_have_count(0)
        expect(chat.log).to_contain_text(chat.t("log.missing"))
        expect(chat.toasts).to_contain_text(chat.t("notice.gone"))


@proves("ui-36", "ui-73")
def test_an_answer_goes_on_elsewhere_and_is_marked_unread(stage: Stage, page_of: PageOf) -> None:
    other = stage.seed(owner="alice", title="Elsewhere", messages=["Q", "A"])
    stage.model.answer("Slowly", say("one two three", hold="one two"))
    chat = opened(page_of)
    chat.ask("Slowly")
    expect(chat.answers).to_contain_text("one two")
    chat.row("Elsewhere").click()
    expect(chat.page).to_have_url(stage.page(f"/c/{other['id']}"))
    stage.model.release()
    expect(chat.toasts).to_contain_text(chat.t("notice.answered", title="Slowly"))
    unread = chat.list.get_by_role("link", name=re.compile("Slowly.*" + chat.t("list.unread"), re.S))
    expect(unread).to_be_visible()
    chat.page.reload()
    expect(unread).to_be_visible()
    unread.click()
    expect(chat.answers).to_contain_text("three")
    expect(unread).to_have_count(0)


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
def test_where_websockets_are_blocked_answers_come_by_http(
    stage: Stage, page_of: PageOf, allow: Allow, lang: str
) -> None:
    allow(*BROKEN)
    text = "".join(f"第{number}行。\n\n" for number in range(1, 21))
    stage.model.answer("背诵", say(text, hold=text[:30]))
    page = page_of("alice", lang=lang, go=False)
    page.add_init_script("Math.random = () => 0.01")  # the three tries do not take long
    page.route_web_socket(re.compile("/ws/chat"), lambda socket: socket.close(code=1011))
    page.goto(stage.url)
    chat = ChatPage(page)
    expect(banner(page)).to_contain_text(chat.t("banner.plain"))
    chat.ask("背诵")
    expect(chat.answers).to_contain_text("第3行。")
    assert re.search(r"/c/[0-9a-f-]{36}$", page.url)
    stage.model.release()
    expect(chat.answers).to_contain_text("第20行。")
    chat.settled()
    page.reload()
    expect(chat.answers.locator("p")).to_have_count(20)
    assert len(stage.model.asked) == 1
