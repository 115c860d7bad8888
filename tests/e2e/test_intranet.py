"""A plain-http intranet: a name that is no secure context, and a browser without third-party cookies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.e2e import browser
from tests.e2e.acts import PASSWORD
from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import Pages
from tests.e2e.pictures import upload
from tests.e2e.stage import Stage
from tests.proof import proves

HOST: Final = "chat.corp.test"
CODE: Final = "print('你好')\n"


@pytest.fixture(scope="module")
def intranet(driver: Playwright) -> Iterator[tuple[Browser, Stage]]:
    """Chromium that finds the host on loopback, and a gateway that is called by that name."""
    found = browser.program()
    if found is None:
        pytest.skip(browser.MISSING)
    words = browser.words("--test-third-party-cookie-phaseout", hosts=(HOST,))
    with Stage(host=HOST) as stage, driver.chromium.launch(executable_path=found, args=words) as made:
        yield made, stage


@pytest.fixture
def pages(intranet: tuple[Browser, Stage]) -> Iterator[Pages]:
    made, stage = intranet
    stage.reset()
    found = Pages(made, stage)
    found.allowed.append("The Cross-Origin-Opener-Policy header has been ignored")  # on plain http
    yield found
    assert found.close() == []


@proves("ui-92")
def test_somebody_signs_in_and_everything_works(pages: Pages) -> None:
    stage = pages.stage
    stage.model.usual = say(f"```python\n{CODE}```\n\nDone.")
    page = pages.page_of(None, "/", lang="en-US")
    secure = "[isSecureContext, typeof navigator.clipboard, typeof crypto.randomUUID, typeof navigator.locks]"
    assert page.evaluate(secure) == [False, "undefined", "undefined", "undefined"]
    page.get_by_label("Name", exact=True).fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(stage.page("/"))
    chat = ChatPage(page)
    chat.ready()
    page.locator("input[type=file]").set_input_files(upload("a.png"))  # type: ignore[arg-type]
    chat.ask("Hi")
    expect(chat.questions.get_by_role("img")).to_be_visible()
    expect(chat.answers).to_contain_text("Done.")
    chat.settled()
    page.reload()
    expect(chat.answers).to_contain_text("Done.")


@proves("ui-92", "ui-43", "ui-47")
def test_copying_works_without_the_clipboard_api(pages: Pages) -> None:
    answer = f"```python\n{CODE}```\n\n**Done.**"
    made = pages.stage.seed(owner="alice", title="T", messages=["Q", answer])
    chat = ChatPage(pages.page_of("alice", f"/c/{made['id']}", lang="en-US"))
    chat.ready()
    for button, copied in (
        (chat.answers.locator("pre").locator("..").get_by_role("button"), CODE.rstrip("\n")),
        (chat.button("log.copy_answer", chat.answers), answer),
    ):
        chat.answers.hover()
        button.click()
        chat.box.fill("")
        chat.box.focus()
        chat.page.keyboard.press("Control+v")
        assert chat.box.input_value().rstrip("\n") == copied
