"""What nobody plans for: many teams, long words, other directions, empty files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

ARABIC = "للطلب:\n\n1. افتح النظام\n2. اختر **إجازة**\n\n> اقتباس"
TEAMS = 40


def menu_of_teams(stage: Stage, page_of: PageOf, height: int = 600) -> Locator:
    """The menu that moves a conversation, for somebody of very many teams."""
    for number in range(TEAMS):
        stage.hands.join("alice", f"x{number:02}-{'long-' * 8 if number % 4 == 0 else 'short'}")
    stage.seed(owner="alice", title="Mine", messages=["Q", "A"], team="x20-" + "long-" * 8)
    chat = ChatPage(page_of("alice", height=height))
    chat.choose("Mine", "list.move")
    return chat.page.get_by_role("menu")


@proves("ui-66")
def test_a_long_menu_scrolls_and_its_rows_keep_apart(stage: Stage, page_of: PageOf) -> None:
    menu = menu_of_teams(stage, page_of)
    expect(menu).to_be_visible()
    rows = [box for one in menu.get_by_role("menuitemradio").all() if (box := one.bounding_box())]
    assert len(rows) > TEAMS
    for above, below in zip(rows, rows[1:], strict=False):
        assert above["y"] + above["height"] <= below["y"] + 0.5
    for text in menu.locator("button > span").all():
        row, words = text.locator("..").bounding_box(), text.bounding_box()
        assert row
        assert words
        assert words["height"] <= row["height"]


@proves("ui-94")
def test_a_menu_begins_at_what_is_chosen_and_letters_lead_on(stage: Stage, page_of: PageOf) -> None:
    menu = menu_of_teams(stage, page_of)
    focused = menu.locator("button:focus")
    expect(focused).to_contain_text("x20-")
    menu.page.keyboard.type("x3")
    expect(focused).to_contain_text("x30-")
    expect(focused).to_be_in_viewport()


@proves("ui-77")
def test_a_file_without_conversations_is_no_success(page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice"))
    chat.own_menu("list.import")
    file = {"name": "chats.json", "mimeType": "application/json", "buffer": json.dumps([]).encode()}
    chat.dialog.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(chat.dialog.get_by_role("alert")).to_have_text(chat.t("import.nothing"))


@proves("ui-40")
def test_lists_and_quotes_have_their_edge_on_the_side_of_their_script(stage: Stage, page_of: PageOf) -> None:
    one = stage.seed(owner="alice", messages=["Q", ARABIC, "Q 2", "1. first\n\n> quote"])
    chat = ChatPage(page_of("alice", f"/c/{one['id']}"))
    for kind in ("ol", "blockquote"):
        sides = chat.answers.locator(kind).evaluate_all(
            "all => all.map((one) => getComputedStyle(one).direction)"
        )
        assert sides == ["rtl", "ltr"]


@proves("ui-70")
def test_what_is_typed_right_after_the_keys_of_the_search_is_searched_for(
    page_of: PageOf,
) -> None:
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.page.keyboard.press("Control+k")
    chat.page.keyboard.type("expenses")
    expect(chat.dialog.get_by_role("combobox")).to_have_value("expenses")
    expect(chat.box).to_have_value("")


@proves("ui-70")
def test_a_snippet_shows_words_and_no_markdown(stage: Stage, page_of: PageOf) -> None:
    stage.seed(
        owner="alice",
        title="T",
        messages=["Q", "## Rules\n\n**Note:** the zebra `pays`\n\n| a | b |\n|---|---|\n| 1 | 2 |"],
    )
    chat = ChatPage(page_of("alice"))
    chat.page.keyboard.press("Control+k")
    chat.dialog.get_by_role("combobox").fill("zebra")
    option = chat.dialog.get_by_role("option")
    expect(option).to_contain_text("Note: the zebra pays")
    for sign in ("**", "`", "|", "##"):
        expect(option).not_to_contain_text(sign)


@proves("ui-100")
@pytest.mark.parametrize("team", [None, "team-a"])
def test_on_a_phone_the_title_has_the_room_of_a_word_that_goes_without_saying(
    stage: Stage, page_of: PageOf, team: str | None
) -> None:
    one = stage.seed(owner="alice", title="A title of some length", messages=["Q", "A"], team=team)
    chat = ChatPage(page_of("alice", f"/c/{one['id']}", width=360, touch=True))
    place = chat.page.locator(".top .place")
    expect(place).to_have_accessible_name(
        chat.t("top.is_team", where="team-a") if team else chat.t("top.is_private")
    )
    word = place.locator("span").bounding_box()
    assert word
    assert (word["width"] > 10) == (team is not None)


@proves("ui-48")
def test_formulas_and_colours_that_the_network_did_not_bring_come_later(
    stage: Stage, page_of: PageOf, allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")
    one = stage.seed(owner="alice", messages=["Q", "Here: $x^2$\n\n```python\nimport os\n```"])
    page = page_of("alice", go=False)
    parts = re.compile(r"/static/dist/(katex|languages)-")
    page.route(parts, lambda route: route.abort())
    with (
        page.expect_event("requestfailed", lambda request: "/katex-" in request.url),
        page.expect_event("requestfailed", lambda request: "/languages-" in request.url),
    ):
        page.goto(stage.page(f"/c/{one['id']}"))
    chat = ChatPage(page)
    expect(chat.answers.locator(".tex")).to_have_text("$x^2$")
    page.unroute(parts)
    expect(chat.answers.locator("math")).to_be_visible()
    expect(chat.answers.locator("code .hl-kw")).to_have_text("import")
