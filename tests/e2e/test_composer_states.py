"""The row below the box, and the states in which the box is another or none at all."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.test_composer_keys import opened
from tests.proof import proves


def note(chat: ChatPage) -> Locator:
    return chat.page.locator("#text-note")


def seconds(chat: ChatPage) -> int:
    return int(re.findall(r"\d+", note(chat).inner_text())[0])


# ---- clear context ---------------------------------------------------------------------------------


@proves("ui-60")
def test_what_was_said_before_a_clear_goes_up_no_more(stage: Stage, page_of: PageOf) -> None:
    where = stage.seed(owner="alice", messages=["Old question", "Old answer"])["id"]
    chat = opened(page_of, path=f"/c/{where}")
    chat.button("composer.clear").click()
    expect(chat.toasts).to_contain_text(chat.t("composer.cleared"))
    chat.asked("New question")
    assert [
        message["content"] for message in stage.model.asked[-1]["messages"] if message["role"] == "user"
    ] == ["New question"]
    expect(chat.log).to_contain_text("Old question")  # still there to be read
    assert [one["role"] for one in stage.hands.stored(where)["messages"]] == [
        "user", "assistant", "mark", "user", "assistant",
    ]  # fmt: skip


@proves("ui-60")
def test_a_clear_is_taken_back_within_five_seconds(stage: Stage, page_of: PageOf) -> None:
    where = stage.seed(owner="alice", messages=["Old question", "Old answer"])["id"]
    chat = opened(page_of, path=f"/c/{where}")
    chat.button("composer.clear").click()
    chat.button("composer.undo", chat.toasts).click()
    expect(chat.button("composer.clear")).to_be_enabled()
    chat.asked("And then?")
    said = [message["content"] for message in stage.model.asked[-1]["messages"]]
    assert said[-3:] == ["Old question", "Old answer", "And then?"]


@proves("ui-61")
def test_where_there_is_nothing_to_clear_the_button_says_so(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    button = chat.page.get_by_role("button", name=re.compile(re.escape(chat.t("composer.clear"))))
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", chat.t("composer.clear.nothing"))
    chat.asked("Something")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("yes", [True, False], ids=["yes", "no"])
@proves("ui-61")
def test_while_an_answer_is_written_it_asks_to_stop_first(stage: Stage, page_of: PageOf, yes: bool) -> None:
    stage.model.answer("Count", say("One two three", hold="One"))
    chat = opened(page_of)
    chat.ask("Count")
    expect(chat.answers).to_contain_text("One")
    chat.button("composer.clear").click()
    chat.button("composer.clear.stop" if yes else "cancel", chat.dialog).click()
    if yes:
        expect(chat.toasts).to_contain_text(chat.t("composer.cleared"))
        expect(chat.log).to_contain_text(chat.t("log.stopped"))
    stage.model.release()
    chat.settled()
    assert len(chat.page.wire.said("context.clear")) == yes
    assert len(chat.page.wire.said("chat.stop")) == yes


@proves("ui-62")
def test_it_says_how_much_of_the_context_is_used(stage: Stage, page_of: PageOf) -> None:
    usage = {"in": 1000, "out": 240, "ttft_ms": 1, "ms": 2}
    for of_it, shown in (
        (usage | {"context": 4000}, "31%"),
        (usage | {"context": None}, "1,240|%"),
        ({}, "^[^·]*$"),
    ):
        told = [{"text": "Q"}, {"text": "A", "usage": of_it}]
        chat = opened(page_of, path="/c/" + stage.seed(owner="alice", messages=told)["id"])
        expect(note(chat)).to_have_text(re.compile(shown))


# ---- who sees it, how it answers -------------------------------------------------------------------


@proves("ui-68")
def test_a_new_conversation_says_who_will_see_it(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.page.get_by_role("button", name=chat.t("composer.seen.private")).click()
    chat.page.get_by_role("menuitemradio", name="team-a").click()
    expect(chat.page.locator(".composer")).to_contain_text("team-a")
    chat.asked("For all of us")
    assert chat.page.wire.said("chat.send")[0]["team"] == "team-a"
    where = chat.page.url.rsplit("/", 1)[1]
    assert stage.hands.stored(where)["team"] == "team-a"
    expect(chat.page.locator(".composer span.seen")).to_have_text("team-a")  # and nothing to choose any more
    expect(chat.page.get_by_role("button", name=chat.t("composer.seen.team", team="team-a"))).to_have_count(0)


@proves("ui-68", "ui-9")
def test_who_will_see_it_is_kept_with_the_draft(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.page.get_by_role("button", name=chat.t("composer.seen.private")).click()
    chat.page.get_by_role("menuitemradio", name="team-a").click()
    chat.box.fill("For all of us")
    chat.page.reload()
    chat.ready()
    expect(chat.page.locator(".composer")).to_contain_text("team-a")


def test_thinking_is_asked_for_with_each_question(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    for word, think in (("off", False), ("on", True)):
        chat.page.locator(".tool[data-think]").click()
        with chat.page.expect_response("**/api/settings"):
            chat.page.get_by_role("menuitemradio", name=chat.t(f"composer.think.{word}.long")).click()
        chat.asked(f"Think {word}")
        assert chat.page.wire.said("chat.send")[-1]["opts"]["think"] is think


@proves("ui-82")
def test_what_a_click_opens_is_there_without_a_connection(
    stage: Stage, page_of: PageOf, allow: Callable[..., None]
) -> None:
    allow("WebSocket connection", "Failed to load resource")
    page = page_of("alice", go=False)
    with page.expect_response(re.compile("/lightbox-")), page.expect_response(re.compile("/choices-")):
        page.goto(stage.page("/"))
    chat = ChatPage(page)
    chat.ready()
    stage.line.down()
    chat.page.get_by_role("button", name=chat.t("composer.seen.private")).click()
    chat.page.get_by_role("menuitemradio", name="team-a").click()
    expect(chat.page.locator(".composer")).to_contain_text("team-a")


# ---- no box, or not now ----------------------------------------------------------------------------


@proves("ui-66")
def test_who_may_only_read_sees_why_there_is_no_box(
    stage: Stage, page_of: PageOf, axe: Callable[..., list[str]]
) -> None:
    where = stage.seed(owner="alice", team="team-a", messages=["Q", "A"])["id"]
    page = page_of("reader", f"/c/{where}")
    line = page.locator("#dock #text")
    expect(line).to_contain_text("chat:write")
    expect(page.locator("#dock textarea")).to_have_count(0)
    assert axe(page) == []


@proves("ui-88")
def test_a_person_who_is_switched_off_has_no_box_and_no_second_try(
    stage: Stage, page_of: PageOf, allow: Callable[..., None]
) -> None:
    allow("WebSocket connection", "Failed to load resource")
    page = page_of("alice", go=False)
    with page.expect_response("**/api/models"):  # the last that the page asks for by itself
        page.goto(stage.page("/"))
    chat = ChatPage(page)
    chat.ready()
    chat.box.fill("Not sent yet")
    stage.hands.deactivate("alice")
    expect(chat.page.locator("#dock textarea")).to_have_count(0, timeout=10_000)
    expect(chat.page.locator("#dock #text")).to_have_text(chat.t("composer.locked.denied"))
    assert len(chat.page.wire.sockets) == 1


@proves("ui-66")
def test_a_conversation_that_is_not_there_has_no_box(
    stage: Stage, page_of: PageOf, allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")
    page = page_of("alice", "/c/00000000-0000-4000-8000-000000000000")
    expect(page.locator("#dock textarea")).to_have_count(0)
    expect(page.locator("#dock #text")).to_be_visible()


@proves("ui-85")
def test_a_rate_limit_counts_down_while_one_goes_on_writing(
    stage: Stage, page_of: PageOf, allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")  # the list of models, which is asked for as well
    allow("WebSocket connection")  # a minute that passes at once looks like a dead link
    stage.configure(limits={"per_user": {"rpm": 1}})
    chat = opened(page_of)
    page = chat.page
    page.clock.install()  # from now on its time is ours
    chat.asked("One")
    chat.box.fill("Two")
    chat.box.press("Enter")
    expect(note(chat)).to_contain_text(re.compile(r"\d+ seconds?"))
    expect(chat.box).to_have_value("Two")  # back, to be sent when it may
    expect(chat.questions).to_have_count(1)
    expect(chat.button("composer.send")).to_be_disabled()
    chat.box.press_sequentially(" and a half")
    before = seconds(chat)
    page.clock.run_for(3_000)
    after = seconds(chat)
    assert before - 4 <= after < before
    page.clock.run_for(61_000)
    expect(chat.button("composer.send")).to_be_enabled()
    expect(chat.box).to_have_value("Two and a half")


@proves("ui-8")
def test_another_persons_running_answer_is_named_and_the_draft_stays(stage: Stage, page_of: PageOf) -> None:
    where = stage.seed(owner="alice", team="team-a", messages=["Q", "A"])["id"]
    stage.model.answer("Count", say("One two three", hold="One"))
    alice, bob = (opened(page_of, who=who, path=f"/c/{where}") for who in ("alice", "bob"))
    alice.ask("Count")
    expect(bob.answers.last).to_contain_text("One")
    bob.box.fill("Mine")
    bob.box.press("Enter")
    expect(note(bob)).to_have_text(bob.t("composer.busy", who="Alice"))
    expect(bob.box).to_have_value("Mine")
    expect(bob.page.locator(".composer .send")).to_be_disabled()  # Alice asked: she may stop it
    stage.model.release()
    bob.settled()
    bob.box.press("Enter")
    expect(bob.box).to_have_value("")


@pytest.mark.parametrize("width", [360, 768, 1280])
@proves("ui-96", "ui-101")
def test_the_box_is_accessible_at_every_width(
    page_of: PageOf, axe: Callable[..., list[str]], width: int
) -> None:
    chat = opened(page_of, lang="zh-CN", width=width, theme="dark")
    assert axe(chat.page) == []
    for button in chat.page.locator(".composer button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["width"] >= 32
        assert box["height"] >= 40
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
