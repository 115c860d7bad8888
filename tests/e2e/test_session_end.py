"""The end of a session: nothing typed is lost, nobody goes in circles, nothing of one person stays."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.acts import PASSWORD
from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.watching import two_tabs
from tests.proof import proves

Allow = Callable[..., None]
REFUSED = ("Failed to load resource", "WebSocket connection")


def sign_in(page: Page, name: str = "alice") -> None:
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
@proves("ui-86", "ui-9")
def test_what_was_not_sent_is_there_after_signing_in_again(
    stage: Stage, page_of: PageOf, allow: Allow, lang: str
) -> None:
    allow(*REFUSED)
    made = stage.seed(owner="alice", title="Plan", messages=["Q", "A"])
    chat = ChatPage(page_of("alice", f"/c/{made['id']}", lang=lang))
    chat.ready()
    chat.box.fill("还没写完的话")
    stage.hands.end_sessions("alice")
    chat.page.wait_for_url(re.compile("/login"), timeout=15_000)
    assert "next=%2Fc%2F" in chat.page.url
    expect(chat.page.get_by_role("status")).to_be_visible()
    sign_in(chat.page)
    chat.page.wait_for_url(f"**/c/{made['id']}")
    expect(chat.answers).to_contain_text("A")
    expect(chat.box).to_have_value("还没写完的话")


@proves("ui-87")
def test_the_socket_and_a_call_together_lead_to_one_login(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    allow(*REFUSED)
    made = stage.seed(owner="alice", title="Another", messages=["Q", "A"])
    chat = ChatPage(page_of("alice"))
    chat.ready()
    visits: list[str] = []
    chat.page.on("framenavigated", lambda frame: visits.append(frame.url))
    stage.hands.end_sessions("alice")
    chat.row("Another").click()
    chat.page.wait_for_url(re.compile("/login"), timeout=15_000)
    expect(chat.page.locator("input[name=username]")).to_be_visible()
    logins = [url for url in visits if "/login" in url]
    assert len(logins) == 1
    sign_in(chat.page)
    chat.page.wait_for_url(f"**/c/{made['id']}")
    expect(chat.answers).to_contain_text("A")


@proves("ui-88")
@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
def test_whoever_is_switched_off_is_told_and_nothing_is_tried_again(
    stage: Stage, page_of: PageOf, allow: Allow, lang: str
) -> None:
    allow(*REFUSED)
    chat = ChatPage(page_of("alice", lang=lang))
    chat.ready()
    chat.page.wait_for_load_state("networkidle")
    opened = stage.line.sockets
    stage.hands.deactivate("alice")
    expect(chat.page.locator("#banner")).to_contain_text(chat.t("banner.denied"), timeout=15_000)
    expect(chat.box).to_have_count(0)
    chat.page.evaluate("() => { dispatchEvent(new Event('online')); dispatchEvent(new Event('focus')); }")
    chat.page.wait_for_timeout(0)
    assert stage.line.sockets == opened


@proves("ui-89")
def test_signing_out_in_one_tab_ends_all_and_leaves_no_draft(
    stage: Stage, page_of: PageOf, second_tab: PageOf, allow: Allow
) -> None:
    allow(*REFUSED)
    one, other = two_tabs(page_of, second_tab)
    other.box.fill("nobody else's business")
    other.page.wait_for_function(
        "() => Object.values(localStorage).some((text) => text.includes('business'))"
    )
    one.own_menu("list.sign_out")
    for chat in (one, other):
        chat.page.wait_for_url(re.compile("/login"), timeout=15_000)
        expect(chat.page.get_by_role("heading")).to_contain_text("signed out")
        assert "business" not in str(chat.page.evaluate("() => Object.values(localStorage)"))


@proves("ui-89", "ui-9")
def test_the_next_person_at_this_computer_finds_nothing_of_the_last(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    allow(*REFUSED)
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.box.fill("alice's own words")
    chat.page.wait_for_function(
        "() => Object.values(localStorage).some((text) => text.includes('own words'))"
    )
    chat.page.context.clear_cookies()
    chat.page.context.add_cookies([stage.cookie("bob")])  # type: ignore[list-item]
    chat.page.reload()
    bob = ChatPage(chat.page)
    bob.ready()
    expect(bob.box).to_have_value("")


# ---- a session that is short ---------------------------------------------------------------------------


@proves("ui-86", "promise-M8")
def test_an_answer_goes_on_while_its_person_signs_in_again(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    allow(*REFUSED)
    stage.model.answer("慢慢来", say("一二三四五六", hold="一二三"))
    page = page_of("alice", lang="zh-CN", go=False)
    stage.hands.let_end("alice", 8)
    page.goto(stage.url)
    chat = ChatPage(page)
    chat.ready()
    chat.ask("慢慢来")
    expect(chat.answers).to_contain_text("一二三")
    where = chat.page.url
    chat.box.fill("还没写完的话")
    chat.page.wait_for_url(re.compile("/login"), timeout=30_000)
    expect(chat.page.get_by_role("status")).to_be_visible()
    sign_in(chat.page)
    chat.page.wait_for_url(where)
    expect(chat.answers).to_contain_text("一二三")
    stage.model.release()
    expect(chat.answers).to_contain_text("四五六")
    expect(chat.box).to_have_value("还没写完的话")
    assert len(stage.model.asked) == 1


@proves("ui-86")
def test_whoever_is_there_stays_signed_in(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*REFUSED)
    stage.configure(session={"idle": "62s", "absolute": "12h"})
    page = page_of("alice", go=False)
    with page.expect_request(lambda request: request.method == "POST") as asked:
        page.goto(stage.url)
        chat = ChatPage(page)
        chat.ready()  # and hears that it ends in a minute
    assert asked.value.url == stage.page("/api/session")
    facts = page.evaluate("() => fetch('/api/session').then((answer) => answer.json())")
    assert facts["expires_in"] > 55
    stage.model.usual = say("Still here.")
    chat.asked("Still there?")
    expect(chat.answers).to_contain_text("Still here.")
