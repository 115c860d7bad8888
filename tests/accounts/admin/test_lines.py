"""Every change in the admin is a line, every line says who and from where, and none says a secret."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import RequestFactory

from accounts.models import AuditLine, OAuthClient, Team, User
from tests.accounts.admin.house import House, browser_of, empty
from tests.proof import proves

CLIENT = {"token_ttl": "600", "expires_0": "", "expires_1": "", "scopes": ["chat:write"]}
PERSON = {"usable_password": "false"} | empty("identities", "memberships", "memberships-2")
TEAM = {"default_visibility": "private"} | empty("memberships", "memberships-2")
# Of each model that can be changed here: what to send for another one, and for a changed one.
FORMS: dict[type[Any], tuple[dict[str, Any], dict[str, Any]]] = {
    User: ({"username": "dana"} | PERSON, {"username": "dana", "display_name": "Dana"} | PERSON),
    Team: ({"slug": "new"} | TEAM, {"name": "New"} | TEAM),
    Group: ({"name": "drawing"}, {"name": "painting"}),
    OAuthClient: ({"name": "indexer"} | CLIENT, {"name": "crawler"} | CLIENT),
}


def editable(house: House) -> set[type[Any]]:
    request = RequestFactory().get("/admin/")
    request.user = house.root
    return {
        model
        for model, page in admin.site._registry.items()
        if page.has_add_permission(request)
        or page.has_change_permission(request)
        or page.has_delete_permission(request)
    }


def test_the_list_of_what_can_be_changed_is_whole(house: House) -> None:
    assert editable(house) == set(FORMS)


@proves("hard-H45", "hard-H48")
def test_each_addition_change_and_deletion_is_a_line(house: House) -> None:
    browser = browser_of(house.root)
    for model, (added, changed) in FORMS.items():
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        known = set(model.objects.values_list("pk", flat=True))
        acts = [("add/", added, ("admin.added", "client.make"))]
        assert lines_of(browser, base, acts) == 1, model
        (made,) = set(model.objects.values_list("pk", flat=True)) - known
        acts = [(f"{made}/change/", changed, ("admin.changed", "client.change"))]
        assert lines_of(browser, base, acts) == 1, model
        if model in (Team, Group):
            acts = [(f"{made}/delete/", {"post": "yes"}, ("admin.deleted",))]
            assert lines_of(browser, base, acts) == 1, model


def lines_of(browser: Any, base: str, acts: list[tuple[str, dict[str, Any], tuple[str, ...]]]) -> int:
    """Lines that these acts made; each by root, from here, and of one of those kinds."""
    last = AuditLine.objects.order_by("-id").values_list("id", flat=True).first() or 0
    for page, fields, _ in acts:
        assert browser.post(base + page, fields).status_code in (200, 302)
    made = list(AuditLine.objects.filter(id__gt=last))
    for line in made:
        assert (line.actor, line.address) == ("root", "127.0.0.1")
        assert line.action in acts[0][2]
        assert line.details
    return len(made)


def test_a_deletion_of_several_is_a_line_each(house: House) -> None:
    groups = [Group.objects.create(name=name) for name in ("one", "two")]
    house.charlie.groups.set(groups)
    act = {"action": "delete_selected", "_selected_action": [str(each.pk) for each in groups], "post": "yes"}
    browser_of(house.root).post("/admin/auth/group/", act)
    lines = AuditLine.objects.filter(action="admin.deleted").order_by("id")
    assert {line.details["name"] for line in lines} == {"one", "two"}


def test_saving_without_a_change_is_no_line(house: House) -> None:
    before = AuditLine.objects.count()
    fields = {"name": house.team.name} | TEAM
    rows = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    browser_of(house.root).post(f"/admin/accounts/team/{house.team.pk}/change/", fields | rows)
    assert AuditLine.objects.count() == before


def test_nobody_changes_or_deletes_a_line(house: House) -> None:
    """M107."""
    line = AuditLine.objects.get()
    browser = browser_of(house.root)
    base = f"/admin/accounts/auditline/{line.pk}/"
    assert browser.get(base + "change/").status_code == 200
    assert browser.post(base + "change/", {"actor": "nobody"}).status_code == 403
    assert browser.post(base + "delete/", {"post": "yes"}).status_code == 403
    assert browser.get("/admin/accounts/auditline/add/").status_code == 403
    act = {"action": "delete_selected", "_selected_action": str(line.pk), "post": "yes"}
    browser.post("/admin/accounts/auditline/", act)
    assert AuditLine.objects.get().actor == line.actor


def test_the_chain_is_checked_by_a_button_and_an_altered_line_is_named(house: House) -> None:
    browser = browser_of(house.root)
    page = "/admin/accounts/auditline/verify/"
    assert b"Whole:" not in browser.get(page).content
    assert b"Whole: every line" in browser.post(page).content
    line = AuditLine.objects.get()
    with connection.cursor() as cursor:  # by somebody who reaches the database
        cursor.execute("UPDATE accounts_auditline SET actor = 'mallory' WHERE id = %s", [line.pk])
    answer = browser.post(page).content
    assert b"A line was altered" in answer
    assert f"line {line.pk}:".encode() in answer


def test_a_failure_is_found_by_the_reference_a_person_was_shown(house: House) -> None:
    browser = browser_of(house.root)
    found = browser.get("/admin/accounts/signinfailure/?q=ref12345").context["cl"].result_list
    assert [each.reference for each in found] == ["REF12345"]
    assert not browser.get("/admin/accounts/signinfailure/?q=REF1").context["cl"].result_list


@proves("hard-H08")
def test_what_people_call_themselves_is_no_markup(house: House) -> None:
    """CVE-2026-15920 and kin."""
    evil = "<script>alert(1)</script>javascript:alert(1)"
    User.objects.filter(pk=house.charlie.pk).update(display_name=evil[:150])
    Team.objects.filter(pk=house.other.pk).update(name=evil[:150])
    type(house.identity).objects.update(subject=evil, email="x@example.com", groups=[evil])
    type(house.failure).objects.update(detail=evil)
    browser = browser_of(house.root)
    for page in (
        "/admin/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{house.charlie.pk}/change/",
        f"/admin/accounts/user/{house.charlie.pk}/act/deactivate/",
        f"/admin/accounts/team/{house.other.pk}/change/",
        f"/admin/accounts/externalidentity/{house.identity.pk}/move/",
        f"/admin/accounts/signinfailure/{house.failure.pk}/change/",
    ):
        text = browser.get(page).content.decode()
        assert "<script>alert" not in text, page
        assert 'href="javascript:' not in text, page
