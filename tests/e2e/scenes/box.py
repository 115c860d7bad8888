"""The box, and the connection below it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.answers import say
from tests.e2e.pictures import upload
from tests.e2e.scenes.cast import Cast, scene
from tests.e2e.words import FOLLOW_UPS


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
