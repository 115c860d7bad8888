"""Bad input through the whole page: no script runs, no request leaves, no frame freezes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.answers import fail, say
from tests.e2e.chatpage import ChatPage
from tests.e2e.hostile import FOUND, LISTS, TRAPS, endless, strings
from tests.e2e.markdown.attacks import ATTACKS
from tests.e2e.pages import PageOf
from tests.e2e.pictures import png
from tests.e2e.stage import Stage
from tests.proof import proves

FROZEN = 2000  # ms for each text; the renderer's own tests are stricter: this includes the browser's layout
PAGE = 40  # messages that the page shows at first
THERE = [name for name in LISTS if strings(name)]
FREEZE = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    window.longest = Math.max(window.longest, one.duration);
  })).observe({ type: 'longtask', buffered: true });
}"""


def lots(items: list[Any], size: int) -> Iterator[list[Any]]:
    yield from (items[at : at + size] for at in range(0, len(items), size))


def opened(page_of: PageOf, path: str, **more: Any) -> ChatPage:
    page = page_of("alice", go=False, **more)
    page.add_init_script(TRAPS)
    page.set_default_timeout(30_000)
    page.goto(path)
    chat = ChatPage(page)
    chat.ready()
    return chat


def judged(page: Page) -> None:
    assert page.evaluate(FOUND) == []


