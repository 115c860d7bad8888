"""Another answer, another question, and the way back to what was there before."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf, Wire
from tests.e2e.pictures import upload
from tests.e2e.stage import Stage
from tests.e2e.watching import listens
from tests.proof import proves

TWO = ["Question", "Answer one", {"key": "b", "parent": "0", "role": "assistant", "text": "Answer two"}]


def opened(
    page_of: PageOf, stage: Stage, who: str = "alice", lang: str = "en-US", **seeded: object
) -> ChatPage:
    made = stage.seed(**({"owner": "alice", "messages": ["Question", "Answer"]} | seeded))
    chat = ChatPage(page_of(who, f"/c/{made['id']}", lang=lang))
    if who != "reader":
        chat.ready()
    return chat


def editor(chat: ChatPage) -> Locator:
    return chat.log.get_by_role("textbox", name=chat.t("log.edit"))


def asked(chat: ChatPage) -> list[dict[str, Any]]:
    """The questions that the page sent."""
    wire: Wire = chat.page.wire  # type: ignore[attr-defined]
    return wire.said("chat.send")


def edit(chat: ChatPage) -> None:
    chat.questions.last.hover()
    chat.button("log.edit", chat.questions.last).click()
    expect(editor(chat)).to_be_focused()


@proves("ui-57")
def test_another_answer_keeps_the_first_and_one_stays_on_the_version_one_looks_at(
    stage: Stage, page_of: PageOf
) -> None:
    stage.model.answer("Question", say("Another answer"))
    chat = opened(page_of, stage)
    chat.answers.hover()
    chat.button("log.regenerate", chat.answers).click()
    expect(chat.answers).to_contain_text("Another answer")
    chat.settled()
    expect(chat.box).to_be_focused()
    expect(chat.answers).to_contain_text("2/2")
    stored: list[str] = []
    chat.page.on("response", lambda one: stored.append(one.url) if one.request.method == "PATCH" else None)
    chat.button("log.version_before", chat.answers).click()
    expect(chat.answers).to_contain_text("1/2")
    expect(chat.button("log.version_before", chat.answers)).to_be_focused()
    chat.button("log.version_after", chat.answers).click()
    chat.button("log.version_before", chat.answers).click()
    stage.gateway.wait_for(lambda: len(stored) == 3 or listens(chat.page))
    chat.page.reload()
    expect(chat.answers).to_contain_text("1/2")
    expect(chat.answers).not_to_contain_text("Another answer")


@proves("ui-57")
def test_a_turned_version_comes_to_where_the_other_stood(stage: Stage, page_of: PageOf) -> None:
    long = [
        "Before?",
        "Text.\n\n" * 30,
        "Question",
        "Long. " * 400,
        {"key": "b", "parent": "2", "role": "assistant", "text": "Short."},
    ]
    chat = opened(page_of, stage, messages=long)
    last = "[...document.querySelectorAll('article.assistant')].at(-1)"
    top = f"() => Math.round({last}.getBoundingClientRect().top)"
    expect(chat.answers.last).to_contain_text("Short.")
    before = chat.page.evaluate(top)
    chat.button("log.version_before", chat.answers.last).click()
    expect(chat.answers.last).to_contain_text("Long.")
    assert chat.page.evaluate(top) == before
    chat.button("log.version_after", chat.answers.last).press("Enter")
    expect(chat.answers.last).to_contain_text("Short.")
    chat.page.wait_for_function(f"() => ({top})() > 0 && ({top})() < innerHeight")


@proves("ui-58")
def test_esc_leaves_the_question_as_it_was(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, stage)
    edit(chat)
    editor(chat).fill("Something else")
    editor(chat).press("Escape")
    expect(editor(chat)).to_have_count(0)
    expect(chat.questions).to_contain_text("Question")
    expect(chat.button("log.edit", chat.questions)).to_be_focused()
    assert asked(chat) == []


@pytest.mark.parametrize("keys", ["Control+Enter", "Meta+Enter"])
@proves("ui-58")
def test_ctrl_enter_asks_the_edited_question_as_a_branch(stage: Stage, page_of: PageOf, keys: str) -> None:
    stage.model.answer("Third?", say("Third."))
    chat = opened(page_of, stage, messages=["First?", "First.", "Second?", "Second."])
    edit(chat)
    editor(chat).press("Enter")
    editor(chat).fill("Third?")
    editor(chat).press(keys)
    expect(chat.answers.last).to_contain_text("Third.")
    expect(chat.questions.last).to_contain_text("2/2")
    chat.settled()
    chat.button("log.version_before", chat.questions.last).click()
    expect(chat.answers.last).to_contain_text("Second.")
    expect(chat.questions).to_have_count(2)


@proves("ui-58")
def test_while_a_word_is_composed_neither_key_does_anything(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, stage, lang="zh-CN")
    edit(chat)
    field = editor(chat)
    field.fill("报销")
    for key, control in (("Enter", "true"), ("Escape", "false")):
        field.evaluate(
            f"""(field) => field.dispatchEvent(new KeyboardEvent('keydown', {{
              key: '{key}', ctrlKey: {control}, keyCode: 229, bubbles: true, cancelable: true }}))"""
        )
    expect(field).to_have_value("报销")
    assert asked(chat) == []


@proves("ui-58")
def test_the_pictures_of_an_edited_question_go_along(stage: Stage, page_of: PageOf) -> None:
    stage.model.usual = say("A gradient.")
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.page.locator("input[type=file]").set_input_files(upload("one.png"))  # type: ignore[arg-type]
    expect(chat.button("composer.image.remove", name="one.png")).to_be_visible()
    chat.asked("What is this?")
    edit(chat)
    editor(chat).fill("What is that?")
    editor(chat).press("Control+Enter")
    expect(chat.questions).to_contain_text("What is that?")
    expect(chat.questions).to_contain_text("2/2")
    expect(chat.questions.get_by_role("img", name=chat.t("log.image", number=1))).to_be_visible()
    first, second = asked(chat)
    assert first["images"] == second["images"] != []


@proves("ui-66")
def test_who_may_only_read_turns_versions_and_changes_nothing(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, stage, who="reader", team="team-a", messages=TWO)
    expect(chat.answers).to_contain_text("Answer two")
    chat.answers.hover()
    expect(chat.button("log.copy_answer", chat.answers)).to_be_visible()
    expect(chat.button("log.regenerate")).to_have_count(0)
    expect(chat.button("log.edit")).to_have_count(0)
    chat.button("log.version_before", chat.answers).click()
    expect(chat.answers).to_contain_text("Answer one")
