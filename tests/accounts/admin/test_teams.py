"""Teams and their members: what a lead changes by hand, and what nobody changes here."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditLine, ExternalIdentity, Membership, Revocation, Team, User
from tests.accounts.admin.house import House, browser_of, counted, empty
from tests.proof import proves

LISTS = ("memberships", "memberships-2", "memberships-3")


def address(team: Team) -> str:
    return f"/admin/accounts/team/{team.pk}/change/"


def form(team: Team, **given: Any) -> dict[str, Any]:
    return {"name": team.name, "default_visibility": "private"} | empty(*LISTS) | given


def prefix_of(house: House, user: User) -> str:
    """How the rows that may be changed are called on this page."""
    page = browser_of(user).get(address(house.team))
    return next(
        each.formset.prefix
        for each in page.context["inline_admin_formsets"]
        if each.has_add_permission and each.opts.verbose_name == "member"
    )


def add(house: House, user: User, **row: str) -> Any:
    name = prefix_of(house, user)
    fields = {f"{name}-TOTAL_FORMS": "1", **{f"{name}-0-{field}": value for field, value in row.items()}}
    return browser_of(user).post(address(house.team), form(house.team, **fields))


def delete(house: House, user: User, row: Membership, **more: str) -> Any:
    name = prefix_of(house, user)
    fields = {
        f"{name}-TOTAL_FORMS": "1",
        f"{name}-INITIAL_FORMS": "1",
        f"{name}-0-id": str(row.pk),
        f"{name}-0-team": str(row.team_id),
        f"{name}-0-DELETE": "on",
    }
    return browser_of(user).post(address(house.team), form(house.team, **(fields | more)))


def test_a_lead_adds_a_member_by_their_name(house: House) -> None:
    assert add(house, house.alice, who="charlie").status_code == 302
    made = Membership.objects.get(team=house.team, user=house.charlie)
    assert (made.role, made.source) == ("member", "")
    line = AuditLine.objects.get(action="team.joined")
    assert (line.actor, line.target) == ("alice", f"person:{house.charlie.pk}")
    assert line.address == "127.0.0.1"


@pytest.mark.parametrize("name", ["sub-of-charlie", "charlie@example.com"])
def test_a_lead_may_name_people_as_the_provider_does(house: House, name: str) -> None:
    ExternalIdentity.objects.update(email="Charlie@example.com", email_verified=True)
    assert add(house, house.alice, who=name).status_code == 302
    assert Membership.objects.filter(team=house.team, user=house.charlie).exists()


@pytest.mark.parametrize("name", ["nobody", "charlie@example.com", "charlie the stranger", "", "char", "%"])
def test_who_cannot_be_told_is_not_added(house: House, name: str) -> None:
    """An e-mail nobody verified and a display name are what anybody may call themselves."""
    ExternalIdentity.objects.update(email="charlie@example.com", email_verified=False)
    add(house, house.alice, who=name)
    assert Membership.objects.filter(team=house.team).count() == 2


def test_who_is_in_the_team_already_is_said_so(house: House) -> None:
    answer = add(house, house.alice, who="bob")
    assert answer.status_code == 200
    assert b"in this team already" in answer.content


def test_a_lead_takes_a_member_out_and_what_they_saw_ends(house: House) -> None:
    row = Membership.objects.get(user=house.bob)
    assert delete(house, house.alice, row).status_code == 302
    assert not Membership.objects.filter(user=house.bob).exists()
    assert Revocation.objects.filter(kind="rights", subject=str(house.bob.pk)).exists()
    assert AuditLine.objects.filter(action="team.left", actor="alice").exists()


def test_a_lead_changes_name_and_visibility_and_nothing_else(house: House) -> None:
    given = {"name": "New name", "default_visibility": "team", "slug": "other", "parent": str(house.other.pk)}
    assert browser_of(house.alice).post(address(house.team), form(house.team, **given)).status_code == 302
    team = Team.objects.get(pk=house.team.pk)
    assert (team.name, team.default_visibility) == ("New name", "team")
    assert (team.slug, team.parent) == ("team-a", None)
    line = AuditLine.objects.get(action="admin.changed")
    assert line.target == f"team:{team.pk}"
    assert line.details == {"name": "New name", "default_visibility": "team"}


def test_a_lead_makes_no_leads(house: House) -> None:
    foreign = add(house, house.alice, who="charlie", team=str(house.other.pk))
    assert foreign.status_code == 200
    assert Membership.objects.filter(user=house.charlie).count() == 1
    add(house, house.alice, who="charlie", role="lead", source="company")
    made = Membership.objects.get(user=house.charlie, team=house.team)
    assert (made.role, made.source) == ("member", "")
    row = Membership.objects.get(user=house.bob)
    name = prefix_of(house, house.alice)
    fields = {f"{name}-TOTAL_FORMS": "1", f"{name}-INITIAL_FORMS": "1", f"{name}-0-id": str(row.pk)}
    fields |= {f"{name}-0-team": str(house.team.pk), f"{name}-0-role": "lead"}
    browser_of(house.alice).post(address(house.team), form(house.team, **fields))
    assert Membership.objects.get(pk=row.pk).role == "member"


def test_a_forged_row_reaches_no_other_team_no_lead_and_no_providers_row(house: House) -> None:
    before = counted()
    given = Membership.objects.create(user=house.charlie, team=house.team, source="company")
    before = counted()
    foreign = Membership.objects.get(team=house.other)
    own_lead = Membership.objects.get(user=house.alice)
    for row in (foreign, own_lead, given):
        delete(house, house.alice, row)
        for name in LISTS:
            fields = {f"{name}-TOTAL_FORMS": "1", f"{name}-INITIAL_FORMS": "1", f"{name}-0-id": str(row.pk)}
            fields |= {f"{name}-0-DELETE": "on", f"{name}-0-team": str(row.team_id)}
            browser_of(house.alice).post(address(house.team), form(house.team, **fields))
    assert counted() == before


def test_a_lead_reads_who_leads_and_what_a_provider_gives(house: House) -> None:
    Membership.objects.create(user=house.charlie, team=house.team, source="company")
    text = browser_of(house.alice).get(address(house.team)).content.decode()
    assert "company" in text
    assert "charlie the stranger" in text
    assert "/admin/accounts/user/" not in text


@proves("promise-M21")
def test_a_lead_sees_no_history_and_adds_and_deletes_no_team(house: House) -> None:
    browser = browser_of(house.alice)
    base = f"/admin/accounts/team/{house.team.pk}/"
    assert browser.get(base + "history/").status_code == 403
    assert browser.post(base + "delete/", {"post": "yes"}).status_code == 403
    assert browser.get("/admin/accounts/team/add/").status_code == 403
    act = {"action": "delete_selected", "_selected_action": str(house.team.pk), "post": "yes"}
    browser.post("/admin/accounts/team/", act)
    assert Team.objects.count() == 2


def test_an_administrator_makes_a_lead_and_the_line_says_so(house: House) -> None:
    row = Membership.objects.get(user=house.bob)
    fields = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(row.pk),
        "memberships-0-team": str(house.team.pk),
        "memberships-0-role": "lead",
    }
    answer = browser_of(house.root).post(address(house.team), form(house.team, **(_two(house, fields))))
    assert answer.status_code == 302, answer.context["errors"]
    assert Membership.objects.get(pk=row.pk).role == "lead"
    assert AuditLine.objects.filter(action="team.role", actor="root").exists()


def _two(house: House, fields: dict[str, str]) -> dict[str, str]:
    """An administrator's list also holds the lead's own row."""
    rows = list(Membership.objects.filter(team=house.team, source="").order_by("since"))
    found = {"memberships-TOTAL_FORMS": str(len(rows)), "memberships-INITIAL_FORMS": str(len(rows))}
    for number, row in enumerate(rows):
        found |= {
            f"memberships-{number}-id": str(row.pk),
            f"memberships-{number}-team": str(row.team_id),
            f"memberships-{number}-role": fields["memberships-0-role"]
            if str(row.pk) == fields["memberships-0-id"]
            else row.role,
        }
    return found


def test_a_team_with_members_is_not_deleted(house: House) -> None:
    browser = browser_of(house.root)
    page = f"/admin/accounts/team/{house.team.pk}/delete/"
    assert browser.post(page, {"post": "yes"}).status_code == 403
    act = {"action": "delete_selected", "_selected_action": str(house.team.pk), "post": "yes"}
    assert browser.post("/admin/accounts/team/", act).status_code == 403
    house.team.memberships.all().delete()
    assert browser.post(page, {"post": "yes"}).status_code == 302
    assert not Team.objects.filter(slug="team-a").exists()
    assert AuditLine.objects.get(action="admin.deleted").target == f"team:{house.team.pk}"
