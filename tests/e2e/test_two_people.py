"""Two people at one computer: what one of them left is never said, shown or kept for the other."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.acts import PASSWORD
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.watching import two_tabs
from tests.proof import proves

Allow = Callable[..., None]
REFUSED = ("Failed to load resource", "WebSocket connection")


def becomes(chat: ChatPage, stage: Stage, who: str) -> None:
    """Somebody else signs in in another tab of this browser."""
    chat.page.context.clear_cookies()
    chat.page.context.add_cookies([stage.cookie(who)])  # type: ignore[list-item]


@proves("ui-89")
def test_what_waits_to_be_sent_is_not_said_by_the_next_person(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    allow(*REFUSED)
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.page.wait_for_load_state("networkidle")
    stage.line.down()
    chat.ask("Alice's own question")
    becomes(chat, stage, "bob")
    stage.line.up()
    chat.page.evaluate("() => dispatchEvent(new Event('focus'))")
    expect(chat.page.locator("#side")).to_contain_text("Bob", timeout=20_000)
    ChatPage(chat.page).ready()
    assert chat.page.wire.said("chat.send") == []  # type: ignore[attr-defined]
    assert stage.client("bob").get("/api/conversations").json()["conversations"] == []
    expect(chat.page.locator("body")).not_to_contain_text("Alice's own question")


@proves("ui-89")
def test_signing_out_leaves_no_question_that_waits_in_another_tab(
    stage: Stage, page_of: PageOf, second_tab: PageOf, allow: Allow
) -> None:
    allow(*REFUSED)
    one, other = two_tabs(page_of, second_tab)
    other.page.evaluate("() => dispatchEvent(new Event('offline'))")
    other.ask("nobody else's business")
    other.page.wait_for_function(
        "() => Object.values(sessionStorage).some((text) => text.includes('business'))"
    )
    one.own_menu("list.sign_out")
    other.page.wait_for_url(re.compile("/login"), timeout=15_000)
    assert "business" not in str(other.page.evaluate("() => Object.values(sessionStorage)"))


@proves("ui-89")
@pytest.mark.parametrize("how", ["back", "frozen"])
def test_going_back_after_signing_out_shows_nothing(
    stage: Stage, page_of: PageOf, allow: Allow, how: str
) -> None:
    allow(*REFUSED)
    made = stage.seed(owner="alice", title="Secret plan", messages=["Q", "Nobody knows"])
    chat = ChatPage(page_of("alice", f"/c/{made['id']}"))
    chat.ready()
    chat.page.wait_for_load_state("networkidle")
    if how == "back":
        chat.own_menu("list.sign_out")
        chat.page.wait_for_url(re.compile("/login"), timeout=15_000)
        chat.page.go_back()
    else:  # a browser that kept the page as it was
        chat.page.context.clear_cookies()
        chat.page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    chat.page.wait_for_url(re.compile("/login"), timeout=15_000)
    expect(chat.page.locator("body")).not_to_contain_text("Nobody knows")


@proves("ui-89")
def test_signing_out_works_also_where_its_person_has_signed_in_again_since(
    stage: Stage, page_of: PageOf, second_tab: PageOf, allow: Allow
) -> None:
    """The form's token is that of the earlier sign-in."""
    allow(*REFUSED)
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.page.wait_for_load_state("networkidle")
    tab = second_tab(chat.page, "/login?out")
    tab.fill("input[name=username]", "alice")
    tab.fill("input[name=password]", PASSWORD)
    tab.click("form button[type=submit]")
    ChatPage(tab).ready()
    chat.own_menu("list.sign_out")
    chat.page.wait_for_url(re.compile("/login"), timeout=15_000)
    status = "() => fetch('/api/session').then((answer) => answer.status)"
    assert chat.page.evaluate(status) == 401
