"""Everybody can use the page: keys, ears, touch, zoom, high contrast, rest, both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import axe
from tests.e2e.chatpage import ChatPage
from tests.e2e.looks import look, problems, small_targets
from tests.e2e.pages import PageOf
from tests.e2e.scenes import SCENES, Cast
from tests.e2e.spoken import Spoken
from tests.e2e.stage import Stage
from tests.proof import proves

CHAT: Final = "history"
BEGINNING: Final = "document.body.tabIndex = -1, document.body.focus()"  # where Tab begins


# ---- keys ------------------------------------------------------------------------------------------


def walk(page: Page) -> Iterator[dict[str, object]]:
    """From the page's beginning by Tab until the browser's own controls come."""
    page.evaluate(BEGINNING)
    for _ in range(200):
        page.keyboard.press("Tab")
        look(page, "still")
        stop = look(page, "focused")
        if stop is None:
            return
        if stop["known"] == 0:
            return
        assert stop["known"] < 0, f"Tab comes back to {stop['name']}"
        yield stop
    raise AssertionError("Tab does not come to an end")


@pytest.mark.parametrize("theme", ["light", "dark"])
@proves("ui-94")
def test_tab_reaches_everything_in_order_and_shows_where_it_is(cast: Callable[..., Cast], theme: str) -> None:
    page = SCENES[CHAT](cast(lang="en", theme=theme))
    page.wait_for_function("() => document.activeElement")
    stops = list(walk(page))
    assert stops[0]["place"] == 0, stops[0]  # the skip link
    assert [stop["place"] for stop in stops] == sorted(stop["place"] for stop in stops)  # type: ignore[type-var]
    assert {stop["place"] for stop in stops} >= {0, 1, 2, 4, 5}
    assert [stop for stop in stops if not stop["shown"]] == []
    assert [stop["name"] for stop in stops if stop["ring"] < 2] == []  # type: ignore[operator]
    assert look(page, "unreached") == []


@proves("ui-94")
def test_the_skip_link_leads_to_the_box(cast: Callable[..., Cast]) -> None:
    page = SCENES[CHAT](cast(lang="en"))
    page.evaluate(BEGINNING)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(ChatPage(page).box).to_be_focused()


@pytest.mark.parametrize("name", ["settings", "search", "shortcuts", "access", "lightbox", "deleting"])
@proves("ui-94")
def test_a_dialog_keeps_tab_and_gives_the_focus_back(cast: Callable[..., Cast], name: str) -> None:
    page = SCENES[name](cast(lang="en"))
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert inside
    for _ in range(2):  # the search empties its field first
        page.keyboard.press("Escape")
    expect(ChatPage(page).dialog).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


# ---- ears ------------------------------------------------------------------------------------------


@proves("ui-95")
def test_a_screen_reader_hears_of_an_answer_twice_and_not_of_each_word(cast: Callable[..., Cast]) -> None:
    one = cast(lang="en")
    page = SCENES["streaming"](one)
    chat = ChatPage(page)
    log = page.get_by_role("region", name="Conversation", exact=True)
    expect(log).to_be_visible()
    assert page.locator("#log [aria-live]:not([aria-live=off]), #log[aria-live]").count() == 0
    expect(chat.answers).to_have_attribute("aria-busy", "true")
    expect(page.locator("#status")).to_have_text(one.t("log.answering"))
    one.stage.model.release()
    chat.settled()
    expect(page.locator("#status")).to_contain_text("Travel expenses take three steps.")
    assert [one.get_attribute("aria-label") for one in log.get_by_role("article").all()] == [
        "You",
        "Assistant",
    ]


# ---- zoom, touch, colours, motion ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["empty", "history", "editing", "images", "settings", "search", "login", "long_words"]
)
@proves("ui-100")
def test_it_reflows_at_320_px(cast: Callable[..., Cast], name: str) -> None:
    page = SCENES[name](cast(lang="en", width=320))
    assert problems(page) == []


@pytest.mark.parametrize("name", ["empty", "history", "settings", "search", "login"])
@proves("ui-100")
def test_text_of_twice_the_size_is_still_whole(cast: Callable[..., Cast], name: str) -> None:
    page = SCENES[name](cast(lang="en"))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert problems(page) == []
    if name in ("empty", "history"):
        expect(ChatPage(page).box).to_be_in_viewport()


@pytest.mark.parametrize("name", ["empty", "history", "images", "drawer"])
@proves("ui-101")
def test_what_is_pressed_most_is_made_for_fingers(cast: Callable[..., Cast], name: str) -> None:
    page = SCENES[name](cast(lang="zh", width=360))
    assert small_targets(page) == []
    main = [one for one in look(page, "small", 40) if re.search(r"\.(send|burger|fresh|btn primary)", one)]
    assert main == []


@pytest.mark.parametrize("name", ["history", "empty", "settings", "login"])
@proves("ui-102")
def test_high_contrast_keeps_what_can_be_pressed(cast: Callable[..., Cast], name: str) -> None:
    page = SCENES[name](cast(lang="en"))
    page.emulate_media(forced_colors="active")
    assert [one for one in axe.violations(page) if one.startswith("color-contrast")] == []
    unseen = page.evaluate("""() => [...document.querySelectorAll('button svg, a svg')].filter((drawing) => {
      if (!drawing.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
      const style = getComputedStyle(drawing);
      let at = drawing;
      while (at && getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)') at = at.parentElement;
      const behind = at ? getComputedStyle(at).backgroundColor : 'rgb(255, 255, 255)';
      return style.stroke === behind;
    }).map((drawing) => drawing.parentElement.getAttribute('aria-label'))""")
    assert unseen == []
    page.keyboard.press("Tab")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring != "none"


MOVING: Final = "document.getAnimations().filter((one) => one.playState === 'running').length"


@pytest.mark.parametrize("name", ["waiting", "thinking", "streaming"])
@proves("ui-98")
def test_nothing_moves_for_who_asked_for_rest(cast: Callable[..., Cast], name: str) -> None:
    page = SCENES[name](cast(lang="en"))
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0
    assert look(page, "smooth") == []


@proves("ui-98")
def test_something_moves_for_everybody_else(cast: Callable[..., Cast]) -> None:
    page = SCENES["waiting"](cast(lang="en"))
    assert page.evaluate(MOVING) > 0


# ---- languages -------------------------------------------------------------------------------------


@proves("ui-104")
def test_another_language_keeps_the_draft(stage: Stage, page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice", lang="en-US"))
    chat.ready()
    chat.box.fill("写了一半的话")
    chat.own_menu("list.settings")
    chat.dialog.get_by_label(chat.t("settings.language")).select_option("zh")
    zh = Spoken("zh")
    expect(chat.page.get_by_role("textbox", name=zh("composer.label"))).to_have_value("写了一半的话")
    expect(chat.page.locator("html")).to_have_attribute("lang", "zh-Hans")


@pytest.mark.parametrize(
    ("lang", "html"), [("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hans"), ("en-GB", "en"), ("fr-FR", "en")]
)
@proves("ui-104")
def test_the_browser_says_the_language_first(page_of: PageOf, lang: str, html: str) -> None:
    for who, path in (("alice", "/"), (None, "/login")):
        expect(page_of(who, path, lang=lang).locator("html")).to_have_attribute(
            "lang", re.compile(html, re.IGNORECASE)
        )


@pytest.mark.parametrize("theme", ["light", "dark"])
@proves("ui-99")
def test_a_chosen_theme_is_there_with_the_first_paint(stage: Stage, page_of: PageOf, theme: str) -> None:
    """Without any script: the colours are the server's affair."""
    stage.hands.settings("alice", theme=theme)
    other = "dark" if theme == "light" else "light"
    page = page_of("alice", theme=other, java_script_enabled=False)
    background = page.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 24, 27)"}[theme]
