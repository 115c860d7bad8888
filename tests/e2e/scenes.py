"""Every state of the page, by name: drawn for screenshots and for what must hold in all of them.

for name, scene in SCENES.items():
    page = scene(Cast(pages, lang="zh", width=360))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.e2e.answers import fail, hang, say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import Pages
from tests.e2e.pictures import upload
from tests.e2e.spoken import LANGS, Spoken
from tests.e2e.stage import Stage
from tests.e2e.words import ANSWERS, DAYS, FOLLOW_UPS, QUESTIONS, THOUGHTS, TITLES

NARROW: Final = 767


@dataclass(frozen=True)
class Cast:
    """What a scene is drawn with. lang: zh or en."""

    pages: Pages
    lang: str = "en"
    width: int = 1280
    theme: str = "light"

    @property
    def stage(self) -> Stage:
        return self.pages.stage

    @property
    def t(self) -> Spoken:
        return Spoken(self.lang)

    def page(self, who: str | None = "alice", path: str = "/", **more: Any) -> Page:
        height = {360: 740, 768: 1024}.get(self.width, 800)
        phone = {"touch": True} if self.width <= NARROW else {}
        return self.pages.page_of(
            who, path, lang=LANGS[self.lang], width=self.width, height=height, theme=self.theme,
            **(phone | more),
        )  # fmt: skip

    def chat(self, who: str = "alice", path: str = "/", **more: Any) -> ChatPage:
        chat = ChatPage(self.page(who, path, **more))
        chat.ready()
        return chat

    def list(self, owner: str = "alice") -> None:
        """Some conversations of other days; one pinned, one of the team."""
        for place, title in enumerate(TITLES[self.lang][1:]):
            self.stage.seed(
                owner=owner, title=title, days_ago=DAYS[place + 1], messages=["Q", "A"],
                pinned_by=[owner] if place == 2 else [], team="team-a" if place == 4 else None,
            )  # fmt: skip

    def history(self, *more: Any, **about: Any) -> str:
        """The path of a conversation with one whole answer, and of a list beside it."""
        self.list()
        answer = {"text": ANSWERS[self.lang], "thinking": THOUGHTS[self.lang], "thought_ms": 6000}
        answer["usage"] = {"in": 1834, "out": 412, "ttft_ms": 640, "ms": 9300}
        said = [QUESTIONS[self.lang], answer, *more]
        found = self.stage.seed(owner="alice", title=TITLES[self.lang][0], messages=said, **about)
        return f"/c/{found['id']}"

    def answering(self, **how: Any) -> ChatPage:
        """A conversation in which the answer has come as far as `how` lets it."""
        self.list()
        question = QUESTIONS[self.lang]
        self.stage.model.answer(question, say(ANSWERS[self.lang], think=THOUGHTS[self.lang], **how))
        chat = self.chat()
        chat.box.fill(question)
        chat.button("composer.send").click()
        return chat


Draw = Callable[[Cast], Page]
SCENES: dict[str, Draw] = {}
ONLY_NARROW: set[str] = set()


def scene(draw: Draw) -> Draw:
    SCENES[draw.__name__] = draw
    return draw


# ---- the dialogue ----------------------------------------------------------------------------------


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


# ---- the box ---------------------------------------------------------------------------------------


@scene
def images(cast: Cast) -> Page:
    cast.list()
    chat = cast.chat()
    files = [upload("screenshot-2026-11-23.png"), upload("diagram.png", 300, 500)]
    chat.page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    chat.box.fill(FOLLOW_UPS[cast.lang][0])
    expect(chat.page.locator(".composer .shelf")).to_contain_text(re.compile("→.*→", re.DOTALL))
    return chat.page


@scene
def lightbox(cast: Cast) -> Page:
    cast.list()
    chat = cast.chat()
    chat.page.locator("input[type=file]").set_input_files(upload("diagram.png", 900, 600))  # type: ignore[arg-type]
    chat.button("composer.image.view", name="diagram.png").click()
    expect(chat.dialog).to_be_visible()
    return chat.page


@scene
def limited(cast: Cast) -> Page:
    cast.list()
    cast.stage.configure(limits={"per_user": {"rpm": 2}})
    cast.stage.model.usual = say("OK")
    chat = cast.chat()
    begins = cast.t("composer.limited", count=7).split("7")[0]
    for _ in range(3):
        chat.box.fill(FOLLOW_UPS[cast.lang][0])
        if chat.button("composer.send").is_enabled():
            chat.button("composer.send").click()
            chat.settled()
    expect(chat.page.locator(".note")).to_contain_text(begins)
    return chat.page


@scene
def model_menu(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    chat.page.locator(".composer").get_by_role("button", name="qwen3:32b").click()
    expect(chat.page.get_by_role("menu")).to_be_visible()
    return chat.page


# ---- the connection --------------------------------------------------------------------------------


@scene
def offline(cast: Cast) -> Page:
    cast.pages.allowed += ["WebSocket connection", "Failed to load resource"]
    chat = cast.chat(path=cast.history())
    cast.stage.line.down()
    expect(chat.page.locator("#banner")).not_to_be_empty()
    chat.box.fill(FOLLOW_UPS[cast.lang][0])
    chat.button("composer.send").click()
    expect(chat.log).to_contain_text(cast.t("log.to_be_sent"))
    return chat.page


@scene
def locked_out(cast: Cast) -> Page:
    """Switched off while the page is open."""
    cast.pages.allowed += ["Failed to load resource"]
    chat = cast.chat(path=cast.history())
    cast.stage.hands.deactivate("alice")
    expect(chat.page.locator("#banner")).not_to_be_empty()
    return chat.page


@scene
def read_only(cast: Cast) -> Page:
    path = cast.history(team="team-a")
    page = cast.page("reader", path)
    expect(page.locator("#messages article").first).to_be_visible()
    return page


@scene
def read_only_empty(cast: Cast) -> Page:
    page = cast.page("reader")
    expect(page.get_by_role("heading", level=2)).to_be_visible()
    return page


@scene
def denied(cast: Cast) -> Page:
    cast.pages.allowed += ["Failed to load resource"]  # the browser's own line about 403
    return cast.page("stranger")


@scene
def missing(cast: Cast) -> Page:
    cast.pages.allowed += ["Failed to load resource"]
    cast.list()
    page = cast.page("alice", "/c/01980000-0000-7000-8000-000000000000")
    expect(page.locator("#messages")).to_contain_text(cast.t("log.missing"))
    return page


# ---- the list and its dialogs ----------------------------------------------------------------------


def opened_list(cast: Cast, chat: ChatPage) -> None:
    if cast.width <= NARROW:
        chat.button("top.list").click()
        expect(chat.list).to_be_in_viewport()


@scene
def drawer(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    return chat.page


ONLY_NARROW.add("drawer")


@scene
def row_menu(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    title = TITLES[cast.lang][0]
    chat.row(title).hover()
    chat.list.get_by_role("button", name=cast.t("list.menu_of", title=title)).click()
    expect(chat.page.get_by_role("menu")).to_be_visible()
    return chat.page


@scene
def own_menu(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    chat.list.get_by_role("button", name=cast.t("list.own_menu")).click()
    expect(chat.page.get_by_role("menu")).to_be_visible()
    return chat.page


@scene
def renaming(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history())
    opened_list(cast, chat)
    chat.choose(TITLES[cast.lang][0], "list.rename")
    expect(chat.page.get_by_role("textbox", name=cast.t("list.title_field"))).to_be_focused()
    return chat.page


@scene
def deleting(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history(team="team-a"))
    opened_list(cast, chat)
    chat.choose(TITLES[cast.lang][0], "list.delete")
    expect(chat.dialog).to_be_visible()
    return chat.page


@scene
def deleted(cast: Cast) -> Page:
    page = deleting(cast)
    chat = ChatPage(page)
    chat.button("list.delete_yes", chat.dialog).click()
    expect(chat.button("list.undo", chat.toasts)).to_be_visible()
    return page


@scene
def search(cast: Cast) -> Page:
    cast.history()
    chat = cast.chat()
    chat.page.keyboard.press("Control+k")
    chat.dialog.get_by_role("combobox").fill({"zh": "报销", "en": "expenses"}[cast.lang])
    expect(chat.dialog.locator("mark").first).to_be_visible()
    return chat.page


@scene
def search_nothing(cast: Cast) -> Page:
    cast.list()
    chat = cast.chat()
    chat.page.keyboard.press("Control+k")
    chat.dialog.get_by_role("combobox").fill("qqqq")
    expect(chat.dialog).to_contain_text(cast.t("search.none", query="qqqq"))
    return chat.page


def own_dialog(cast: Cast, key: str) -> Page:
    chat = cast.chat(path=cast.history(archived_by=["alice"]))
    opened_list(cast, chat)
    chat.own_menu(key)
    expect(chat.dialog).to_be_visible()
    expect(chat.dialog).not_to_contain_text(cast.t("list.loading"))
    return chat.page


@scene
def settings(cast: Cast) -> Page:
    return own_dialog(cast, "list.settings")


@scene
def shortcuts(cast: Cast) -> Page:
    return own_dialog(cast, "list.shortcuts")


@scene
def archived(cast: Cast) -> Page:
    page = own_dialog(cast, "list.archive_view")
    expect(page.locator("dialog").get_by_role("link")).to_be_visible()
    return page


@scene
def importing(cast: Cast) -> Page:
    return own_dialog(cast, "list.import")


@scene
def access(cast: Cast) -> Page:
    chat = cast.chat(path=cast.history(team="team-a"))
    chat.button("top.menu").click()
    chat.item("list.access").click()
    expect(chat.dialog).to_be_visible()
    expect(chat.dialog).not_to_contain_text(cast.t("access.loading"))
    return chat.page


# ---- signing in ------------------------------------------------------------------------------------


@scene
def login(cast: Cast) -> Page:
    return cast.page(None, "/login")


@scene
def login_expired(cast: Cast) -> Page:
    return cast.page(None, "/login?expired=1&next=/c/1")


@scene
def login_refused(cast: Cast) -> Page:
    cast.pages.allowed += ["Failed to load resource"]  # 403
    page = cast.page(None, "/login")
    page.locator("input[name=username]").fill("alice")
    page.locator("input[name=password]").fill("wrong")
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


@scene
def lost(cast: Cast) -> Page:
    """An address that is none."""
    cast.pages.allowed += ["Failed to load resource"]
    return cast.page("alice", "/nowhere")
