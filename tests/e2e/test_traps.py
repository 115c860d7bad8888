"""What people do without thinking: quick fingers, a second tab, a menu while an answer comes."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.watching import two_tabs
from tests.proof import proves

LONG = "\n\n".join(f"line {number}" for number in range(300))


@proves("ui-73")
def test_a_conversation_begun_in_another_tab_is_running_only_while_it_is_answered(
    stage: Stage, page_of: PageOf, second_tab: PageOf
) -> None:
    one, other = two_tabs(page_of, second_tab)
    stage.model.answer("Hi", say("One two three", hold="One"))
    one.ask("Hi")
    expect(other.row("Hi")).to_contain_text(other.t("list.running"))
    stage.model.release()
    one.settled()
    expect(other.row("Hi")).not_to_contain_text(other.t("list.running"))


def test_a_menu_of_the_box_stays_open_while_an_answer_comes(stage: Stage, page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice", height=500))
    chat.ready()
    stage.model.answer("Hi", say(LONG, rate=100))
    chat.ask("Hi")
    expect(chat.answers).to_contain_text("line 40")
    chat.page.locator(".tool[data-think]").click()
    expect(chat.answers).to_contain_text("line 80")
    expect(chat.page.get_by_role("menu")).to_be_visible()
    chat.page.keyboard.press("Escape")
    chat.button("composer.stop").click()


@proves("ui-27")
def test_a_double_click_on_send_does_not_stop_the_answer(stage: Stage, page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice"))
    chat.ready()
    stage.model.answer("Hi", say("One two three four", rate=5))
    chat.box.fill("Hi")
    send = chat.button("composer.send").bounding_box()
    assert send is not None
    chat.page.mouse.dblclick(send["x"] + send["width"] / 2, send["y"] + send["height"] / 2, delay=80)
    expect(chat.answers).to_contain_text("One two three four")


@proves("ui-70")
def test_enter_chooses_nothing_that_was_not_searched_for(stage: Stage, page_of: PageOf) -> None:
    stage.seed(owner="alice", title="Budget", messages=["How much?", "A million"], days_ago=3)
    stage.seed(owner="alice", title="Cats", messages=["Cat?", "Cat"], days_ago=1)
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.page.keyboard.press("Control+k")
    expect(chat.dialog.get_by_role("option")).to_have_count(2)
    chat.page.keyboard.type("million")
    chat.page.keyboard.press("Enter")
    expect(chat.dialog.get_by_role("option")).to_have_count(1)
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator("#top h1")).to_have_text("Budget")


INDENT = """(box) => {
  const range = document.createRange();
  range.selectNodeContents(box);
  return range.getBoundingClientRect().left - box.getBoundingClientRect().left;
}"""


def test_a_paragraph_has_the_direction_of_its_script(stage: Stage, page_of: PageOf) -> None:
    made = stage.seed(owner="alice", messages=["שלום?", "שלום עולם.\n\nHello."])
    chat = ChatPage(page_of("alice", f"/c/{made['id']}"))
    hebrew, english = chat.answers.locator("p").all()
    assert hebrew.evaluate(INDENT) > 200
    assert english.evaluate(INDENT) < 5
    chat.box.fill("שלום")
    assert chat.box.evaluate("(box) => getComputedStyle(box).unicodeBidi") == "plaintext"


def test_marking_what_was_typed_beyond_the_edge_leaves_the_search_open(stage: Stage, page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.page.keyboard.press("Control+k")
    chat.page.keyboard.type("something")
    field = chat.dialog.get_by_role("combobox").bounding_box()
    assert field is not None
    chat.page.mouse.move(field["x"] + 60, field["y"] + field["height"] / 2)
    chat.page.mouse.down()
    chat.page.mouse.move(5, field["y"])
    chat.page.mouse.up()
    expect(chat.dialog).to_be_visible()
    chat.page.mouse.click(5, 5)
    expect(chat.dialog).to_have_count(0)


def test_a_dark_page_is_printed_in_dark_ink(stage: Stage, page_of: PageOf) -> None:
    page = page_of("alice", theme="dark")
    ink = "() => getComputedStyle(document.body).color"
    assert page.evaluate(ink) == "rgb(231, 233, 236)"
    page.emulate_media(media="print")
    assert page.evaluate(ink) == "rgb(27, 29, 33)"
