"""Chromium signs in by a certified provider, and a front end of one's own does so from another port."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.doubles.ollama import OllamaDouble
from tests.e2e.front_end import FrontEnd, serving
from tests.proof import proves
from tests.server.process import Process, free_port
from tests.sso.stage import Stage

pytestmark = pytest.mark.idp

Opened = Callable[[], Page]


@pytest.fixture(scope="module")
def front_end() -> Iterator[FrontEnd]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def stage(front_end: FrontEnd) -> Iterator[Stage]:
    with Stage(free_port()) as stage:
        front_end.gateway = stage.url
        yield stage


@pytest.fixture(scope="module")
def gateway(stage: Stage, front_end: FrontEnd) -> Iterator[Process]:
    parts = stage.parts(front_ends=[front_end.origin])
    with OllamaDouble() as double, Process(**parts, upstream={"url": double.url}) as gateway:
        gateway.wait_for(lambda: httpx.get(f"{gateway.url}/readyz", trust_env=False).status_code == 200)
        yield gateway


def at_the_provider(page: Page, name: str) -> None:
    """The certified provider's own pages: who it is, and that they agree."""
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "x")
    page.click("button[type=submit]")
    page.click("button[type=submit]")


@proves("promise-S14", "promise-M4")
def test_a_person_signs_in_by_the_companys_provider_and_out_again(
    gateway: Process, stage: Stage, new_page: Opened
) -> None:
    page = new_page()
    page.goto(f"{stage.url}/login")
    expect(page.get_by_role("link", name="Corporate sign-on")).to_be_visible()
    expect(page.get_by_role("link", name="企业微信")).to_be_visible()
    page.get_by_role("link", name="Corporate sign-on").click()
    assert page.url.startswith(stage.ops["corp"].issuer)
    at_the_provider(page, "alice")
    page.wait_for_url(f"{stage.url}/")
    facts = page.evaluate("fetch('/api/session').then(answer => answer.json())")
    assert (facts["person"]["name"], facts["teams"]) == ("Alice", ["everyone", "team-a"])
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(stage.url)}
    assert cookies["clawdbot"]["httpOnly"]
    assert cookies["clawdbot"]["sameSite"] == "Lax"
    assert page.evaluate("document.cookie").find("clawdbot=") == -1
    page.get_by_role("button", name="Settings and account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url(f"{stage.ops['corp'].issuer}/**")
    assert page.url.startswith(stage.ops["corp"].issuer)
    page.click("button[value=yes]")
    page.wait_for_url(f"{stage.url}/login?state=*")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


@pytest.mark.parametrize(("kind", "label"), [("wecom", "企业微信"), ("dingtalk", "钉钉"), ("feishu", "飞书")])
@proves("promise-M4")
def test_a_person_signs_in_by_a_vendor(
    gateway: Process, stage: Stage, new_page: Opened, kind: str, label: str
) -> None:
    page = new_page()
    page.goto(f"{stage.url}/login?lang=zh")
    page.get_by_role("link", name=label).click()
    page.get_by_text("Sign in as Alice").click()
    page.wait_for_url(f"{stage.url}/")
    facts = page.evaluate("fetch('/api/session').then(answer => answer.json())")
    assert facts["teams"] == ["team-a"]


@proves("promise-S14", "promise-S29")
def test_a_front_end_of_ones_own_signs_in_and_asks_the_model(
    gateway: Process, stage: Stage, front_end: FrontEnd, new_page: Opened
) -> None:
    page = new_page()
    page.goto(f"{front_end.origin}/?signed-out")
    page.click("#login")
    page.get_by_role("link", name="Corporate sign-on").click()
    at_the_provider(page, "bob")
    page.wait_for_url(f"{front_end.origin}/")
    expect(page.locator("#who")).to_have_text("Bob: team-a")
    expect(page.locator("#answer")).not_to_be_empty()
    gateway.wait_for(lambda: gateway.access(path="/v1/chat/completions", status=200, kind="person"))


@proves("sso-A9")
def test_a_page_that_is_no_front_end_of_ours_is_not_gone_back_to(
    gateway: Process, stage: Stage, new_page: Opened
) -> None:
    page = new_page()
    page.goto(f"{stage.url}/login?next=http://127.0.0.1:9/")
    page.get_by_role("link", name="Partners").click()
    at_the_provider(page, "bob")
    page.wait_for_url(f"{stage.url}/")
