"""The dialogue as it stands: what a message shows and offers, and what stands where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.e2e.answers import fail, say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

# Each message that lit up: it does so for a second.
LIT: Final = """() => {
  window.lit = new Set();
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target.matches('.lit')) window.lit.add(target.dataset.id);
  }).observe(document.querySelector('#messages'), { subtree: true, attributeFilter: ['class'] });
}"""

CLIPBOARD: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}
HTML = """async () => {
  const [item] = await navigator.clipboard.read();
  return (await item.getType('text/html')).text();
}"""
USAGE = {"in": 6000, "out": 300, "ttft_ms": 500, "ms": 10500}


def opened(
    page_of: PageOf, stage: Stage, who: str = "alice", seeded: dict[str, Any] | None = None, **context: Any
) -> ChatPage:
    made = stage.seed(**({"owner": "alice", "messages": ["Question", "Answer"]} | (seeded or {})))
    chat = ChatPage(page_of(who, f"/c/{made['id']}", **context))
    chat.ready()
    return chat


@proves("ui-47", "ui-53")
def test_an_answer_is_copied_as_it_was_written_and_without_its_thinking(
    stage: Stage, page_of: PageOf
) -> None:
    answer = {"text": "Use **16**:\n\n```python\nx = 16\n```\n", "thinking": "Let me see."}
    chat = opened(page_of, stage, seeded={"messages": ["How many?", answer]}, **CLIPBOARD)
    chat.answers.hover()
    chat.button("log.copy_answer", chat.answers).click()
    expect(chat.page.locator("#status")).to_have_text(chat.t("log.copied"))
    assert chat.page.evaluate("navigator.clipboard.readText()") == answer["text"]
    chat.button("log.more", chat.answers).click()
    chat.item("log.copy_rich").click()
    expect(chat.toasts).to_contain_text(chat.t("log.copied"))
    html = chat.page.evaluate(HTML)
    assert "<pre>" in html
    assert not re.search(r"button|class=|Let me see", html)


@proves("ui-47")
def test_a_long_answer_is_copied_for_word_to_its_end(stage: Stage, page_of: PageOf) -> None:
    answer = "A paragraph of **some** words.\n\n" * 2_000 + "The **end**."
    chat = opened(page_of, stage, seeded={"messages": ["All of it?", answer]}, **CLIPBOARD)
    chat.answers.hover()
    chat.button("log.more", chat.answers).click()
    chat.item("log.copy_rich").click()
    expect(chat.toasts).to_contain_text(chat.t("log.copied"))
    html = chat.page.evaluate(HTML)
    assert "<strong>end</strong>" in html
    assert "**" not in html


@proves("ui-47")
def test_what_is_still_written_cannot_be_copied(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("Go", say("One two", hold="One"))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.ask("Go")
    expect(chat.answers).to_contain_text("One")
    expect(chat.button("log.copy_answer")).to_have_count(0)
    stage.model.release()
    expect(chat.button("log.copy_answer")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-CN", "300 词元 · 30 词元/秒"), ("en-US", "300 tokens · 30 tokens/s")]
)
@proves("ui-54")
def test_when_by_what_and_how_fast_is_told_on_looking(
    stage: Stage, page_of: PageOf, lang: str, words: str
) -> None:
    chat = opened(page_of, stage, seeded={"messages": ["Q", {"text": "A", "usage": USAGE}]}, lang=lang)
    meta = chat.answers.locator(".meta")
    expect(meta).to_have_css("opacity", "0")
    chat.answers.hover()
    expect(meta).to_have_css("opacity", "1")
    expect(meta).to_contain_text("qwen3:32b")
    expect(meta).to_contain_text(words)


@proves("ui-55", "ui-56")
def test_a_question_is_shown_as_it_was_typed(stage: Stage, page_of: PageOf) -> None:
    typed = "# no heading\n  **two**  spaces\n\n<b>bold</b> - [ ] x"
    chat = opened(page_of, stage, seeded={"messages": [typed, "A"]}, lang="zh-CN")
    bubble = chat.questions.locator(".bub")
    assert bubble.evaluate("(box) => [box.textContent, box.children.length]") == [typed, 0]
    expect(bubble).to_have_css("white-space", "pre-wrap")
    assert bubble.evaluate("(box) => getComputedStyle(box).textAutospace") == "normal"


def test_a_long_question_is_folded_until_it_is_wanted(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, stage, seeded={"messages": ["word " * 2000, "A"]})
    bubble = chat.questions.locator(".bub")
    height = "(box) => box.getBoundingClientRect().height"
    folded = bubble.evaluate(height)
    chat.button("log.more_text").click()
    assert bubble.evaluate(height) > folded * 2
    expect(chat.button("log.less_text")).to_have_attribute("aria-expanded", "true")
    chat.button("log.less_text").click()
    assert bubble.evaluate(height) == folded


@proves("ui-59")
def test_the_buttons_come_by_mouse_and_by_keyboard_and_stay_on_touch(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, stage, seeded={"messages": ["Q", "A", "Q", "A"]})
    copy = chat.button("log.copy_answer", chat.answers.first)
    expect(copy).to_have_css("opacity", "0")
    chat.answers.first.hover()
    expect(copy).to_have_css("opacity", "1")
    chat.page.mouse.move(0, 0)
    expect(copy).to_have_css("opacity", "0")
    chat.page.locator("#log").focus()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Tab")
    expect(copy).to_be_focused()
    expect(copy).to_have_css("opacity", "1")
    touched = opened(page_of, stage, touch=True, width=360)
    expect(touched.button("log.copy_answer")).to_have_css("opacity", "1")


@proves("ui-60", "ui-61")
def test_a_cleared_context_is_a_line_that_can_be_taken_back_while_nothing_follows(
    stage: Stage, page_of: PageOf
) -> None:
    stage.model.usual = say("Yes.")
    chat = opened(page_of, stage)
    chat.button("composer.clear").click()
    line = chat.log.locator(".divider")
    expect(line).to_contain_text(chat.t("log.mark"))
    chat.button("log.mark_undo", line).click()
    expect(line).to_have_count(0)
    chat.button("composer.clear").click()
    expect(line).to_be_visible()
    chat.asked("And now?")
    expect(chat.button("log.mark_undo", line)).to_have_count(0)
    expect(chat.questions.first).to_contain_text("Question")
    assert [one["content"] for one in stage.model.asked[-1]["messages"] if one["role"] == "user"] == [
        "And now?"
    ]


@proves("ui-62")
def test_how_full_the_context_is_is_told_before_it_is_full(stage: Stage, page_of: PageOf) -> None:
    usage = USAGE | {"context": 7000}
    chat = opened(page_of, stage, seeded={"messages": ["Q", {"text": "A", "usage": usage}]})
    expect(chat.answers).to_contain_text(chat.t("log.context_full", used=90))
    half = opened(
        page_of, stage, seeded={"messages": ["Q", {"text": "A", "usage": USAGE | {"context": 10000}}]}
    )
    expect(half.answers.locator(".context")).to_have_count(0)
    half.answers.hover()
    expect(half.answers.locator(".meta")).to_contain_text(half.t("log.context_short", used=63))


@proves("ui-63")
def test_an_answer_that_was_cut_goes_on_in_its_place(stage: Stage, page_of: PageOf) -> None:
    stage.model.next(say("One two", reason="length"), say(" three four"))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.asked("Count")
    expect(chat.answers).to_contain_text(chat.t("log.length"))
    chat.button("log.go_on").click()
    expect(chat.answers.locator(".md")).to_have_text("One two three four")
    chat.settled()
    expect(chat.answers).to_have_count(1)
    expect(chat.button("log.go_on")).to_have_count(0)


@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
@proves("ui-84")
def test_a_failed_answer_says_what_happened_and_can_be_tried_again(
    stage: Stage, page_of: PageOf, lang: str
) -> None:
    stage.model.next(fail(500), say("Here it is."))
    chat = ChatPage(page_of("alice", lang=lang))
    chat.ready()
    chat.ask("Go")
    card = chat.answers.get_by_role("alert")
    expect(card).to_contain_text(chat.t("log.no_answer"))
    expect(card).to_contain_text("upstream_error")
    chat.button("log.retry", card).click()
    expect(chat.answers).to_contain_text("Here it is.")


@proves("ui-84")
def test_what_came_before_a_failure_stays(stage: Stage, page_of: PageOf) -> None:
    stage.model.next(say("One two three", drop="One two"))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.ask("Go")
    expect(chat.answers).to_contain_text(chat.t("log.broke_off"))
    expect(chat.answers.locator(".md")).to_have_text("One two")


def test_older_messages_come_on_the_way_up_and_move_nothing(stage: Stage, page_of: PageOf) -> None:
    messages = [f"{'Question' if n % 2 == 0 else 'Answer'} {n}" + "\n\nmore" * (n % 7) for n in range(120)]
    chat = opened(page_of, stage, seeded={"messages": messages})
    page = chat.page
    expect(chat.log.locator("article")).to_have_count(40)
    page.mouse.move(700, 300)
    page.evaluate("""() => {
      window.jumps = [];
      const box = document.getElementById('scroller');
      let last = null;
      const look = () => {
        const edge = box.getBoundingClientRect().top + 50;
        const top = (article) => article.getBoundingClientRect().top;
        const all = [...document.querySelectorAll('article')];
        const one = all.find((article) => article.getBoundingClientRect().bottom > edge);
        if (last && last.one.isConnected) jumps.push(Math.abs(top(last.one) - last.top));
        last = { one, top: top(one) };
        requestAnimationFrame(look);
      };
      look();
    }""")
    for count in (80, 120):
        while chat.log.locator("article").count() < count:
            page.mouse.wheel(0, -300)
            page.evaluate("() => new Promise((resolve) => requestAnimationFrame(resolve))")
    expect(chat.log.locator("article")).to_have_count(120)
    # no frame moved what was looked at by more than a turn of the wheel does
    assert max(page.evaluate("jumps")) <= 330
    assert page.evaluate("document.getElementById('scroller').scrollTop") > 0


@pytest.mark.parametrize(
    ("lang", "greeting"),
    [("zh-CN", "Alice，有什么可以帮你？"), ("en-US", "What can I help you with, Alice?")],
)
def test_an_empty_conversation_greets_and_suggests(
    stage: Stage, page_of: PageOf, lang: str, greeting: str
) -> None:
    chat = ChatPage(page_of("alice", lang=lang))
    chat.ready()
    expect(chat.log.get_by_role("heading")).to_have_text(greeting)
    chat.button("log.suggestion_2", chat.log).click()
    expect(chat.box).to_have_value(chat.t("log.suggestion_2_text"))
    expect(chat.box).to_be_focused()


def test_who_may_not_ask_is_not_asked_to(stage: Stage, page_of: PageOf) -> None:
    page = page_of("reader")
    chat = ChatPage(page)
    expect(chat.log).to_contain_text("chat:write")
    expect(chat.log.get_by_role("button")).to_have_count(0)


@proves("ui-98")
def test_without_motion_nothing_beats_and_nothing_glides(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("Go", say("One two", hold="One"))
    chat = opened(page_of, stage, seeded={"messages": ["Q", "A\n\n" * 100]}, reduced_motion="reduce")
    page = chat.page
    page.evaluate("document.getElementById('scroller').scrollTop = 0")
    jump = page.locator(".jump button")
    expect(jump).to_be_visible()
    left = page.evaluate("""() => {
      document.querySelector('.jump button').click();
      const box = document.getElementById('scroller');
      return box.scrollHeight - box.clientHeight - box.scrollTop;
    }""")
    assert left < 2
    chat.ask("Go")
    expect(chat.answers.last).to_contain_text("One")
    assert page.evaluate("document.getAnimations().length") == 0


@proves("ui-105")
def test_a_printed_conversation_is_the_dialogue_alone(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of, stage, seeded={"messages": ["word " * 2000, "Answer\n\n" * 80, "Q", "A"]})
    page = chat.page
    page.emulate_media(media="print")
    for hidden in ("#side", "#dock", ".acts >> nth=0", ".jump", ".unroll"):
        expect(page.locator(hidden)).to_be_hidden()
    wide, whole, unrolled = page.evaluate("""() => {
      const bubble = document.querySelector('.bub');
      const last = [...document.querySelectorAll('article')].at(-1).getBoundingClientRect().bottom;
      return [
        document.getElementById('messages').getBoundingClientRect().width / innerWidth,
        last <= document.documentElement.scrollHeight,
        bubble.scrollHeight <= bubble.clientHeight + 1,
      ];
    }""")
    assert wide > 0.9
    assert whole
    assert unrolled
    assert page.pdf().count(b"/Type /Page\n") > 2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@proves("ui-96", "ui-95")
def test_axe_finds_nothing_in_the_dialogue(
    stage: Stage, page_of: PageOf, axe: Callable[..., list[str]], theme: str, width: int
) -> None:
    messages = [
        "Question",
        {"text": "Answer", "thinking": "Hm", "usage": USAGE},
        {"role": "mark", "text": ""},
        {"role": "user", "text": "word " * 2000},
        {"role": "assistant", "text": "Half", "state": "stopped", "reason": "stopped"},
        "Again",
        {
            "role": "assistant",
            "text": "",
            "state": "failed",
            "reason": "error",
            "error": "upstream_unavailable",
        },
    ]
    chat = opened(page_of, stage, seeded={"messages": messages}, theme=theme, width=width)
    chat.page.evaluate("document.getElementById('scroller').scrollTop = 0")
    expect(chat.page.locator(".jump button")).to_be_visible()
    assert axe(chat.page) == []
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_search_hit_is_brought_into_sight_wherever_it_is(stage: Stage, page_of: PageOf) -> None:
    messages: list[Any] = [f"Message {n}" + "\n\nmore" * (n % 5) for n in range(119)]
    messages.append({"role": "assistant", "parent": "2", "key": "beside", "text": "Beside"})
    made = stage.seed(owner="alice", messages=messages, leaf="118")
    chat = ChatPage(page_of("alice", f"/c/{made['id']}"))
    chat.ready()
    chat.page.evaluate(LIT)
    for place, words in ((10, "Message 10"), (119, "Beside"), (100, "Message 100")):
        m = made["messages"][place]
        chat.page.evaluate(
            "(m) => document.dispatchEvent(new CustomEvent('clawd:find', { detail: { m } }))", m
        )
        found = chat.log.locator(f"article[data-id='{m}']")
        expect(found).to_contain_text(words)
        expect(found).to_be_in_viewport()
        expect(found).to_be_focused()
        chat.page.wait_for_function("(m) => window.lit.has(m)", arg=m)
        expect(found).not_to_have_class(re.compile("lit"))
        expect(found).to_be_in_viewport()
