"""Every state of the page, by name: drawn for screenshots and for what must hold in all of them.

for name, scene in SCENES.items():
    page = scene(Cast(pages, lang="zh", width=360))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import Pages
from tests.e2e.spoken import LANGS, Spoken
from tests.e2e.stage import Stage
from tests.e2e.words import ANSWERS, DAYS, QUESTIONS, THOUGHTS, TITLES

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

    def list(self, owner: str = "alice", rows: int | None = None) -> None:
        """Some (all, or so many) conversations of other days; one pinned, one of the team."""
        for place, title in enumerate(TITLES[self.lang][1:][:rows]):
            self.stage.seed(
                owner=owner, title=title, days_ago=DAYS[place + 1], messages=["Q", "A"],
                pinned_by=[owner] if place == 2 else [], team="team-a" if place == 4 else None,
            )  # fmt: skip

    def history(self, *more: Any, rows: int | None = None, **about: Any) -> str:
        """The path of a conversation with one whole answer, and of a list (of so many rows) beside it."""
        self.list(rows=rows)
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