@pytest.mark.parametrize("name", THERE)
@proves("ui-44", "ui-45")
def test_what_people_and_models_write_runs_nowhere(stage: Stage, page_of: PageOf, name: str) -> None:
    """As questions, answers, thoughts and names of models; several strings to a message."""
    several = 1 if name == "ours" else 8
    texts = ["\n\n".join(some) for some in lots(strings(name), several)]
    for some in lots(texts, PAGE // 2):
        said: list[Any] = []
        for text in some:
            said += [text, {"text": text, "thinking": text, "model": text[:200]}]
        made = stage.seed(owner="alice", title="T", messages=said)
        chat = opened(page_of, stage.page(f"/c/{made['id']}"))
        expect(chat.answers).to_have_count(len(some))
        chat.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        judged(chat.page)
        shown = chat.questions.first.locator(".bub").text_content() or ""
        assert shown.split()[:3] == some[0].split()[:3]  # a question is shown word for word
        chat.page.context.close()


@pytest.mark.parametrize("name", THERE)
@proves("ui-44")
def test_a_title_is_only_ever_text(stage: Stage, page_of: PageOf, name: str) -> None:
    titles = [" ".join(one.split())[:200] for one in strings(name)]
    titles = [one for one in dict.fromkeys(titles) if one][:50]
    for place, title in enumerate(titles):
        stage.seed(owner="alice", title=title, days_ago=place / 100, messages=["Q", "A"])
    chat = opened(page_of, stage.page())
    links = chat.list.locator("li a")
    expect(links).to_have_count(len(titles))
    judged(chat.page)
    links.first.click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(titles[0])
    chat.page.keyboard.press("Control+k")
    field = chat.dialog.get_by_role("combobox")
    for title in titles[:3]:
        field.fill(title)
        expect(chat.dialog.locator("[aria-busy]")).to_have_count(0)
        judged(chat.page)


@proves("ui-44", "ui-84")
def test_a_models_error_is_not_shown_as_it_came(stage: Stage, page_of: PageOf) -> None:
    for attack in ATTACKS[:4]:
        stage.model.next(fail(500, attack))
        chat = opened(page_of, stage.page())
        chat.ask("Hi")
        expect(chat.answers.get_by_role("alert")).to_be_visible()
        judged(chat.page)
        assert attack not in chat.answers.inner_text()
        chat.page.context.close()


@proves("ui-44", "ui-17")
def test_a_files_name_is_only_ever_text(stage: Stage, page_of: PageOf) -> None:
    names = [one.replace("/", "∕").replace("\n", " ")[:120] for one in ATTACKS[:24]]
    chat = opened(page_of, stage.page())
    for some in lots(names, 8):
        files = [{"name": f"{one}.png", "mimeType": "image/png", "buffer": png(20, 20)} for one in some]
        chat.page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
        remove = chat.page.locator(".shelf button[aria-label]")
        expect(chat.page.locator(".shelf")).to_contain_text("→")
        judged(chat.page)
        chat.page.reload()
        chat.ready()
        expect(remove.first).to_be_visible()
        judged(chat.page)
        chat.box.fill("look")
        chat.box.press("Enter")
        expect(chat.page.locator(".shelf button")).to_have_count(0)
        chat.settled()
        judged(chat.page)


@proves("ui-44", "ui-49")
def test_attacks_run_nowhere_while_they_stream(stage: Stage, page_of: PageOf) -> None:
    """In pieces of three characters, so that every half of a tag stands there for a while."""
    text = "\n\n".join(ATTACKS)
    stage.model.answer("Go", say(text, think=text, size=3, rate=2000))
    chat = opened(page_of, stage.page())
    chat.ask("Go")
    expect(chat.answers).to_have_attribute("aria-busy", "true")
    while chat.answers.get_attribute("aria-busy") == "true":
        judged(chat.page)
    judged(chat.page)


# ---- too much --------------------------------------------------------------------------------------


@pytest.mark.prove  # judged by the clock
@pytest.mark.parametrize("some", list(lots(sorted(endless().items()), 3)), ids=lambda some: some[0][0][:30])
@proves("ui-50")
def test_endless_markdown_freezes_nothing(stage: Stage, page_of: PageOf, some: list[tuple[str, str]]) -> None:
    said = [part for name, text in some for part in (name, text)]
    made = stage.seed(owner="alice", title="T", messages=said)
    chat = opened(page_of, stage.page(f"/c/{made['id']}"))
    chat.page.evaluate(FREEZE)
    expect(chat.answers).to_have_count(len(some))
    chat.box.fill("still here")
    judged(chat.page)
    assert chat.page.evaluate("window.longest") < FROZEN * len(some), [name for name, _ in some]


@pytest.mark.prove
@proves("ui-50")
def test_an_answer_of_a_megabyte_leaves_the_page_usable(stage: Stage, page_of: PageOf) -> None:
    paragraph = "一段**文字**，后面还有 `code` 和[链接](https://example.com/)。"
    text = "\n\n".join(f"{place} {paragraph}" for place in range(1_000_000 // 60))
    stage.model.answer("Go", say(text, size=4000))
    chat = opened(page_of, stage.page())
    chat.page.evaluate(FREEZE)
    chat.ask("Go")
    expect(chat.answers).to_contain_text("100 一段")
    chat.box.fill("typed meanwhile")
    chat.settled()
    expect(chat.box).to_have_value("typed meanwhile")
    last = text.rsplit("\n\n", 1)[1].split()[0]
    expect(chat.answers.locator("p").last).to_contain_text(last, timeout=60_000)  # it comes bit by bit
    assert chat.page.evaluate("window.longest") < FROZEN
    chat.page.reload()
    expect(chat.answers.locator("p").last).to_contain_text(last, timeout=60_000)


@proves("ui-72")
def test_of_500_messages_the_newest_come_first(stage: Stage, page_of: PageOf) -> None:
    said = [f"Message {place}" for place in range(500)]
    made = stage.seed(owner="alice", title="Long", messages=said)
    chat = opened(page_of, stage.page(f"/c/{made['id']}"))
    expect(chat.log).to_contain_text("Message 499")
    articles = chat.log.locator("article")
    assert articles.count() <= 60
    scroller = chat.page.locator("#scroller")
    for _ in range(20):
        if articles.count() >= 500:
            break
        before = articles.count()
        scroller.evaluate("(box) => box.scrollTo(0, 0)")
        expect(articles).not_to_have_count(before)
    expect(articles).to_have_count(500)
    expect(articles.first).to_contain_text("Message 0")


@pytest.mark.prove
@proves("ui-35")
def test_twenty_tabs_see_one_answer(stage: Stage, page_of: PageOf, second_tab: PageOf) -> None:
    made = stage.seed(owner="alice", title="Tabs", messages=["Q", "A"])
    stage.model.answer("Go", say("One two three four", hold="One two"))
    chats = [ChatPage(page_of("alice", f"/c/{made['id']}"))]
    chats += [ChatPage(second_tab(chats[0].page)) for _ in range(19)]
    for chat in chats:
        chat.ready()
    chats[0].ask("Go")
    for chat in chats:
        chat.page.bring_to_front()
        expect(chat.answers.last).to_contain_text("One two")
    stage.model.release()
    for chat in chats:
        chat.page.bring_to_front()
        expect(chat.answers.last).to_contain_text("three four")
    assert len(stage.model.asked) == 1


# ---- too little ------------------------------------------------------------------------------------

FULL = """
Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
"""
NONE = """
for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
}
"""
BARE = """
for (const name of ['clipboard', 'locks', 'serviceWorker', 'storage']) {
  Object.defineProperty(Navigator.prototype, name, { value: undefined, configurable: true });
}
delete Crypto.prototype.randomUUID;
delete window.BroadcastChannel;
"""


@pytest.mark.parametrize("less", [FULL, NONE, BARE], ids=["storage full", "no storage", "no secure context"])
@proves("ui-92", "ui-9")
def test_it_works_with_less(stage: Stage, page_of: PageOf, less: str) -> None:
    stage.model.usual = say("```python\nprint(1)\n```\n\nDone.")
    page = page_of("alice", go=False)
    page.add_init_script(less)
    page.goto(stage.page())
    chat = ChatPage(page)
    chat.ready()
    chat.asked("Hi")
    expect(chat.answers).to_contain_text("Done.")
    chat.box.fill("a draft")
    chat.list.get_by_role("link", name=chat.t("list.new")).click()
    chat.asked("Again")
    expect(chat.list.locator("li a")).to_have_count(2)
