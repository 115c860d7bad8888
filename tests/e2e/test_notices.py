"""Who may read one's conversations, or looked at them: said in words, until the owner says that they know."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

WHY = "A complaint about <b>this</b>"


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
@pytest.mark.parametrize("kind", ["grant", "break_glass"])
@proves("promise-M20")
def test_the_owner_is_told_in_words_until_they_know(
    stage: Stage, page_of: PageOf, kind: str, lang: str
) -> None:
    made = stage.seed(owner="alice", title="Salaries", messages=["Q", "A"])
    looks = {"grant": {"person": stage.ids["charlie"], "days": "3"}, "break_glass": {}}[kind]
    who = {"grant": "Charlie", "break_glass": "Ada"}[kind]
    chat = ChatPage(page_of("alice", lang=lang))
    chat.ready()
    page = f"/admin/chat/conversation/{made['id']}/{kind.replace('_', '-')}/"
    answer = stage.client("admin").post(page, data={"reason": WHY, **looks})
    assert answer.status_code == 302, answer.text
    expect(chat.toasts).to_contain_text(who)
    expect(chat.toasts).to_contain_text("Salaries")
    expect(chat.toasts).to_contain_text(WHY)
    for trace in ("notice.", "{", "}"):
        expect(chat.toasts).not_to_contain_text(trace)
    chat.page.reload()  # nobody said yet that they know
    with chat.page.expect_response("**/api/notices") as heard:
        chat.toasts.get_by_role("button", name=chat.t("notice.seen")).click()
    assert heard.value.json() == {"seen": 1}
    assert stage.client("alice").get("/api/notices").json() == {"notices": []}
