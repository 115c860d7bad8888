"""Conversations in the admin: listed without a word of them, read by break-glass alone (P4, M20)."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import AuditLine, Membership, Revocation, User
from accounts.selectors import caller_for
from chat.models import Conversation, Grant, Message
from chat.services import granting
from tests.accounts.admin.house import House, browser_of, furnished, pages
from tests.proof import proves

CANARY = "canary-of-charlie"
HTML = "<img src=x onerror=alert(1)> & <b>bold</b>"
BASE = "/admin/chat/conversation/"


@pytest.fixture
def house(db: None) -> House:
    """charlie's private conversation, whose title and turns nobody else is to see."""
    house = furnished()
    where = house.conversation
    where.title = f"{CANARY} title"
    where.save()
    question = Message.objects.create(
        conversation=where, role="user", asker=house.charlie, text=f"{CANARY} question {HTML}"
    )
    Message.objects.create(
        conversation=where, role="assistant", parent=question, text=CANARY, thinking=f"{CANARY} thoughts"
    )
    return house


@pytest.fixture
def root(house: House) -> Client:
    return browser_of(house.root)


def page(house: House, tail: str = "change/") -> str:
    return f"{BASE}{house.conversation.pk}/{tail}"


def actions() -> list[str]:
    found = AuditLine.objects.filter(target__startswith="conversation:")
    return list(found.order_by("id").values_list("action", flat=True))


def readers(root: Client, house: House) -> str:
    return " ".join(root.get(page(house, "access/")).content.decode().split())


def asked_to_grant(root: Client, house: House, person: User, **more: Any) -> Any:
    form = {"person": str(person.pk), "days": "7", "reason": "handover"} | more
    return root.post(page(house, "grant/"), form)


def news(house: House) -> list[dict[str, Any]]:
    """What charlie has not been told yet."""
    return granting.notices(caller_for(house.charlie, session="s"))


def broken(root: Client, house: House, reason: str = "case 17") -> Any:
    return root.post(page(house, "break-glass/"), {"reason": reason})


# ---- what is shown ------------------------------------------------------------------------------


@proves("cell-M097")
def test_an_administrator_sees_which_conversations_there_are(root: Client, house: House) -> None:
    text = root.get(BASE).content.decode()
    assert str(house.conversation.pk) in text
    assert "charlie" in text
    assert '<td class="field-number_of_messages">2</td>' in text


