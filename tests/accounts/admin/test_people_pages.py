"""People in the admin: switched off and on by services, never raised by themselves, never the last."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import AuditLine, ExternalIdentity, Membership, Revocation, Team, User
from tests.accounts.admin.house import House, browser_of, empty
from tests.proof import proves

LIST = "/admin/accounts/user/"
INLINES = ("identities", "memberships", "memberships-2")


def address(user: User, page: str = "change/") -> str:
    return f"{LIST}{user.pk}/{page}"


def form(user: User, **given: Any) -> dict[str, Any]:
    return {"username": user.username, "display_name": user.display_name} | empty(*INLINES) | given


def test_a_person_is_deactivated_after_a_question_and_everything_of_theirs_ends(house: House) -> None:
    browser = browser_of(house.root)
    page = address(house.charlie, "act/deactivate/")
    assert b"ends within seconds" in browser.get(page).content
    assert User.objects.get(pk=house.charlie.pk).is_active
    browser.post(page)
    assert not User.objects.get(pk=house.charlie.pk).is_active
    assert Revocation.objects.filter(kind="person", subject=str(house.charlie.pk)).exists()
    line = AuditLine.objects.get(action="person.deactivated")
    assert (line.actor, line.address) == ("root", "127.0.0.1")
    browser.post(address(house.charlie, "act/reactivate/"))
    assert User.objects.get(pk=house.charlie.pk).is_active


def test_signing_out_everywhere_is_an_action_for_several(house: House) -> None:
    chosen = [str(house.charlie.pk), str(house.bob.pk)]
    browser_of(house.root).post(LIST, {"action": "sign_out_everywhere", "_selected_action": chosen})
    assert Revocation.objects.filter(kind="person").count() == 2
    assert AuditLine.objects.filter(action="person.signed_out").count() == 2


def test_whether_somebody_counts_is_no_field_of_the_form(house: House) -> None:
    browser_of(house.root).post(address(house.charlie), form(house.charlie))
    assert User.objects.get(pk=house.charlie.pk).is_active
    User.objects.filter(pk=house.charlie.pk).update(is_active=False)
    browser_of(house.root).post(address(house.charlie), form(house.charlie, is_active="on"))
    assert not User.objects.get(pk=house.charlie.pk).is_active


@pytest.mark.parametrize("act", ["deactivate", "take"])
@proves("hard-H46")
def test_an_administrator_cannot_take_the_admin_from_themselves(house: House, act: str) -> None:
    browser = browser_of(house.root)
    if act == "deactivate":
        answer = browser.post(address(house.root, "act/deactivate/"), follow=True)
        assert b"cannot take the admin from yourself" in answer.content
        browser.post(LIST, {"action": "deactivate", "_selected_action": [str(house.root.pk)]})
    else:
        browser.post(address(house.root), form(house.root))
    root = User.objects.get(pk=house.root.pk)
    assert (root.is_active, root.is_staff, root.is_superuser) == (True, True, True)


@proves("hard-H46")
def test_of_two_administrators_one_may_go_and_the_last_may_not(house: House) -> None:
    browser = browser_of(house.root)
    browser.post(address(house.ruth), form(house.ruth, is_staff="on"))
    assert not User.objects.get(pk=house.ruth.pk).is_superuser
    other = User.objects.create_superuser("other")
    User.objects.filter(pk=house.root.pk).update(is_superuser=True)
    session = browser_of(other)
    User.objects.filter(pk=other.pk).update(is_staff=False)  # no administrator any more, but still superuser
    User.objects.filter(pk=other.pk).update(is_staff=True)
    session.post(address(house.root, "act/deactivate/"))
    assert not User.objects.get(pk=house.root.pk).is_active
    answer = session.post(address(other, "act/deactivate/"), follow=True)
    assert User.objects.get(pk=other.pk).is_active
    assert b"cannot take the admin" in answer.content


@proves("hard-H46")
def test_the_last_administrator_stays_whoever_asks(house: House) -> None:
    """A superuser who is no staff (made outside the admin) is none who could mend things."""
    from accounts.admin.guards import why_kept

    User.objects.filter(pk=house.ruth.pk).update(is_active=False)
    assert "last administrator" in str(why_kept(house.root, house.ruth))
    assert why_kept(house.charlie, house.ruth) is None


def test_an_administrator_makes_another_and_the_line_names_the_rights(house: House) -> None:
    group = Group.objects.create(name="drawing")
    given = form(house.charlie, is_staff="on", is_superuser="on", groups=[str(group.pk)])
    assert browser_of(house.root).post(address(house.charlie), given).status_code == 302
    assert User.objects.get(pk=house.charlie.pk).is_superuser
    details = AuditLine.objects.get(action="admin.changed").details
    assert (details["is_superuser"], details["is_staff"], details["groups"]) == (True, True, ["drawing"])


def test_a_lost_group_ends_what_was_cached(house: House) -> None:
    house.charlie.groups.add(Group.objects.create(name="drawing"))
    browser_of(house.root).post(address(house.charlie), form(house.charlie))
    assert not house.charlie.groups.exists()
    assert Revocation.objects.filter(kind="rights", subject=str(house.charlie.pk)).exists()


def test_people_are_not_deleted(house: House) -> None:
    browser = browser_of(house.root)
    assert browser.post(address(house.charlie, "delete/"), {"post": "yes"}).status_code == 403
    act = {"action": "delete_selected", "_selected_action": str(house.charlie.pk), "post": "yes"}
    browser.post(LIST, act)
    assert User.objects.filter(pk=house.charlie.pk).exists()


def test_a_password_is_in_no_line_and_a_form_cannot_name_an_id(house: House) -> None:
    browser = browser_of(house.root)
    passwords = {"usable_password": "true", "password1": "corr3ct-horse-9", "password2": "corr3ct-horse-9"}
    assert (
        browser.post(LIST + "add/", {"username": "dana", **passwords, "id": str(house.root.pk)}).status_code
        == 302
    )
    dana = User.objects.get(username="dana")
    assert dana.check_password("corr3ct-horse-9")
    passwords = {**passwords, "password1": "other-h0rse-10", "password2": "other-h0rse-10"}
    assert browser.post(address(dana, "password/"), passwords).status_code == 302
    lines = list(AuditLine.objects.filter(target=f"user:{dana.pk}").order_by("id"))
    assert [line.action for line in lines] == ["admin.added", "admin.changed"]
    assert "horse" not in str([line.details for line in lines])
    assert User.objects.get(pk=dana.pk).check_password("other-h0rse-10")


def test_the_list_is_searched_by_what_a_provider_calls_people_and_narrowed_down(house: House) -> None:
    browser = browser_of(house.root)

    def names(query: str) -> set[str]:
        return {user.username for user in browser.get(LIST + query).context["cl"].result_list}

    assert names("?q=sub-of-charlie") == {"charlie"}
    assert names("?team=team-a") == {"alice", "bob"}
    assert names("?provider=company") == {"charlie"}
    assert "charlie" not in names("?provider=-")
    assert names("?seen=week") == {"root"}
    assert "charlie" in names("?seen=never")
    assert "root" not in names("?seen=month")


def test_a_membership_by_hand_is_made_on_the_persons_page_and_a_given_one_is_not_changed(
    house: House,
) -> None:
    given = Membership.objects.create(user=house.charlie, team=house.team, source="company")
    other = Team.objects.create(slug="new")
    row = Membership.objects.get(user=house.charlie, source="")
    fields = {
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(row.pk),
        "memberships-0-user": str(house.charlie.pk),
        "memberships-0-role": "member",
        "memberships-0-team": str(house.team.pk),  # a row's team is said once
        "memberships-1-team": str(other.pk),
        "memberships-1-user": str(house.charlie.pk),
        "memberships-1-role": "lead",
        "memberships-2-TOTAL_FORMS": "1",
        "memberships-2-INITIAL_FORMS": "1",
        "memberships-2-0-id": str(given.pk),
        "memberships-2-0-role": "lead",
        "memberships-2-0-DELETE": "on",
    }
    assert (
        browser_of(house.root).post(address(house.charlie), form(house.charlie, **fields)).status_code == 302
    )
    mine = Membership.objects.filter(user=house.charlie).values_list("team__slug", "role", "source")
    assert sorted(mine) == [("new", "lead", ""), ("team-a", "member", "company"), ("team-c", "member", "")]


# ---- identities ---------------------------------------------------------------------------------


def move(house: House, browser: Client, to: User) -> Any:
    return browser.post(f"/admin/accounts/externalidentity/{house.identity.pk}/move/", {"to": str(to.pk)})


def test_an_identity_moves_to_another_person(house: House) -> None:
    assert move(house, browser_of(house.root), house.bob).status_code == 302
    assert ExternalIdentity.objects.get(pk=house.identity.pk).user == house.bob
    line = AuditLine.objects.get(action="identity.moved")
    assert line.actor == "root"
    again = move(house, browser_of(house.root), house.bob)
    assert b"already" in again.content


def test_an_identity_is_otherwise_only_read(house: House) -> None:
    browser = browser_of(house.root)
    base = f"/admin/accounts/externalidentity/{house.identity.pk}/"
    assert browser.post(base + "change/", {"subject": "other", "admin": "on"}).status_code == 403
    assert browser.post(base + "delete/", {"post": "yes"}).status_code == 403
    assert browser.get("/admin/accounts/externalidentity/add/").status_code == 403
    found = ExternalIdentity.objects.get(pk=house.identity.pk)
    assert (found.subject, found.admin) == ("sub-of-charlie", False)
