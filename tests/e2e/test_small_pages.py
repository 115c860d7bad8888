"""The pages around the chat: two comforts of the login page, the demo's way in, and what axe says of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.looks import look
from tests.live import signing_key
from tests.proof import proves
from tests.server.process import Process, free_port

WECOM: Final = {
    "provider": "wecom",
    "client_id": "ww1",
    "client_secret": "kept-by-the-gateway-alone",
    "redirect_uri": "http://127.0.0.1/callback",
    "provider_options": {"agent_id": "1000002"},
}
PAGES: Final = {
    "login": "/login",
    "failed": "/login?sso_error=invalid_response&ref=ABCDEFGH",
    "out": "/login?out=1",
    "expired": "/login?expired=1&next=/c/x",
    "not found": "/nowhere",
}
LOOKS: Final[list[Any]] = list(product((320, 1280), ("light", "dark")))
SENT_AS: Final = """document.forms[0].addEventListener("submit", (event) => {
  window.sentAs = password.type;
  event.preventDefault();
})"""
Opened = Callable[[], Page]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Process]:
    """In production mode: there, errors are pages of ours. Passwords and one provider are ways in."""
    with Process(
        mode="production",
        auth={"signing_key": signing_key().get_secret_value(), "local_login": True},
        server={"port": 0, "public_url": "http://127.0.0.1", "allow_http": True},
        upstream={"url": f"http://127.0.0.1:{free_port()}"},
        oauth2=WECOM,
    ) as gateway:
        yield gateway


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("name", PAGES)
@proves("ui-96", "ui-97", "ui-100")
def test_a_small_page_is_well_formed_in_each_look(
    gateway: Process, chromium: Browser, axe: Callable[..., list[str]], name: str, language: str
) -> None:
    with chromium.new_context(locale=language) as context:
        page = context.new_page()
        page.goto(gateway.url + PAGES[name])
        assert page.locator("html").get_attribute("lang") == {"zh-CN": "zh-Hans", "en-US": "en"}[language]
        for width, theme in LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            look(page, "still")  # colours change bit by bit
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            assert axe(page) == [], (width, theme)


def test_the_password_can_be_looked_at_and_is_hidden_again_before_it_is_sent(
    gateway: Process, new_page: Opened, complaints: list[str]
) -> None:
    page = new_page()
    page.goto(f"{gateway.url}/login")
    field = page.get_by_label("Password")
    field.fill("correct horse")
    shown = page.get_by_role("button", name="Show")
    expect(shown).to_have_attribute("aria-pressed", "false")
    shown.click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_be_focused()
    hidden = page.get_by_role("button", name="Hide")
    expect(hidden).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Name").fill("alice")
    page.evaluate(SENT_AS)
    field.press("Enter")
    assert page.evaluate("window.sentAs") == "password"
    assert complaints == []


def test_caps_lock_is_said(gateway: Process, new_page: Opened) -> None:
    page = new_page()
    page.goto(f"{gateway.url}/login")
    hint = page.get_by_text("Caps Lock is on.")
    expect(hint).to_be_hidden()
    pressed = "(on) => password.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', modifierCapsLock: on}))"
    page.evaluate(pressed, True)
    expect(hint).to_be_visible()
    page.evaluate(pressed, False)
    expect(hint).to_be_hidden()


def test_without_scripts_the_login_page_works(gateway: Process, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"{gateway.url}/login")
    expect(page.get_by_role("button", name="Show")).to_have_count(0)
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong.")
    context.close()


@proves("promise-S31")
def test_a_stranger_to_the_demo_is_chatting_after_one_click(new_page: Opened, complaints: list[str]) -> None:
    with Process(args=("--demo",), upstream={"url": f"http://127.0.0.1:{free_port()}"}) as gateway:
        gateway.wait_for(lambda: any(line.startswith("Sign in at") for line in gateway.out))
        page = new_page()
        page.goto(gateway.url)
        page.get_by_role("button", name="alice").click()
        page.wait_for_url(f"{gateway.url}/")
        page.locator("#text").fill("Who are you?")
        page.locator("#text").press("Enter")
        page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}$"))
        expect(page.locator("#messages")).to_contain_text("simulated model")
        page.close()
        assert complaints == []