@proves("cell-M099")
def test_no_page_of_the_admin_shows_a_word_of_it(
    root: Client, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked_to_grant(root, house, house.bob)
    for address in pages(house):
        for tail in ("", f"?q={house.conversation.pk}", "?o=1", "?title__startswith=canary"):
            assert CANARY not in root.get(address + tail).content.decode(), address + tail
    assert root.get(page(house, "content/")).status_code == 403
    assert CANARY not in caplog.text


@proves("cell-M108")
def test_what_was_written_cannot_be_searched(root: Client, house: House) -> None:
    for word in (CANARY, "title", "question", "thoughts"):
        text = root.get(BASE, {"q": word}).content.decode()
        assert str(house.conversation.pk) not in text
    for lookup in ("title__contains", "messages__text__contains", "title__startswith"):
        there = root.get(BASE, {lookup: CANARY})
        nowhere = root.get(BASE, {lookup: "nothing of the kind"})
        assert there.status_code == nowhere.status_code == 400


def test_who_can_see_it_and_why(root: Client, house: House) -> None:
    asked_to_grant(root, house, house.bob, reason="handover to bob")
    text = readers(root, house)
    assert '<th scope="row">charlie the stranger</th><td>owner</td><td>yes</td>' in text
    assert "handover to bob" in text
    assert "on their next visit" in text


def test_who_can_see_a_teams_conversation_and_who_lost_it(root: Client, house: House) -> None:
    Conversation.objects.filter(pk=house.conversation.pk).update(team=house.team)
    text = readers(root, house)
    assert "owner, but not in team-a any more</td><td>no" in text
    assert '<th scope="row">bob</th><td>in team-a</td><td>yes</td>' in text
    Membership.objects.create(user=house.charlie, team=house.team)
    assert "owner, in team-a</td><td>yes" in readers(root, house)


@pytest.mark.parametrize("who", ["staff", "alice"])
def test_neither_staff_nor_a_lead_opens_any_page_of_it(house: House, who: str) -> None:
    browser = browser_of(User.objects.get(username=who))
    Conversation.objects.filter(pk=house.conversation.pk).update(team=house.team)
    for tail in ("change/", "access/", "grant/", "grant/1/end/", "break-glass/", "content/", "history/"):
        for method in ("get", "post"):
            answer = getattr(browser, method)(page(house, tail), {"reason": "because"})
            assert answer.status_code in (403, 404), tail
    assert browser.get(BASE).status_code == 403
    assert not Grant.objects.exists()


# ---- grants ------------------------------------------------------------------------------------


@proves("cell-M164")
def test_a_grant_is_a_line_and_the_owner_is_told_once(root: Client, house: House) -> None:
    assert asked_to_grant(root, house, house.bob).status_code == 302
    line = AuditLine.objects.get(action="grant.made")
    assert (line.actor, line.target) == ("root", f"conversation:{house.conversation.pk}")
    assert line.details["person"] == str(house.bob.pk)
    assert line.details["reason"] == "handover"
    assert audit.verify() is None
    (notice,) = news(house)
    assert (notice["kind"], notice["who"], notice["by"]) == ("grant", "bob", "root")
    assert granting.told(str(house.bob.pk), [notice["id"]]) == 0
    assert granting.told(str(house.charlie.pk), [notice["id"]]) == 1
    assert news(house) == []


@proves("cell-M168")
def test_nobody_grants_themselves_anything(root: Client, house: House) -> None:
    assert asked_to_grant(root, house, house.root).status_code == 403
    assert not Grant.objects.exists()


@proves("cell-M169")
def test_no_grant_names_another_administrator(root: Client, house: House) -> None:
    assert asked_to_grant(root, house, house.ruth).status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.parametrize("wrong", [{"days": "31"}, {"days": "0"}, {"days": "x"}, {"reason": " "}])
def test_a_grant_is_for_thirty_days_at_most_and_says_why(
    root: Client, house: House, wrong: dict[str, str]
) -> None:
    assert asked_to_grant(root, house, house.bob, **wrong).status_code == 200
    assert not Grant.objects.exists()
    assert actions() == []


def test_a_grant_ends_by_hand_with_a_line_and_is_heard(root: Client, house: House) -> None:
    asked_to_grant(root, house, house.bob)
    made = Grant.objects.get()
    address = page(house, f"grant/{made.pk}/end/")
    assert root.get(address).status_code == 200
    assert Grant.objects.get().until == made.until
    assert root.post(address).status_code == 302
    assert Grant.objects.get().until <= timezone.now()
    assert actions() == ["grant.made", "grant.ended"]
    assert Revocation.objects.filter(kind="rights", subject=str(house.bob.pk)).exists()
    root.post(address)
    assert actions() == ["grant.made", "grant.ended"]


def test_a_grant_that_runs_out_is_heard_by_what_is_open(house: House) -> None:
    now = timezone.now()
    Grant.objects.create(conversation=house.conversation, person=house.bob, reason="x", until=now)
    granting.expired(now, now + timedelta(seconds=2))
    assert not Revocation.objects.exists()
    granting.expired(now - timedelta(seconds=2), now)
    assert Revocation.objects.filter(kind="rights", subject=str(house.bob.pk)).exists()


# ---- break-glass -------------------------------------------------------------------------------


@proves("cell-M100", "promise-M20")
def test_break_glass_writes_the_line_first_then_shows_plain_text(
    root: Client, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = broken(root, house)
    assert (answer.status_code, answer["Location"]) == (302, page(house, "content/"))
    assert actions() == ["break_glass.opened"]
    line = AuditLine.objects.get(action="break_glass.opened")
    assert (line.actor, line.details["reason"], line.address) == ("root", "case 17", "127.0.0.1")
    shown = root.get(page(house, "content/"))
    text = shown.content.decode()
    assert text.count(CANARY) == 3
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;bold&lt;/b&gt;" in text
    assert "<img" not in text
    assert "no-store" in shown["Cache-Control"]
    root.get(page(house, "content/"))
    assert actions() == ["break_glass.opened", "break_glass.viewed", "break_glass.viewed"]
    assert audit.verify() is None
    assert CANARY not in caplog.text
    (notice,) = news(house)
    assert (notice["kind"], notice["by"], notice["reason"]) == ("break_glass", "root", "case 17")


@proves("promise-M20")
def test_the_chain_names_a_line_of_a_look_that_was_altered(root: Client, house: House) -> None:
    broken(root, house)
    root.get(page(house, "content/"))
    opened = AuditLine.objects.get(action="break_glass.opened")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditline SET actor = 'nobody' WHERE id = %s", [opened.pk])
    found = audit.verify()
    assert found is not None
    assert found.line == opened.pk


def test_without_its_line_nothing_is_shown(
    root: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(root, house)

    def away(*args: Any, **named: Any) -> None:
        raise OSError("the log cannot be written")

    monkeypatch.setattr(granting.audit, "record", away)
    with pytest.raises(OSError, match="cannot be written"):
        root.get(page(house, "content/"))
    with pytest.raises(OSError, match="cannot be written"):
        broken(root, house, "again")
    assert Grant.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_glass_breaks_without_a_reason(root: Client, house: House, reason: str) -> None:
    assert broken(root, house, reason).status_code == 200
    assert not Grant.objects.exists()
    assert root.get(page(house, "content/")).status_code == 403


def test_whoever_comes_too_late_is_asked_why_again(root: Client, house: House) -> None:
    answer = root.get(page(house, "content/"))
    text = answer.content.decode()
    assert answer.status_code == 403
    assert f'action="{page(house, "break-glass/")}"' in text
    assert "A look lasts 30 minutes." in text


def test_it_is_that_administrators_and_that_conversations_alone(root: Client, house: House) -> None:
    other = Conversation.objects.create(owner=house.charlie, title="another", updated=timezone.now())
    broken(root, house)
    assert browser_of(house.ruth).get(page(house, "content/")).status_code == 403
    assert root.get(f"{BASE}{other.pk}/content/").status_code == 403
    assert root.post(page(house, "content/")).status_code == 403
    assert actions() == ["break_glass.opened"]


def test_after_half_an_hour_it_is_closed(root: Client, house: House) -> None:
    broken(root, house)
    made = Grant.objects.get()
    assert timedelta(minutes=29) < made.until - timezone.now() <= timedelta(minutes=30)
    Grant.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert root.get(page(house, "content/")).status_code == 403


def test_who_is_no_administrator_any_more_reads_no_further(root: Client, house: House) -> None:
    broken(root, house)
    User.objects.filter(pk=house.root.pk).update(is_superuser=False)
    assert root.get(page(house, "content/")).status_code == 403
    User.objects.filter(pk=house.root.pk).update(is_staff=False)
    assert root.get(page(house, "content/")).status_code == 302


@proves("cell-M101")
def test_nothing_is_written_into_it_also_with_break_glass(root: Client, house: House) -> None:
    broken(root, house)
    for tail in ("change/", "delete/", "content/"):
        assert root.post(page(house, tail), {"title": "mine", "post": "yes"}).status_code == 403, tail
    assert root.post(BASE, {"action": "delete_selected", "_selected_action": "1"}).status_code in (200, 302)
    row = Conversation.objects.get()
    assert row.title == f"{CANARY} title"
    assert row.messages.count() == 2


@proves("cell-M102")
def test_a_whole_team_is_exported_nowhere_in_the_admin(root: Client, house: House) -> None:
    """By break-glass each conversation is opened on its own; there is no page for many at once."""
    assert not [address for address in pages(house) if "export" in address]
    assert "export" not in root.get(BASE).content.decode()


@proves("cell-M109")
def test_nobody_acts_as_somebody_else(root: Client, house: House) -> None:
    words = ("impersonate", "hijack", "login-as", "become", "su/")
    assert not [address for address in pages(house) if any(word in address for word in words)]
