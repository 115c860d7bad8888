"""One who does whatever the page lets them do, in no order: what tests/e2e/test_wandering.py lets loose.

wanderer = Wanderer(stage, [chat, other], random.Random(7))
wanderer.act()          # anything that can be done now; wanderer.did says what
wanderer.rest()         # until nothing is written, asked or waited for any more
wanderer.shown(chat)    # what a person reads on it
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Error, Locator, expect

from tests.e2e.answers import fail, say
from tests.e2e.chatpage import ChatPage
from tests.e2e.stage import Stage
from tests.e2e.watching import listens

QUICK: Final = 1500  # ms for a button to become usable; else something else is done
TEXTS: Final = (
    "Plain words.",
    "你好，**世界**。第二句很长，" + "说来话长，" * 30,
    "# Title\n\n- one\n- two\n\n```python\nprint('你好')\n```\n\nAnd $x^2$ at the end.",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n" + "A paragraph of some words. " * 20,
)
# What a person reads: each message's words and its version, the rows of the list in their groups. Times, and
# marks of what is new, are left out: they differ from look to look.
SHOWN: Final = r"""() => {
  const words = (node) => [...node.querySelectorAll('.thought')]
    .reduce((text, open) => text.replace(open.innerText, ''), node.innerText)
    .replace(/\d+ seconds?/g, '').replace(/\s+/g, ' ').trim();
  const messages = [...document.querySelectorAll('#messages article, #messages .divider')];
  const rows = [...document.querySelectorAll('#side li.row, #side h2, #side h3')];
  return {
    at: location.pathname,
    messages: messages.map((one) => [one.dataset.id ?? '', words(one)]),
    rows: rows.map((row) => [row.dataset.id ?? '', words(row.querySelector('.name') ?? row)]),
  };
}"""

WAYS: Final = {"back": "canGoBack", "forward": "canGoForward"}
WAITING: Final = """() => Object.entries(sessionStorage)
  .filter(([key]) => key.endsWith(':outbox')).flatMap(([, value]) => JSON.parse(value))
  .filter((one) => one.state !== 'failed').length"""  # of what failed a person decides


class Wanderer:
    """chats: pages of one person's. did: what was done, for whoever wants to do it again."""

    def __init__(self, stage: Stage, chats: list[ChatPage], rolled: random.Random) -> None:
        self.stage, self.chats, self.rolled = stage, chats, rolled
        self.did: list[str] = []
        self.asked = 0
        acts: dict[Callable[[ChatPage], Any], float] = {
            self.ask: 8, self.stop: 3, self.regenerate: 3, self.edit: 3, self.turn: 3, self.clear: 2,
            self.begin: 3, self.open: 5, self.back: 2, self.delete: 2, self.undo: 2, self.pin: 1,
            self.rename: 1, self.reload: 2, self.cut: 2, self.away: 1, self.wait: 3, self.escape: 1,
            self.silence: 1, self.kill: 0.5,
        }  # fmt: skip
        self.acts, self.weights = list(acts), list(acts.values())

    def act(self) -> None:
        """One thing on one of the pages; what cannot be done just now is left."""
        place = self.rolled.randrange(len(self.chats))
        act = self.rolled.choices(self.acts, self.weights)[0]
        said = f"{place}: {act.__name__}"
        try:
            done = act(self.chats[place])
        except Error as error:
            if "Timeout" not in str(error):
                raise
            done = "not now"
        self.did.append(f"{said} {done or ''}".rstrip())

    # ---- questions and answers -----------------------------------------------------------------

    def ask(self, chat: ChatPage) -> str:
        self.asked += 1
        self.stage.model.answer(text := f"Question {self.asked}", self._reply())
        chat.box.fill(text, timeout=QUICK)
        chat.box.press("Enter", timeout=QUICK)
        return text

    def stop(self, chat: ChatPage) -> None:
        self._press(chat.button("composer.stop"))

    def escape(self, chat: ChatPage) -> None:
        chat.page.keyboard.press("Escape")

    def regenerate(self, chat: ChatPage) -> None:
        last = chat.answers.last
        last.hover(timeout=QUICK)
        self._press(chat.button("log.regenerate", last))

    def edit(self, chat: ChatPage) -> str:
        question = chat.questions.nth(self.rolled.randrange(max(1, chat.questions.count())))
        question.hover(timeout=QUICK)
        self._press(chat.button("log.edit", question))
        self.asked += 1
        self.stage.model.answer(text := f"Edited {self.asked}", self._reply())
        box = chat.log.get_by_role("textbox", name=chat.t("log.edit"))
        box.fill(text, timeout=QUICK)
        box.press("Control+Enter", timeout=QUICK)
        return text

    def turn(self, chat: ChatPage) -> None:
        key = self.rolled.choice(("log.version_before", "log.version_after"))
        self._press(self._any(chat.button(key, chat.log)))

    def clear(self, chat: ChatPage) -> None:
        self._press(chat.button("composer.clear"))
        if self.rolled.random() < 0.5:
            self._press(self._any(chat.button("log.mark_undo", chat.log)))

    # ---- the list ------------------------------------------------------------------------------

    def begin(self, chat: ChatPage) -> None:
        self._press(chat.list.get_by_role("link", name=chat.t("list.new")).first)

    def open(self, chat: ChatPage) -> None:
        self._press(self._any(self._rows(chat)))

    def back(self, chat: ChatPage) -> None:
        way = self.rolled.choice(("back", "back", "forward"))
        chat.page.evaluate(f"() => navigation.{WAYS[way]} && void navigation.{way}()")

    def delete(self, chat: ChatPage) -> None:
        self._menu(chat, "list.delete")
        self._press(chat.button("list.delete_yes", chat.dialog))

    def undo(self, chat: ChatPage) -> None:
        self._press(chat.button("list.undo", chat.toasts).first)

    def pin(self, chat: ChatPage) -> None:
        self._menu(chat, self.rolled.choice(("list.pin", "list.unpin")))

    def rename(self, chat: ChatPage) -> str:
        self._menu(chat, "list.rename")
        field = chat.list.get_by_role("textbox")
        field.fill(title := f"Named {self.rolled.randrange(1000)}", timeout=QUICK)
        field.press("Enter", timeout=QUICK)
        return title

    # ---- the world -----------------------------------------------------------------------------

    def reload(self, chat: ChatPage) -> None:
        chat.page.reload(timeout=20_000)

    def cut(self, _: ChatPage) -> None:
        self.stage.line.drop_sockets()

    def away(self, chat: ChatPage) -> None:
        """The network goes, something is done, and it comes back."""
        self.stage.line.down()
        try:
            if self.rolled.random() < 0.5:
                self.ask(chat)
        finally:
            self.stage.line.up()

    def silence(self, chat: ChatPage) -> None:
        """Nothing comes through for a while, and nobody is told."""
        self.stage.line.still()
        chat.page.wait_for_timeout(self.rolled.randrange(100, 1500))
        self.stage.line.flow()

    def kill(self, _: ChatPage) -> None:
        """The gateway dies and comes back."""
        self.stage.restart()

    def wait(self, chat: ChatPage) -> None:
        """Some time in which answers go on."""
        chat.page.wait_for_timeout(self.rolled.randrange(50, 800))

    # ---- looking -------------------------------------------------------------------------------

    def rest(self) -> None:
        """Until every page is connected, nothing is being made and nothing waits to be sent."""
        self.stage.line.up()
        for chat in self.chats:
            chat.page.bring_to_front()
            chat.page.evaluate("() => dispatchEvent(new Event('online'))")
            chat.page.evaluate("() => dispatchEvent(new Event('focus'))")
            chat.page.keyboard.press("Escape")
        self.stage.gateway.wait_for(self._is_calm, 60)
        for chat in self.chats:
            self.calm(chat)

    def calm(self, chat: ChatPage) -> None:
        """Until it is connected and has all; also where the conversation is gone and there is no box."""
        chat.page.wait_for_function("() => performance.getEntriesByName('clawdbot:ready').length > 0")
        expect(chat.page.locator("#banner")).to_be_empty(timeout=30_000)
        chat.settled()
        expect(chat.list.locator(".dot.running")).to_have_count(0, timeout=30_000)  # a dead gateway's, too
        chat.page.wait_for_load_state("networkidle")

    def shown(self, chat: ChatPage) -> dict[str, Any]:
        found: dict[str, Any] = chat.page.evaluate(SHOWN)
        return found

    def alike(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        """Whether two looks show the same. Of several pages each stays on the version that it looks at, and
        what happens to two conversations in one moment may be heard in another order."""
        if len(self.chats) == 1:
            return one == other
        known = dict(map(tuple, other["messages"]))
        same = all(known.get(key, text) == text for key, text in one["messages"])
        return same and sorted(one["rows"]) == sorted(other["rows"])

    def _is_calm(self) -> bool:
        listens(self.chats[0].page)
        if self.stage.hands.running():
            return False
        return not any(chat.page.evaluate(WAITING) for chat in self.chats)

    def _reply(self) -> Any:
        """Any answer: quick, slow, with thinking, broken off, or none."""
        chance = self.rolled.random()
        if chance < 0.08:
            return fail()
        text = self.rolled.choice(TEXTS)
        if chance < 0.16:
            return say(text, drop=text[: len(text) // 2])
        think = "Let me see. " * 3 if self.rolled.random() < 0.4 else ""
        rate = self.rolled.choice((None, 20, 60, 200))
        return say(text, think=think, rate=rate)

    def _rows(self, chat: ChatPage) -> Locator:
        return chat.list.locator("a[href*='/c/']")

    def _any(self, found: Locator) -> Locator:
        return found.nth(self.rolled.randrange(max(1, found.count())))

    def _menu(self, chat: ChatPage, key: str) -> None:
        row = self._any(self._rows(chat))
        row.hover(timeout=QUICK)
        row.locator("xpath=ancestor::li[1]").get_by_role("button").last.click(timeout=QUICK)
        chat.item(key).click(timeout=QUICK)

    def _press(self, what: Locator) -> None:
        what.click(timeout=QUICK)
