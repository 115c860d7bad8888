"""What keys do in the box: Enter, Esc, arrows, and nothing at all while an input method is at work."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

ENTER = """(box, codes) => box.dispatchEvent(new KeyboardEvent('keydown',
  { key: 'Enter', bubbles: true, cancelable: true, ...codes }))"""


def opened(page_of: PageOf, who: str = "alice", path: str = "/", **context: object) -> ChatPage:
    chat = ChatPage(page_of(who, path, **context))
    chat.ready()
    return chat


def compose(page: Page, text: str) -> None:
    """As a Chinese input method shows what is being typed."""
    protocol = page.context.new_cdp_session(page)
    at = len(text)
    protocol.send("Input.imeSetComposition", {"text": text, "selectionStart": at, "selectionEnd": at})


@pytest.mark.parametrize("send_by", ["enter", "ctrl_enter"])
@proves("ui-1", "ui-3")
def test_enter_of_a_composition_sends_nothing_and_keeps_the_letters(
    stage: Stage, page_of: PageOf, send_by: str
) -> None:
    stage.hands.settings("alice", send_by=send_by)
    chat = opened(page_of, lang="zh-CN")
    chat.box.press_sequentially("你好")
    compose(chat.page, "beijing")
    for key in ("Enter", "Control+Enter"):
        chat.page.keyboard.press(key)
    chat.page.keyboard.insert_text("beijing")  # the method commits the letters as they are
    # driven like this, Chromium breaks the line as well; a real method does not
    expect(chat.box).to_have_value(re.compile(r"^你好beijing\n*$"))
    chat.page.keyboard.press("Control+Enter")  # and now it sends: the frames before were all
    expect(chat.questions).to_have_count(1)
    assert [frame["text"] for frame in chat.page.wire.said("chat.send")] == ["你好beijing"]


@proves("ui-2")
def test_enter_as_safari_tells_it_sends_nothing(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.box.fill("nihao")
    for codes in ({"keyCode": 229}, {"isComposing": True}):
        chat.box.evaluate(ENTER, codes)
    expect(chat.box).to_have_value("nihao")
    expect(chat.questions).to_have_count(0)
    chat.box.evaluate(ENTER, {"keyCode": 13})
    expect(chat.box).to_have_value("")
    expect(chat.questions).to_have_count(1)


@proves("ui-1")
def test_esc_of_a_composition_stops_no_answer(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("Count", say("One two three", hold="One"))
    chat = opened(page_of)
    chat.ask("Count")
    expect(chat.answers).to_contain_text("One")
    compose(chat.page, "ni")
    chat.box.evaluate(ENTER.replace("'Enter'", "'Escape'"), {"isComposing": True})
    stage.model.release()
    chat.settled()
    expect(chat.answers).to_contain_text("One two three")
    assert chat.page.wire.said("chat.stop") == []


@proves("ui-4")
def test_enter_sends_and_shift_enter_breaks_the_line(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    chat.box.press_sequentially("One")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("two")
    expect(chat.box).to_have_value("One\ntwo")
    chat.box.press("Enter")
    expect(chat.questions).to_have_count(1)
    assert [frame["text"] for frame in chat.page.wire.said("chat.send")] == ["One\ntwo"]


@proves("ui-4", "ui-15")
def test_where_ctrl_enter_sends_enter_breaks_the_line(stage: Stage, page_of: PageOf) -> None:
    stage.hands.settings("alice", send_by="ctrl_enter")
    chat = opened(page_of, lang="zh-CN")
    expect(chat.box).to_have_attribute("placeholder", chat.t("composer.placeholder.ctrl_enter"))
    expect(chat.box).to_have_attribute("enterkeyhint", "enter")
    chat.box.press_sequentially("一")
    chat.box.press("Enter")
    chat.box.press_sequentially("二")
    expect(chat.box).to_have_value("一\n二")
    chat.box.press("Control+Enter")
    expect(chat.questions).to_have_count(1)
    expect(chat.box).to_have_value("")


@proves("ui-5", "ui-12", "ui-15")
def test_on_a_touch_keyboard_only_the_button_sends(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, width=360, touch=True)
    expect(chat.box).not_to_be_focused()  # its keyboard would cover half the page
    expect(chat.box).to_have_attribute("placeholder", chat.t("composer.placeholder.touch"))
    chat.box.tap()
    chat.box.press_sequentially("One")
    chat.box.press("Enter")
    expect(chat.box).to_have_value("One\n")
    assert chat.page.wire.said("chat.send") == []
    chat.button("composer.send").tap()
    expect(chat.questions).to_have_count(1)
    expect(chat.box).not_to_be_focused()


@proves("ui-7")
def test_nothing_but_spaces_is_not_sent(page_of: PageOf) -> None:
    chat = opened(page_of)
    send = chat.button("composer.send")
    expect(send).to_be_disabled()
    chat.box.fill(" \n\t　")
    expect(send).to_be_disabled()
    chat.box.press("Enter")
    chat.box.fill("One")
    expect(send).to_be_enabled()
    assert chat.page.wire.said("chat.send") == []


@proves("ui-11")
def test_arrow_up_in_the_empty_box_edits_the_last_question(stage: Stage, page_of: PageOf) -> None:
    path = "/c/" + stage.seed(owner="alice", messages=["First", "1", "Second", "2"])["id"]
    chat = opened(page_of, path=path)
    chat.box.fill("x")
    chat.box.press("ArrowUp")
    chat.box.fill("")
    expect(chat.questions.get_by_role("textbox")).to_have_count(0)
    chat.box.press("ArrowUp")
    expect(chat.questions.last.get_by_role("textbox")).to_have_value("Second")


@proves("ui-15")
def test_the_placeholder_names_the_keys_in_both_languages(page_of: PageOf) -> None:
    for lang in ("zh-CN", "en-US"):
        chat = opened(page_of, lang=lang)
        expect(chat.box).to_have_attribute("placeholder", chat.t("composer.placeholder.enter"))
        expect(chat.box).to_have_attribute("enterkeyhint", "send")
