"""Whatever people do on whatever network: a page shows what it would show after a reload."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.wanderer import Wanderer
from tests.e2e.watching import BROKEN, calm
from tests.proof import proves

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
WALKS, STEPS = 6, 25


@proves("ui-35", "ui-69", "ui-76")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("who", ["alice", "alice twice", "alice twice, bob"])
def test_a_page_shows_what_it_would_show_after_a_reload(
    stage: Stage, page_of: PageOf, second_tab: PageOf, allow: Callable[..., None], who: str, seed: int
) -> None:
    allow(*BROKEN)
    stage.seed(owner="alice", title="Older", messages=["Q", "A", "Q 2", "A 2"], days_ago=2)
    stage.seed(owner="alice", title="Of the team", messages=["Q", "A"], team="team-a")
    chats = [ChatPage(page_of("alice", height=6000))]
    if "twice" in who:
        chats.append(ChatPage(second_tab(chats[0].page)))
    if "bob" in who:
        chats.append(ChatPage(page_of("bob", height=6000)))
    for chat in chats:
        calm(chat)
    wanderer = Wanderer(stage, chats, random.Random(f"{who} {seed}"))
    for _ in range(WALKS):
        wanderer.did.clear()
        for _ in range(STEPS):
            wanderer.act()
        wanderer.rest()
        for chat in chats:
            before = wanderer.shown(chat)
            chat.page.reload()
            wanderer.calm(chat)
            after = wanderer.shown(chat)
            assert wanderer.alike(before, after), f"{before}\n{after}\n{wanderer.did}"
