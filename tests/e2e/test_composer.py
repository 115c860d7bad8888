"""The box and what is written in it: how it grows, what it keeps, how much it takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.test_composer_keys import opened
from tests.e2e.watching import listens
from tests.proof import proves

LIMIT = 200_000


def height(chat: ChatPage) -> float:
    box = chat.box.bounding_box()
    assert box is not None
    return box["height"]


@pytest.mark.parametrize("native", [True, False], ids=["css", "script"])
@proves("ui-6")
def test_the_box_grows_to_two_fifths_of_the_window_and_back(
    stage: Stage, page_of: PageOf, native: bool
) -> None:
    page = page_of("alice", height=1000, go=False)
    if not native:  # as Firefox and older browsers are
        page.add_init_script("CSS.supports = () => false")
    page.goto(stage.page("/"))
    chat = ChatPage(page)
    chat.ready()
    if not native:
        chat.box.evaluate("(box) => box.style.setProperty('field-sizing', 'fixed')")
    small = height(chat)
    chat.box.fill("\n".join(["line"] * 6))
    assert small < height(chat) < 400
    chat.box.fill("\n".join(["line"] * 60))
    assert height(chat) == 400
    assert chat.box.evaluate("(box) => box.scrollHeight > box.clientHeight")
    chat.box.fill("")
    assert height(chat) == small


@proves("ui-8")
def test_what_is_typed_while_an_answer_comes_stays(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("Count", say("One two three", hold="One"))
    chat = opened(page_of)
    chat.ask("Count")
    expect(chat.answers).to_contain_text("One")
    expect(chat.button("composer.stop")).to_be_enabled()
    expect(chat.box).to_be_focused()
    chat.box.press_sequentially("And then")
    chat.box.press("Enter")  # not now
    expect(chat.page.locator("#text-note")).to_have_text(chat.t("composer.running"))
    stage.model.release()
    chat.settled()
    expect(chat.box).to_have_value("And then")
    chat.box.press("Enter")
    expect(chat.questions).to_have_count(2)
    expect(chat.box).to_have_value("")


@proves("ui-9")
def test_each_conversation_has_its_draft(stage: Stage, page_of: PageOf) -> None:
    one = stage.seed(owner="alice", title="Pools", messages=["Q", "A"])["id"]
    stage.seed(owner="alice", title="Queues", messages=["Q", "A"])
    chat = opened(page_of)
    chat.box.fill("new")
    chat.row("Pools").click()
    expect(chat.box).to_have_value("")
    expect(chat.box).to_be_focused()
    chat.box.fill("about pools")
    chat.row("Queues").click()
    chat.box.fill("about queues")
    chat.page.go_back()
    expect(chat.box).to_have_value("about pools")
    chat.page.reload()  # at once: what was typed last is kept all the same
    expect(chat.box).to_have_value("about pools")
    chat.row("Queues").click()
    expect(chat.box).to_have_value("about queues")
    chat.page.goto(stage.page("/"))
    expect(chat.box).to_have_value("new")
    chat.page.goto(stage.page(f"/c/{one}"))
    expect(chat.box).to_have_value("about pools")


@proves("ui-9")
def test_a_draft_is_of_one_person(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.box.fill("mine alone")
    chat.page.context.add_cookies([stage.cookie("bob")])
    chat.page.goto(stage.page("/"))
    chat.ready()
    expect(chat.box).to_have_value("")


def acks_held(page: Page) -> list[Callable[[], None]]:
    """No question of this page is acknowledged, until one calls what is in the list."""
    held: list[Callable[[], None]] = []

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def heard(frame: str | bytes) -> None:
            if '"ack"' in str(frame):
                held.append(lambda: route.send(frame))
            else:
                route.send(frame)

        server.on_message(heard)

    page.route_web_socket("**/ws/chat", between)
    return held


@proves("ui-10")
def test_a_draft_stays_until_the_question_is_stored(stage: Stage, page_of: PageOf) -> None:
    page = page_of("alice", go=False)
    acks_held(page)
    page.goto(stage.page("/"))
    chat = ChatPage(page)
    chat.ready()
    chat.ask("Only once")
    chat.box.press_sequentially("and more")
    kept = "() => Object.entries(localStorage).filter(([key]) => key.includes(':draft:new'))[0]?.[1] ?? ''"
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert "Only once" in page.evaluate(kept)
    assert "and more" in page.evaluate(kept)


@proves("ui-10")
def test_what_was_typed_before_the_question_was_stored_is_kept(stage: Stage, page_of: PageOf) -> None:
    page = page_of("alice", go=False)
    held = acks_held(page)
    page.goto(stage.page("/c/" + stage.seed(owner="alice", messages=["Q", "A"])["id"]))
    chat = ChatPage(page)
    chat.ready()
    chat.ask("Only once")
    chat.box.press_sequentially("later")
    stage.gateway.wait_for(lambda: held or listens(page))  # it is stored, though this page was not told so
    held[0]()
    expect(chat.questions).to_have_count(2)
    chat.settled()
    expect(chat.page.locator("[data-pending], .pending")).to_have_count(0)
    page.reload()
    expect(chat.box).to_have_value("later")


@proves("ui-10")
def test_a_stored_question_leaves_no_draft_but_what_was_typed_since(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("Count", say("One two three", hold="One"))
    chat = opened(page_of)
    chat.ask("Count")
    chat.box.press_sequentially("later")
    expect(chat.answers).to_contain_text("One")
    stage.model.release()
    chat.settled()
    chat.page.reload()
    expect(chat.box).to_have_value("later")
    chat.page.goto(stage.page("/"))
    chat.ready()
    expect(chat.box).to_have_value("")


@proves("ui-12")
def test_the_box_has_the_focus_where_one_goes_on_writing(stage: Stage, page_of: PageOf) -> None:
    stage.seed(owner="alice", title="Pools", messages=["Q", "A"])
    chat = opened(page_of)
    expect(chat.box).to_be_focused()
    chat.box.fill("One")
    chat.button("composer.send").click()
    expect(chat.box).to_be_focused()
    chat.settled()
    chat.row("Pools").click()
    expect(chat.box).to_be_focused()
    chat.list.get_by_role("button", name=chat.t("list.new")).or_(
        chat.list.get_by_role("link", name=chat.t("list.new"))
    ).first.click()
    expect(chat.box).to_be_focused()


@proves("ui-13")
def test_a_text_that_is_too_long_is_counted_and_not_sent(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    note, send = chat.page.locator("#text-note"), chat.button("composer.send")
    chat.box.fill("x" * 179_999)
    expect(note).not_to_contain_text("200,000")
    chat.box.fill("x" * (LIMIT - 10))
    expect(note).to_contain_text("199,990 / 200,000")
    expect(send).to_be_enabled()
    chat.box.fill("x" * (LIMIT + 3))
    expect(note).to_contain_text(chat.t("composer.long", over="3", limit="200,000"))
    expect(send).to_be_disabled()
    chat.box.press("Enter")
    chat.box.fill("\N{GRINNING FACE}" * (LIMIT // 2 + 10))  # two halves each: not too long
    expect(send).to_be_enabled()
    assert chat.page.wire.said("chat.send") == []


@proves("ui-14")
def test_undo_takes_back_what_the_page_put_in(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.box.press_sequentially("mine")
    chat.page.evaluate(
        "document.dispatchEvent(new CustomEvent('clawd:suggest', { detail: { text: 'suggested' } }))"
    )
    expect(chat.box).to_have_value("mine\n\nsuggested")
    chat.page.keyboard.press("Control+z")
    expect(chat.box).to_have_value("mine")
    chat.page.keyboard.press("Control+y")
    expect(chat.box).to_have_value("mine\n\nsuggested")


@proves("ui-14", "ui-9")
def test_undo_works_after_a_draft_came_back(page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.box.fill("kept")
    chat.page.reload()
    chat.ready()
    expect(chat.box).to_have_value("kept")
    chat.box.press("End")
    chat.page.keyboard.insert_text(" more")
    chat.page.keyboard.press("Control+z")
    expect(chat.box).to_have_value("kept")
