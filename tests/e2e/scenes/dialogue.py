"""What was said, is being said, or could not be said."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.answers import fail, hang
from tests.e2e.scenes.cast import Cast, scene
from tests.e2e.words import ANSWERS, FOLLOW_UPS, QUESTIONS, THOUGHTS


@scene
def empty(cast: Cast) -> Page:
    cast.list()
    chat = cast.chat()
    expect(chat.log.get_by_role("heading")).to_be_visible()
    return chat.page


@scene
def first_time(cast: Cast) -> Page:
    return cast.chat().page


@scene
def history(cast: Cast) -> Page:
    ask, answer = FOLLOW_UPS[cast.lang]
    chat = cast.chat(path=cast.history(ask, answer))
    expect(chat.answers).to_have_count(2)
    chat.page.wait_for_function("() => document.querySelector('math')")
    chat.page.wait_for_function("() => document.querySelector('pre [class*=hl]')")
    return chat.page


@scene
def top_of_history(cast: Cast) -> Page:
    page = history(cast)
    page.locator("#scroller").evaluate("(box) => box.scrollTo(0, 0)")
    return page


@scene
def waiting(cast: Cast) -> Page:
    cast.list()
    cast.stage.model.next(hang())
    chat = cast.chat()
    chat.box.fill(QUESTIONS[cast.lang])
    chat.button("composer.send").click()
    expect(chat.log.locator(".waiting")).to_be_visible()
    return chat.page


@scene
def queued(cast: Cast) -> Page:
    cast.list()
    cast.stage.configure(upstream={"url": cast.stage.double.url, "max_connections": 1})
    cast.stage.model.next(hang())
    bob = cast.chat("bob")
    bob.box.fill("1")
    bob.button("composer.send").click()
    cast.stage.double.wait_for(lambda _: cast.stage.model.asked)
    chat = cast.chat()
    chat.box.fill(QUESTIONS[cast.lang])
    chat.button("composer.send").click()
    expect(chat.log).to_contain_text(cast.t("log.queued_next"))
    return chat.page


@scene
def thinking(cast: Cast) -> Page:
    chat = cast.answering(hold=THOUGHTS[cast.lang][:18])
    expect(chat.answers.locator("details")).to_contain_text(THOUGHTS[cast.lang][:12])
    return chat.page


@scene
def streaming(cast: Cast) -> Page:
    text = ANSWERS[cast.lang]
    chat = cast.answering(hold=THOUGHTS[cast.lang] + text[: text.index("def total")])
    expect(chat.answers).to_contain_text("Decimal")
    return chat.page


@scene
def stopped(cast: Cast) -> Page:
    chat = cast.answering(hold=THOUGHTS[cast.lang] + ANSWERS[cast.lang][:90])
    expect(chat.answers).to_contain_text(ANSWERS[cast.lang][:7])
    chat.button("composer.stop").click()
    expect(chat.answers).to_contain_text(cast.t("log.stopped"))
    return chat.page


@scene
def broken_off(cast: Cast) -> Page:
    chat = cast.answering(drop=THOUGHTS[cast.lang] + ANSWERS[cast.lang][:90])
    expect(chat.answers.get_by_role("alert")).to_be_visible()
    return chat.page


@scene
def failed(cast: Cast) -> Page:
    cast.list()
    cast.stage.model.next(fail(500))
    chat = cast.chat()
    chat.box.fill(QUESTIONS[cast.lang])
    chat.button("composer.send").click()
    expect(chat.answers.get_by_role("alert")).to_be_visible()
    return chat.page


@scene
def too_short(cast: Cast) -> Page:
    chat = cast.answering(reason="length")
    expect(chat.button("log.go_on")).to_be_visible()
    return chat.page


@scene
def divider(cast: Cast) -> Page:
    ask, answer = FOLLOW_UPS[cast.lang]
    mark = {"role": "mark", "text": ""}
    chat = cast.chat(path=cast.history(mark, {"role": "user", "text": ask}, answer))
    expect(chat.log).to_contain_text(cast.t("log.mark"))
    return chat.page


@scene
def branches(cast: Cast) -> Page:
    ask, answer = FOLLOW_UPS[cast.lang]
    other = {"parent": "2", "role": "assistant", "text": ANSWERS[cast.lang][:60]}
    chat = cast.chat(path=cast.history(ask, answer, other))
    expect(chat.answers.last).to_contain_text("2/2")
    chat.answers.last.hover()
    return chat.page


@scene
def editing(cast: Cast) -> Page:
    ask, answer = FOLLOW_UPS[cast.lang]
    chat = cast.chat(path=cast.history(ask, answer))
    chat.questions.last.hover()
    chat.button("log.edit", chat.questions.last).click()
    expect(chat.page.get_by_role("textbox", name=cast.t("log.edit"))).to_be_focused()
    return chat.page


@scene
def of_the_team(cast: Cast) -> Page:
    """Somebody else's conversation, with who asked."""
    ask, answer = FOLLOW_UPS[cast.lang]
    path = cast.history(ask, answer, team="team-a")
    chat = cast.chat("bob", path)
    expect(chat.questions.last).to_be_visible()
    return chat.page


@scene
def long_words(cast: Cast) -> Page:
    """What has no place to break, in a title, a question and an answer."""
    word = "https://intranet.example.com/" + "a1B2c3D4" * 40
    table = "|" + "1234567|" * 12 + "\n|" + "---|" * 12 + "\n|" + "890123 |" * 12
    made = cast.stage.seed(
        owner="alice", title=word, messages=[word, f"{word}\n\n`{word}`\n\n```\n{word}\n```\n\n{table}"]
    )
    chat = cast.chat(path=f"/c/{made['id']}")
    expect(chat.answers).to_be_visible()
    return chat.page
