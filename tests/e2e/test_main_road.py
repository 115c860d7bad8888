"""The road that everybody goes: sign in, ask, think again, find it, share it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf, Pages
from tests.e2e.pictures import upload
from tests.e2e.stage import Stage
from tests.op.provider import Op, running
from tests.proof import proves

SCOPES = ["chat:read", "chat:write", "image:upload"]


# ---- the provider ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provided() -> Iterator[tuple[Stage, Op]]:
    """A stage whose only sign-in beside passwords is a certified OpenID provider."""
    with ExitStack() as stack:
        ops: list[Op] = []

        def provider(url: str) -> dict[str, object]:
            op = stack.enter_context(running("corp", redirect_uri=f"{url}/callback", back=f"{url}/login"))
            ops.append(op)
            groups = {"/eng/team-a": "team-a", "staff": "everyone"}
            return op.entry(
                name="corp", label="Corporate sign-on", group_map=groups, scope_map={"team-a": SCOPES}
            )

        stage = stack.enter_context(Stage(provider=provider))
        yield stage, ops[0]


@pytest.fixture
def strangers(chromium: Browser, provided: tuple[Stage, Op]) -> Iterator[Pages]:
    stage, op = provided
    stage.reset()
    pages = Pages(chromium, stage)
    pages.friends.add(urlsplit(op.issuer).netloc)
    pages.allowed.append("Failed to load resource: the server responded with a status of 404")
    yield pages
    assert pages.close() == []


def sign_in(page: Page, name: str) -> None:
    """From the login page through the provider's own pages."""
    page.get_by_role("link", name="Corporate sign-on").click()
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "x")
    page.click("button[type=submit]")
    page.click("button[type=submit]")


@pytest.mark.idp
@pytest.mark.parametrize(
    ("lang", "question"), [("zh-CN", "今天北京天气怎么样？"), ("en-US", "What is the weather?")]
)
@proves("promise-S26", "promise-S28", "ui-25", "ui-52", "ui-53")
def test_a_new_person_signs_in_and_sees_thinking_and_answer_come(
    strangers: Pages, lang: str, question: str
) -> None:
    stage = strangers.stage
    stage.model.answer(question, say("晴，**25 度**。", think="先查一下。", hold="先查一下。晴，"))
    page = strangers.page_of(None, "/c/new-here", lang=lang)
    assert "/login?next=" in page.url
    sign_in(page, "alice")
    page.wait_for_url("**/c/new-here")  # where they were going, though nothing is there
    page.goto(stage.url)
    chat = ChatPage(page)
    chat.ready()
    chat.ask(question)
    expect(chat.questions).to_have_text(re.compile(re.escape(question)))
    expect(chat.answers).to_contain_text("晴，")
    thinking = chat.answers.locator("details")
    expect(thinking).to_contain_text("先查一下。")
    expect(chat.answers).to_have_attribute("aria-busy", "true")
    stage.model.release()
    chat.settled()
    expect(chat.answers.locator("strong")).to_have_text("25 度")
    expect(chat.answers).not_to_contain_text("<think>")
    assert re.search(r"/c/[0-9a-f-]{36}$", page.url)
    thinking.locator("summary").click()
    expect(thinking).to_contain_text("先查一下。")


# ---- one's own conversation ------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["button", "escape"])
@proves("ui-27", "ui-12")
def test_a_stopped_answer_stays_as_it_was_shown(stage: Stage, page_of: PageOf, way: str) -> None:
    stage.model.answer("数数", say("一二三四五六七八九十", hold="一二三四"))
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.ready()
    chat.ask("数数")
    expect(chat.answers).to_contain_text("一二三四")
    if way == "button":
        chat.button("composer.stop").click()
    else:
        chat.box.press("Escape")
    expect(chat.answers).to_contain_text(chat.t("log.stopped"))
    expect(chat.box).to_be_focused()
    stage.double.wait_for(lambda _: stage.model.left == 1)  # the model's time is free at once
    stage.model.release()
    chat.page.reload()
    expect(chat.answers).to_contain_text("一二三四")
    expect(chat.answers).to_contain_text(chat.t("log.stopped"))
    expect(chat.answers).not_to_contain_text("五")


