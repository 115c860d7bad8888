"""An answer as it comes: what is seen at once, what follows the end, what stands still."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

LINES = "".join(f"Line {number}.\n\n" for number in range(60))
HISTORY = ["First?", "Answer.\n\n" * 30, "Second?", "Answer.\n\n" * 30]
AT = "() => Math.round(document.getElementById('scroller').scrollTop)"
LEFT = """() => {
  const box = document.getElementById('scroller');
  return box.scrollHeight - box.clientHeight - box.scrollTop;
}"""
QUESTION_TOP = (
    "() => Math.round([...document.querySelectorAll('article.user')].at(-1).getBoundingClientRect().top)"
)
# How long the answer was at each change: a text that blanks or goes back shows here.
GROWTH = """() => {
  window.lengths = [];
  const look = () => {
    const box = [...document.querySelectorAll('article.assistant .md')].at(-1);
    if (box) lengths.push(box.textContent.replace(/\\W+/g, '').length);
  };
  const all = { childList: true, subtree: true, characterData: true };
  new MutationObserver(look).observe(document.getElementById('messages'), all);
}"""


def opened(page: Page) -> ChatPage:
    chat = ChatPage(page)
    chat.ready()
    return chat


def wheel(page: Page, pixels: int) -> None:
    """Until it has moved: the wheel glides."""
    before = page.evaluate(AT)
    page.mouse.move(700, 300)
    page.mouse.wheel(0, pixels)
    page.wait_for_function(f"(before) => ({AT})() !== before", arg=before)


@proves("ui-25")
def test_the_question_and_the_dots_stand_there_before_the_server_says_anything(
    stage: Stage, page_of: PageOf
) -> None:
    stage.model.answer("Hi", say("Hello."))
    chat = opened(page_of("alice"))
    stage.line.still()
    chat.ask("Hi")
    expect(chat.questions).to_contain_text("Hi")
    expect(chat.answers.locator(".dots")).to_be_visible()
    chat.questions.evaluate("(article) => { article.kept = true; }")
    stage.line.flow()
    expect(chat.answers).to_contain_text("Hello.")
    assert chat.questions.evaluate("(article) => article.kept"), "the article was made again"
    expect(chat.answers.locator(".dots")).to_be_hidden()


@proves("ui-26", "ui-39")
def test_the_text_never_blanks_and_never_goes_back(stage: Stage, page_of: PageOf) -> None:
    text = (
        "# Title\n\nSome **bold** text, a `word`.\n\n```python\nx = 1\ny = 2\n```\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n"
    )
    stage.model.answer("Go", say(text * 3, rate=100))
    chat = opened(page_of("alice", reduced_motion="reduce"))
    chat.page.evaluate(GROWTH)
    chat.asked("Go")
    lengths = chat.page.evaluate("lengths")
    assert len(set(lengths)) > 3, "it came at once, not piece by piece"
    assert all(after >= before for before, after in zip(lengths, lengths[1:], strict=False))


@proves("ui-28", "ui-29")
def test_the_end_is_followed_until_the_reader_scrolls_up_and_again_at_the_end(
    stage: Stage, page_of: PageOf
) -> None:
    made = stage.seed(owner="alice", messages=HISTORY)
    stage.model.answer("Go", say(LINES * 3, hold=LINES + LINES[:100]))
    chat = opened(page_of("alice", f"/c/{made['id']}"))
    page = chat.page
    jump = page.locator(".jump")
    chat.ask("Go")
    expect(chat.answers.last).to_contain_text("Line 59.")
    page.wait_for_function(f"() => ({LEFT})() < 2")
    expect(jump).to_be_hidden()
    wheel(page, -900)
    page.wait_for_function("() => !document.querySelector('.jump').hidden")
    page.wait_for_function(
        f"() => {{ const now = ({AT})(); const same = window.was === now; window.was = now; return same; }}"
    )
    before = page.evaluate(AT)
    stage.model.release()
    chat.settled()
    assert page.evaluate(AT) == before
    expect(jump).to_have_class(re.compile("news"))
    jump.get_by_role("button", name=chat.t("log.to_end_new")).click()
    page.wait_for_function(f"() => ({LEFT})() < 2")
    expect(jump).to_be_hidden()
    expect(chat.box).to_be_focused()


@pytest.mark.parametrize("way", ["PageUp", "ArrowUp", "Home"])
@proves("ui-28")
def test_keys_leave_the_end_too(stage: Stage, page_of: PageOf, way: str) -> None:
    made = stage.seed(owner="alice", messages=HISTORY)
    stage.model.answer("Go", say(LINES * 2, hold=LINES))
    chat = opened(page_of("alice", f"/c/{made['id']}"))
    chat.ask("Go")
    expect(chat.answers.last).to_contain_text("Line 59.")
    chat.page.wait_for_function(f"() => ({LEFT})() < 2")
    chat.page.locator("#log").focus()
    chat.page.keyboard.press(way)
    chat.page.wait_for_function(f"() => ({LEFT})() > 8")
    stage.model.release()
    chat.settled()
    assert chat.page.evaluate(LEFT) > 200


@proves("ui-30")
def test_the_question_stands_at_the_top_while_its_answer_fills_the_room(
    stage: Stage, page_of: PageOf
) -> None:
    made = stage.seed(owner="alice", messages=HISTORY)
    text = "Line.\n\n" * 6
    stage.model.answer("Go", say(text, think="Let me see.\n" * 5, rate=30))
    chat = opened(page_of("alice", f"/c/{made['id']}"))
    page = chat.page
    page.evaluate(f"""() => {{
      window.tops = [];
      const look = () => {{
        const top = document.querySelectorAll('article.user').length === 3 ? ({QUESTION_TOP})() : null;
        if (top !== null && top !== tops.at(-1)) tops.push(top);
        requestAnimationFrame(look);
      }};
      look();
    }}""")
    chat.ask("Go")
    expect(chat.answers).to_have_count(3)
    chat.settled()
    header = page.locator("#top").bounding_box()
    tops = page.evaluate("tops")
    assert header is not None
    assert len(tops) == 1, f"it moved: {tops}"
    assert 0 < tops[0] - header["y"] - header["height"] < 40


@proves("ui-31")
def test_what_grows_late_moves_nothing_under_the_reader(stage: Stage, page_of: PageOf) -> None:
    made = stage.seed(owner="alice", messages=HISTORY)
    code = "```python\nfor number in range(10):\n    print(number)\n```\n\n$$\\sum_i x_i$$\n\n"
    stage.model.answer("Go", say(LINES + code * 10, hold=LINES))
    chat = opened(page_of("alice", f"/c/{made['id']}"))
    page = chat.page
    chat.ask("Go")
    expect(chat.answers.last).to_contain_text("Line 59.")
    wheel(page, -600)
    page.wait_for_function(
        f"() => {{ const now = ({AT})(); const same = window.was === now; window.was = now; return same; }}"
    )
    page.evaluate("""() => { window.shift = 0; new PerformanceObserver((list) => {
      for (const one of list.getEntries()) if (!one.hadRecentInput) shift += one.value;
    }).observe({ type: 'layout-shift' }); }""")
    before = page.evaluate(AT)
    stage.model.release()
    chat.settled()
    expect(chat.answers.last.locator("code span").first).to_be_attached()
    assert page.evaluate(AT) == before
    assert page.evaluate("shift") <= 0.02


@proves("ui-33")
def test_a_tab_behind_another_has_the_whole_text(stage: Stage, page_of: PageOf, second_tab: PageOf) -> None:
    stage.model.answer("Go", say(LINES, hold=LINES[:30]))
    chat = opened(page_of("alice"))
    chat.ask("Go")
    expect(chat.answers).to_contain_text("Line 0.")
    other = second_tab(chat.page, "/")
    other.bring_to_front()
    stage.model.release()
    chat.settled()
    chat.page.bring_to_front()
    expect(chat.answers).to_contain_text("Line 59.")


@proves("ui-37")
def test_who_waits_sees_their_place(stage: Stage, page_of: PageOf) -> None:
    stage.configure(upstream={"url": stage.double.url, "max_connections": 1})
    stage.model.answer("Long", say("One two", hold="One"))
    stage.model.answer("Short", say("Done."))
    first, second = opened(page_of("bob")), opened(page_of("alice", lang="zh-CN"))
    first.ask("Long")
    expect(first.answers).to_contain_text("One")
    second.ask("Short")
    expect(second.answers).to_contain_text("排队中")
    stage.model.release()
    expect(second.answers).to_contain_text("Done.")
    expect(second.answers).not_to_contain_text("排队中")


@proves("ui-38")
def test_a_selection_stays_while_the_answer_goes_on(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("Go", say(LINES, hold=LINES[:60]))
    chat = opened(page_of("alice"))
    chat.ask("Go")
    first = chat.answers.locator("p").first
    expect(first).to_have_text("Line 0.")
    expect(chat.answers.locator("p").nth(2)).to_be_visible()
    first.evaluate("(p) => getSelection().selectAllChildren(p)")
    stage.model.release()
    chat.settled()
    assert chat.page.evaluate("getSelection().toString()") == "Line 0."


@pytest.mark.parametrize(
    ("lang", "thought"), [("zh-CN", r"已思考 \d+ 秒"), ("en-US", r"Thought for \d+ seconds?")]
)
@proves("ui-52", "ui-53")
def test_thinking_is_open_while_it_lasts_and_folded_after(
    stage: Stage, page_of: PageOf, lang: str, thought: str
) -> None:
    stage.model.answer("Why", say("Because.", think="Let *me* see.", hold="Let *me* see."))
    chat = opened(page_of("alice", lang=lang))
    chat.ask("Why")
    thinking = chat.answers.locator("details")
    expect(thinking).to_have_attribute("open", "")
    expect(thinking).to_contain_text("Let *me* see.")
    expect(thinking.locator("em")).to_have_count(0)
    stage.model.release()
    chat.settled()
    expect(thinking).not_to_have_attribute("open", "")
    expect(thinking.locator("summary")).to_have_text(re.compile(thought))
    thinking.locator("summary").click()
    expect(thinking.locator("em")).to_have_text("me")
    assert "<think>" not in chat.log.inner_html()
    chat.page.reload()
    expect(thinking.locator("summary")).to_have_text(re.compile(thought))
    expect(thinking).not_to_have_attribute("open", "")


@proves("ui-52")
def test_who_folds_the_thinking_keeps_it_folded_and_who_opens_it_keeps_it_open(
    stage: Stage, page_of: PageOf
) -> None:
    stage.model.next(say("A", think="Hm hm", hold="Hm"), say("B", think="Hm hm", hold="Hm hmB"))
    chat = opened(page_of("alice"))
    chat.ask("First")
    thinking = chat.answers.locator("details")
    expect(thinking).to_contain_text("Hm")
    thinking.locator("summary").click()
    expect(thinking).not_to_have_attribute("open", "")
    thinking.locator("summary").click()
    stage.model.release()
    chat.settled()
    expect(chat.answers).to_contain_text("A")
    expect(thinking).to_have_attribute("open", "")


@proves("ui-95")
def test_a_screen_reader_hears_that_it_is_answered_then_the_answer_and_no_single_words(
    stage: Stage, page_of: PageOf
) -> None:
    stage.model.answer("Go", say("The **answer** is 16.", hold="The "))
    chat = opened(page_of("alice"))
    chat.ask("Go")
    status = chat.page.locator("#status")
    expect(status).to_have_text(chat.t("log.answering"))
    article = chat.page.get_by_role("article", name=chat.t("log.assistant"))
    expect(article).to_have_attribute("aria-busy", "true")
    expect(article).to_contain_text("The")
    stage.model.release()
    expect(status).to_have_text(chat.t("log.answered", text="The answer is 16."))
    expect(article).to_have_attribute("aria-busy", "false")
    assert chat.log.locator("[aria-live]").count() == 0
    expect(chat.page.get_by_role("region", name="Conversation")).to_be_visible()
