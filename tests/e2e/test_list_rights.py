"""What is offered with a conversation follows scope and right; marks are each reader's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.proof import proves

MARKS = ["pin", "archive", "export_markdown", "export_json", "access"]
EVERYTHING = ["rename", *MARKS, "move", "delete"]


@proves("ui-66")
@pytest.mark.parametrize(
    ("who", "owner", "team", "offered"),
    [
        ("alice", "alice", None, EVERYTHING),
        ("alice", "alice", "team-a", EVERYTHING),
        ("alice", "bob", "team-a", MARKS),
        ("lena", "bob", "team-a", ["rename", *MARKS, "delete"]),  # she has no other team to move it to
        ("reader", "reader", None, MARKS),
        ("reader", "bob", "team-a", MARKS),
        ("writer", "writer", None, EVERYTHING),
    ],
    ids=["own", "own-in-team", "members", "leads", "own-read-only", "members-read-only", "no-images"],
)
def test_a_menu_has_what_the_person_may(
    page_of: PageOf, stage: Stage, who: str, owner: str, team: str | None, offered: list[str]
) -> None:
    where = stage.seed(owner=owner, title="One", team=team, messages=["Q", "A"])["id"]
    chat = ChatPage(page_of(who, f"/c/{where}", lang="zh-CN"))
    names = [chat.t(f"list.{one}") for one in offered]
    menu = chat.page.get_by_role("menu")
    for button in (chat.button("list.menu_of", chat.list, title="One"), chat.button("top.menu")):
        button.click()
        expect(menu).to_be_visible()
        assert [one.strip() for one in menu.get_by_role("menuitem").all_text_contents()] == names
        chat.page.keyboard.press("Escape")
        expect(menu).to_have_count(0)
        expect(button).to_be_focused()
    writes = who != "reader"
    expect(chat.list.get_by_role("link", name=chat.t("list.new"))).to_have_count(int(writes))
    heading = chat.page.get_by_role("heading", level=1)
    heading.dblclick()
    expect(chat.page.get_by_role("textbox", name=chat.t("list.title_field"))).to_have_count(
        int("rename" in offered)
    )
    chip = chat.page.locator("#top .where")
    expect(chip).to_contain_text(chat.t("list.private") if team is None else team)
    expect(chip.get_by_role("button")).to_have_count(int("move" in offered))


@proves("ui-66")
def test_import_and_administration_are_for_whom_they_are(page_of: PageOf) -> None:
    for who, there in (("alice", {"import"}), ("reader", set()), ("admin", {"import", "admin"})):
        chat = ChatPage(page_of(who))
        chat.list.get_by_role("button", name=chat.t("list.own_menu")).click()
        expect(chat.item("list.settings")).to_be_visible()
        for one in ("import", "admin"):
            expect(chat.item(f"list.{one}")).to_have_count(int(one in there))


@proves("ui-66")
def test_what_the_server_refuses_is_said_and_taken_back(
    page_of: PageOf, stage: Stage, allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")
    where = stage.seed(owner="alice", title="One", team="team-a", messages=["Q", "A"])["id"]
    chat = ChatPage(page_of("alice", lang="zh-CN"))
    refusal = {"error": {"message": "no", "type": "permission_error", "code": "insufficient_scope"}}
    chat.page.route(f"**/api/conversations/{where}", lambda route: route.fulfill(status=403, json=refusal))
    chat.choose("One", "list.rename")
    chat.page.keyboard.type("Two")
    chat.page.keyboard.press("Enter")
    expect(chat.toasts.get_by_role("alert")).to_contain_text(chat.t("error.insufficient_scope"))
    expect(chat.row("One")).to_be_visible()
    chat.choose("One", "list.delete")
    chat.button("list.delete_yes", chat.dialog).click()
    expect(chat.toasts.get_by_role("alert")).to_have_count(2)
    expect(chat.row("One")).to_be_visible()
    expect(chat.button("list.undo", chat.toasts)).to_have_count(0)


@proves("ui-66")
def test_moving_says_who_will_see_it_and_cuts_off_who_does_not(page_of: PageOf, stage: Stage) -> None:
    where = stage.seed(owner="alice", title="One", messages=["Q", "A"])["id"]
    alice = ChatPage(page_of("alice", f"/c/{where}"))
    bob = ChatPage(page_of("bob"))
    chip = alice.page.locator("#top .where").get_by_role("button")
    for team, where_to, seen in (("team-a", "team-a", 1), (None, alice.t("list.private"), 0)):
        chip.click()
        menu = alice.page.get_by_role("menu")
        expect(menu.get_by_role("menuitemradio")).to_have_count(2)
        menu.get_by_role("menuitemradio", name=where_to).click()
        expect(alice.dialog).to_contain_text("One")
        with alice.page.expect_response(f"**/api/conversations/{where}"):
            alice.button("list.move_yes", alice.dialog).click()
        expect(chip).to_contain_text(where_to)
        if seen:
            bob.page.goto(alice.page.url)
            bob.ready()
        expect(bob.row("One")).to_have_count(seen)
        assert stage.hands.stored(where)["team"] == team


@proves("ui-71")
def test_pins_and_the_archive_are_each_readers_own(page_of: PageOf, stage: Stage) -> None:
    for title in ("One", "Two"):
        stage.seed(owner="bob", title=title, team="team-a", messages=["Q", "A"])
    alice, bob = ChatPage(page_of("alice")), ChatPage(page_of("bob"))
    alice.choose("One", "list.pin")
    first = alice.list.locator("section").first
    expect(first).to_contain_text(alice.t("list.group_pinned"))
    expect(first).to_contain_text("One")
    alice.choose("Two", "list.archive")
    expect(alice.row("Two")).to_have_count(0)
    bob.page.reload()
    expect(bob.row("Two")).to_be_visible()
    expect(bob.list).not_to_contain_text(bob.t("list.group_pinned"))
    alice.page.reload()
    expect(alice.row("One")).to_be_visible()
    expect(alice.row("Two")).to_have_count(0)
    alice.choose("One", "list.unpin")
    expect(alice.list).not_to_contain_text(alice.t("list.group_pinned"))


@proves("ui-71")
def test_the_archive_is_read_and_emptied(
    page_of: PageOf, stage: Stage, axe: Callable[..., list[str]]
) -> None:
    where = stage.seed(owner="alice", title="Kept", messages=["What is in it", "A"], archived_by=["alice"])[
        "id"
    ]
    stage.seed(owner="alice", title="Other", messages=["Q", "A"], archived_by=["alice"])
    chat = ChatPage(page_of("alice"))
    chat.own_menu("list.archive_view")
    expect(chat.dialog.get_by_role("listitem")).to_have_count(2)
    assert axe(chat.page) == []
    chat.button("archived.out_of", chat.dialog, title="Other").click()
    expect(chat.dialog.get_by_role("listitem")).to_have_count(1)
    expect(chat.row("Other")).to_be_visible()
    chat.dialog.get_by_role("link", name="Kept").click()
    expect(chat.dialog).to_have_count(0)
    expect(chat.page).to_have_url(stage.page(f"/c/{where}"))
    expect(chat.questions).to_contain_text("What is in it")
    chat.button("top.menu").click()
    chat.item("list.unarchive").click()
    expect(chat.row("Kept")).to_be_visible()


@proves("ui-77")
@pytest.mark.parametrize(("form", "ending"), [("markdown", ".md"), ("json", ".json")])
def test_a_conversation_is_exported(page_of: PageOf, stage: Stage, form: str, ending: str) -> None:
    stage.seed(owner="alice", title="报销", messages=["怎么报销？", "先填表。"])
    chat = ChatPage(page_of("alice"))
    with chat.page.expect_download() as made:
        chat.choose("报销", f"list.export_{form}")
    assert made.value.suggested_filename.endswith(ending)
    assert "先填表。" in made.value.path().read_text(encoding="utf-8")


@proves("ui-76", "promise-M6")
def test_a_teammates_list_shows_at_once_what_the_team_has(page_of: PageOf) -> None:
    alice, bob, charlie = (ChatPage(page_of(who)) for who in ("alice", "bob", "charlie"))
    for one in (alice, bob, charlie):
        one.ready()
    alice.page.get_by_role("button", name=alice.t("composer.seen.private")).click()
    alice.page.get_by_role("menuitemradio", name="team-a").click()
    alice.asked("For all of us")
    expect(bob.row("For all of us")).to_be_visible()
    alice.choose("For all of us", "list.delete")
    alice.button("list.delete_yes", alice.dialog).click()
    expect(bob.row("For all of us")).to_have_count(0)
    expect(charlie.row("For all of us")).to_have_count(0)
