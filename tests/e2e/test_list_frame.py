"""The list as a part of the page: folded, as a drawer, by keys, small, large and in high contrast."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.answers import say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

INSIDE = "() => document.querySelector('#side').contains(document.activeElement)"
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
SMALL = """() => [...document.querySelectorAll(':is(#side, #top, dialog) :is(a, button, input, select)')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.vh'))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
PHONE = {"width": 360, "height": 700}


def is_open(chat: ChatPage) -> bool:
    return chat.page.evaluate("() => document.querySelector('#app').classList.contains('open')")


def open_drawer(chat: ChatPage) -> None:
    chat.button("top.list").click()
    expect(chat.page.locator("#app.open")).to_have_count(1)


@pytest.fixture
def phone(page_of: PageOf, stage: Stage) -> ChatPage:
    stage.seed(owner="alice", title="One", messages=["First", "A"])
    where = stage.seed(owner="alice", title="Two", messages=["Second", "A"])["id"]
    return ChatPage(page_of("alice", f"/c/{where}", touch=True, **PHONE))


# ---- the drawer ------------------------------------------------------------------------------------


@proves("ui-75")
def test_the_drawer_has_the_focus_and_keeps_it(phone: ChatPage, axe: Callable[..., list[str]]) -> None:
    expect(phone.row("One")).to_be_hidden()
    open_drawer(phone)
    expect(phone.row("One")).to_be_visible()
    assert phone.page.evaluate("() => document.querySelector('#main').inert")
    assert axe(phone.page) == []
    for key in ["Tab"] * 14 + ["Shift+Tab"] * 18:
        phone.page.keyboard.press(key)
        assert phone.page.evaluate(INSIDE), key
    phone.page.keyboard.press("Escape")
    expect(phone.page.locator("#app.open")).to_have_count(0)
    expect(phone.button("top.list")).to_be_focused()
    assert not phone.page.evaluate("() => document.querySelector('#main').inert")


@proves("ui-75")
@pytest.mark.parametrize("way", ["backdrop", "button", "back"])
def test_the_drawer_closes_and_the_page_stays(phone: ChatPage, way: str) -> None:
    address, steps = phone.page.url, phone.page.evaluate("history.length")
    open_drawer(phone)
    if way == "backdrop":
        phone.page.mouse.click(350, 400)
    elif way == "button":
        phone.button("list.shut").click()
    else:
        phone.page.go_back()
    expect(phone.page.locator("#app.open")).to_have_count(0)
    expect(phone.questions).to_contain_text("Second")
    assert phone.page.url == address
    assert phone.page.evaluate("history.length") <= steps + 1
    open_drawer(phone)  # and opens again


@proves("ui-75")
def test_a_choice_closes_the_drawer_and_back_goes_to_where_one_was(phone: ChatPage, stage: Stage) -> None:
    before, steps = phone.page.url, phone.page.evaluate("history.length")
    open_drawer(phone)
    phone.row("One").click()
    expect(phone.page.locator("#app.open")).to_have_count(0)
    expect(phone.questions).to_contain_text("First")
    assert phone.page.evaluate("history.length") == steps + 1  # the drawer has left no step of its own
    phone.page.go_back()
    expect(phone.questions).to_contain_text("Second")
    assert phone.page.url == before
    open_drawer(phone)
    phone.list.get_by_role("link", name=phone.t("list.new")).click()
    expect(phone.page).to_have_url(stage.page("/"))
    expect(phone.page.locator("#app.open")).to_have_count(0)


@proves("ui-75")
def test_a_drawer_is_none_on_a_wide_screen(phone: ChatPage) -> None:
    open_drawer(phone)
    phone.page.set_viewport_size({"width": 900, "height": 700})
    expect(phone.page.locator("#app.open")).to_have_count(0)
    expect(phone.row("One")).to_be_visible()
    assert not phone.page.evaluate("() => document.querySelector('#main').inert")


# ---- folding ---------------------------------------------------------------------------------------


@proves("ui-74")
def test_the_list_folds_and_stays_folded(page_of: PageOf, stage: Stage) -> None:
    stage.seed(owner="alice", title="One", messages=["Q", "A"])
    chat = ChatPage(page_of("alice"))
    chat.button("list.fold").click()
    expect(chat.row("One")).to_be_hidden()
    expect(chat.button("top.unfold")).to_be_focused()
    chat.page.reload()
    expect(chat.button("top.unfold")).to_be_visible()
    expect(chat.row("One")).to_be_hidden()
    chat.button("top.unfold").click()
    expect(chat.row("One")).to_be_visible()
    expect(chat.button("list.fold")).to_be_focused()
    chat.page.keyboard.press("Control+Shift+S")
    expect(chat.row("One")).to_be_hidden()
    chat.page.keyboard.press("Control+Shift+S")
    expect(chat.row("One")).to_be_visible()
    keys = chat.page.evaluate("Object.keys(localStorage)")
    assert all(one.startswith(f"clawdbot:{stage.ids['alice']}:") for one in keys), keys


# ---- shortcuts -------------------------------------------------------------------------------------


@proves("ui-103")
def test_shortcuts_do_what_the_list_says(page_of: PageOf, stage: Stage) -> None:
    text = "See:\n\n```python\nprint(1)\n```\n\nDone."
    where = stage.seed(owner="alice", title="One", messages=["Q", text])["id"]
    chat = ChatPage(page_of("alice", f"/c/{where}", permissions=["clipboard-read", "clipboard-write"]))
    expect(chat.answers).to_contain_text("Done.")
    keys = chat.page.keyboard
    keys.press("Control+k")
    expect(chat.dialog.get_by_role("combobox")).to_be_focused()
    keys.press("Escape")
    expect(chat.dialog).to_have_count(0)
    keys.press("Control+/")
    expect(chat.dialog).to_contain_text(chat.t("shortcuts.answer"))
    keys.press("Control+Shift+O")  # a dialog keeps them to itself
    assert chat.page.url.endswith(where)
    keys.press("Escape")
    expect(chat.dialog).to_have_count(0)
    keys.press("Control+Shift+;")
    expect(chat.toasts).to_contain_text(chat.t("list.copied_code"))
    assert clipboard(chat.page).strip() == "print(1)"
    keys.press("Control+Shift+C")
    expect(chat.toasts).to_contain_text(chat.t("list.copied_answer"))
    assert clipboard(chat.page) == text
    chat.row("One").focus()
    keys.press("Shift+Escape")
    expect(chat.box).to_be_focused()
    keys.press("Control+Shift+O")
    expect(chat.page).to_have_url(stage.page("/"))
    expect(chat.box).to_be_focused()


@proves("ui-103")
def test_none_is_one_while_an_input_method_composes_or_where_they_are_off(page_of: PageOf) -> None:
    chat = ChatPage(page_of("alice"))
    chat.ready()
    chat.box.focus()
    cdp = chat.page.context.new_cdp_session(chat.page)
    cdp.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
    chat.page.keyboard.press("Control+k")
    chat.page.evaluate(
        """() => document.body.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, keyCode: 229, bubbles: true }))"""
    )
    cdp.send("Input.insertText", {"text": "你"})
    assert chat.dialog.count() == 0
    chat.own_menu("list.settings")
    chat.dialog.get_by_role("switch", name=chat.t("settings.shortcuts")).click()
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_have_count(0)
    expect(chat.list.locator("kbd")).to_be_hidden()
    chat.page.keyboard.press("Control+k")
    chat.own_menu("list.shortcuts")
    expect(chat.dialog).to_contain_text(chat.t("shortcuts.off"))
    chat.button("shortcuts.switch_on", chat.dialog).click()
    expect(chat.dialog.get_by_text(chat.t("shortcuts.off"))).to_be_hidden()


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


# ---- how it looks ----------------------------------------------------------------------------------


@proves("ui-94")
def test_tab_goes_through_the_list_in_the_order_one_sees(page_of: PageOf, stage: Stage) -> None:
    where = stage.seed(owner="alice", title="One", messages=["Q", "A"])["id"]
    stage.seed(owner="alice", title="Two", messages=["Q", "A"], days_ago=1)
    chat = ChatPage(page_of("alice", f"/c/{where}"))
    chat.ready()
    seen: list[tuple[float, str]] = []
    chat.page.locator("a.brand").focus()
    while len(seen) < 20:
        here = chat.page.evaluate(
            """() => { const one = document.activeElement;
            const box = one.getBoundingClientRect(), style = getComputedStyle(one);
            return one.closest('#side') && [box.top, style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
        )
        if here is None:
            break
        seen.append((here[0], here[1]))
        assert len(seen) == 1 or (here[1] == "solid" and here[2] >= 2), here
        chat.page.keyboard.press("Tab")
    assert len(seen) == 9  # brand, fold, new, search, two rows with their menus, the person
    assert [top for top, _ in seen[2:]] == sorted(top for top, _ in seen[2:])


@proves("ui-100", "ui-101")
@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_at_320_pixels_nothing_is_cut_off_or_too_small(page_of: PageOf, stage: Stage, lang: str) -> None:
    title = "一个非常长的标题，用来看看它会不会把页面撑开 AnUnbreakableWordThatIsVeryLongIndeed"
    where = stage.seed(owner="alice", title=title, team="team-a", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", f"/c/{where}", lang=lang, width=320, height=600, touch=True))
    expect(chat.page.locator("#top .where")).to_be_visible()
    assert chat.page.evaluate(OVERFLOW) <= 0
    assert chat.page.evaluate(SMALL) == []
    open_drawer(chat)
    assert chat.page.evaluate(OVERFLOW) <= 0
    assert chat.page.evaluate(SMALL) == []
    for name in ("settings", "shortcuts", "archive_view", "import"):
        chat.own_menu(f"list.{name}")
        expect(chat.dialog).to_be_visible()
        box = chat.dialog.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert (
            chat.dialog.locator(".dialog-body").evaluate("(body) => body.scrollWidth - body.clientWidth") <= 0
        )
        assert chat.page.evaluate(SMALL) == []
        chat.page.keyboard.press("Escape")
        expect(chat.dialog).to_have_count(0)


@proves("ui-96", "ui-97")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_list_and_menus(
    page_of: PageOf, stage: Stage, axe: Callable[..., list[str]], theme: str, width: int
) -> None:
    stage.model.answer("Hi", say("Hello there", hold="Hello"))
    stage.seed(owner="alice", title="Pinned", messages=["Q", "A"], pinned_by=["alice"])
    stage.seed(owner="bob", title="Team's", team="team-a", messages=["Q", "A"], days_ago=40)
    chat = ChatPage(page_of("alice", width=width, theme=theme))
    chat.ready()
    chat.ask("Hi")
    expect(chat.answers).to_contain_text("Hello")
    if width == 360:
        open_drawer(chat)
    chat.list.get_by_role("button", name=chat.t("list.menu_of", title="Hi")).click()
    expect(chat.page.get_by_role("menu")).to_be_visible()
    assert axe(chat.page) == []
    chat.item("list.rename").click()
    assert axe(chat.page) == []
    stage.model.release()


@proves("ui-102")
def test_with_forced_colours_the_open_one_and_its_marks_are_seen(page_of: PageOf, stage: Stage) -> None:
    stage.model.answer("Hi", say("Hello there", hold="Hello"))
    where = stage.seed(owner="alice", title="One", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", forced_colors="active"))
    chat.ready()
    chat.ask("Hi")
    expect(chat.row("Hi")).to_contain_text(chat.t("list.running"))
    expect(chat.answers).to_contain_text("Hello")  # the model holds there
    chat.row("One").click()
    expect(chat.page).to_have_url(stage.page(f"/c/{where}"))
    style = (
        "(one) => { const style = getComputedStyle(one); return [style.outlineStyle, style.borderTopStyle]; }"
    )
    assert chat.list.locator("li.on").evaluate(style)[0] == "solid"
    assert chat.list.locator(".dot.running").evaluate(style)[1] == "solid"
    stage.model.release()
    expect(chat.row("Hi")).to_contain_text(chat.t("list.unread"))
    canvas, dot = (
        chat.page.locator(one).evaluate("(one) => getComputedStyle(one).backgroundColor")
        for one in ("body", ".dot")
    )
    assert canvas != dot


@proves("ui-74", "ui-75", "ui-105")
def test_on_paper_there_is_no_list(page_of: PageOf, stage: Stage) -> None:
    where = stage.seed(owner="alice", title="One", messages=["Q", "The answer"])["id"]
    chat = ChatPage(page_of("alice", f"/c/{where}"))
    expect(chat.answers).to_contain_text("The answer")
    chat.page.emulate_media(media="print")
    expect(chat.list).to_be_hidden()
    expect(chat.button("top.menu")).to_be_hidden()
    expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
    expect(chat.answers).to_be_visible()