@proves("ui-57", "ui-58")
def test_an_edited_question_and_another_answer_are_branches(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("What is 2+2?", say("Four."))
    stage.model.answer("What is 3+3?", say("Six."))
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.asked("What is 2+2?")
    chat.questions.hover()
    chat.button("log.edit", chat.questions).click()
    field = chat.page.get_by_role("textbox", name=chat.t("log.edit"))
    field.fill("What is 3+3?")
    field.press("Control+Enter")
    expect(chat.answers).to_contain_text("Six.")
    expect(chat.questions).to_contain_text("What is 3+3?")
    expect(chat.questions).to_contain_text("2/2")
    stage.model.answer("What is 3+3?", say("Half a dozen."))
    chat.answers.hover()
    chat.button("log.regenerate", chat.answers).click()
    expect(chat.answers).to_contain_text("Half a dozen.")
    chat.settled()
    for versions, text in ((chat.answers, "Six."), (chat.questions, "Four.")):
        with chat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
            chat.button("log.version_before", versions).click()
        expect(chat.answers).to_contain_text(text)
    chat.page.reload()  # where one was is where one is
    expect(chat.answers).to_contain_text("Four.")
    chat.button("log.version_after", chat.questions).click()
    expect(chat.answers).to_contain_text("Half a dozen.")  # the newest answer there


@proves("promise-S26", "ui-16", "ui-17")
def test_a_picture_goes_along_with_a_question(stage: Stage, page_of: PageOf) -> None:
    stage.model.answer("这是什么？", say("一张渐变图。"))
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.ready()
    chat.page.locator("input[type=file]").set_input_files(upload("渐变.png"))  # type: ignore[arg-type]
    expect(chat.button("composer.image.remove", name="渐变.png")).to_be_visible()
    chat.ask("这是什么？")
    expect(chat.questions.get_by_role("img")).to_be_visible()
    expect(chat.answers).to_contain_text("一张渐变图。")
    body = stage.model.asked[0]
    assert body["model"] == "qwen3-vl:8b"
    assert len(body["messages"][-1]["images"]) == 1
    chat.page.reload()
    shown = chat.questions.get_by_role("img")
    expect(shown).to_be_visible()
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 400


@proves("promise-S27", "ui-60")
def test_a_cleared_context_goes_up_no_more(stage: Stage, page_of: PageOf) -> None:
    stage.model.usual = say("好的。")
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.ready()
    chat.asked("我叫小明")
    chat.button("composer.clear").click()
    expect(chat.log).to_contain_text(chat.t("log.mark"))
    chat.asked("我叫什么？")
    assert [one["content"] for one in stage.model.asked[-1]["messages"]] == ["我叫什么？"]
    expect(chat.questions.first).to_contain_text("我叫小明")  # it stays to be read
    chat.page.reload()
    expect(chat.log).to_contain_text(chat.t("log.mark"))


@proves("promise-S25", "ui-65")
def test_a_conversation_is_renamed_deleted_and_taken_back(stage: Stage, page_of: PageOf) -> None:
    made = stage.seed(owner="alice", title="旧标题", messages=["问", "答"])
    chat = ChatPage(page_of("alice", f"/c/{made['id']}", lang="zh-CN"))
    chat.ready()
    chat.choose("旧标题", "list.rename")
    field = chat.page.get_by_role("textbox", name=chat.t("list.title_field"))
    field.fill("新标题")
    field.press("Enter")
    expect(chat.row("新标题")).to_be_visible()
    stage.gateway.wait_for(lambda: stage.hands.stored(made["id"])["title"] == "新标题")
    chat.choose("新标题", "list.delete")
    chat.button("list.delete_yes", chat.dialog).click()
    expect(chat.row("新标题")).to_have_count(0)
    expect(chat.toasts).to_contain_text("新标题")
    stage.gateway.wait_for(lambda: stage.hands.stored(made["id"])["deleted"])
    chat.button("list.undo", chat.toasts).click()
    expect(chat.row("新标题")).to_be_visible()
    stage.gateway.wait_for(lambda: not stage.hands.stored(made["id"])["deleted"])


@proves("ui-70")
def test_two_chinese_characters_are_found(stage: Stage, page_of: PageOf) -> None:
    stage.seed(owner="alice", title="周报", messages=["写周报", "好的"], days_ago=1)
    made = stage.seed(
        owner="alice",
        title="流程",
        days_ago=2,
        messages=["差旅怎么走流程？", "先填单，再找财务报销，三天内到账。"],
    )
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.ready()
    chat.page.keyboard.press("Control+k")
    field = chat.dialog.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("报销")
    results = chat.dialog.get_by_role("option")
    expect(results).to_have_count(1)
    expect(results.locator("mark")).to_have_text("报销")
    field.press("Enter")
    expect(chat.page).to_have_url(stage.page(f"/c/{made['id']}"))
    expect(chat.answers).to_contain_text("三天内到账")


@proves("ui-34", "promise-M8")
def test_a_reload_in_the_middle_of_an_answer_loses_nothing(stage: Stage, page_of: PageOf) -> None:
    text = "".join(f"第{number}行。\n\n" for number in range(1, 41))
    stage.model.answer("背诵", say(text, think="想想。", hold="想想。" + text[:100]))
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    chat.ready()
    chat.ask("背诵")
    expect(chat.answers).to_contain_text("第10行。")
    chat.page.reload()
    expect(chat.answers).to_contain_text("第10行。")
    expect(chat.answers).to_have_count(1)
    stage.model.release()
    expect(chat.answers).to_contain_text("第40行。")
    chat.settled()
    said = chat.answers.locator("p").all_inner_texts()
    assert [one for one in said if one.startswith("第")] == [f"第{number}行。" for number in range(1, 41)]
    where = chat.page.url.rsplit("/", 1)[1]
    assert stage.hands.stored(where)["messages"][1]["text"] == text
    assert len(stage.model.asked) == 1


# ---- others ----------------------------------------------------------------------------------------


@proves("ui-35", "promise-M9")
def test_a_teammate_sees_it_live_and_goes_on(stage: Stage, page_of: PageOf) -> None:
    made = stage.seed(owner="alice", title="方案", team="team-a", messages=["方案？", "甲案。"])
    stage.model.answer("再想想", say("那就乙案，理由如下。", hold="那就乙案，"))
    alice = ChatPage(page_of("alice", f"/c/{made['id']}", lang="zh-CN"))
    bob = ChatPage(page_of("bob", f"/c/{made['id']}", lang="en-US"))
    alice.ready()
    bob.ready()
    bob.ask("再想想")
    expect(alice.answers.last).to_contain_text("那就乙案，")
    expect(alice.questions.last).to_contain_text("Bob")
    stage.model.release()
    for chat in (alice, bob):
        expect(chat.answers.last).to_contain_text("理由如下。")
        chat.settled()
    alice.asked("谢谢")
    expect(bob.questions.last).to_contain_text("谢谢")
    sent = [one["role"] for one in stage.hands.stored(made["id"])["messages"]]
    assert sent == ["user", "assistant"] * 3


@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
@proves("ui-66", "promise-M9")
def test_an_outsider_finds_what_nobody_ever_wrote(
    stage: Stage, page_of: PageOf, allow: Callable[..., None], lang: str
) -> None:
    allow("Failed to load resource: the server responded with a status of 404")
    made = stage.seed(owner="alice", title="机密方案", team="team-a", messages=["方案？", "甲案。"])
    shown = []
    for where in (made["id"], "01980000-0000-7000-8000-000000000000", "no-id-at-all"):
        page = page_of("charlie", go=False, lang=lang)
        answer = page.goto(stage.page(f"/c/{where}"))
        assert answer is not None
        assert answer.status == 404
        chat = ChatPage(page)
        expect(chat.log).to_contain_text(chat.t("log.missing"))
        assert "机密" not in page.content()
        shown.append((page.title(), page.locator("#app").inner_text()))
    assert shown[0] == shown[1] == shown[2]
