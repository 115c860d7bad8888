"""Who may open which page of the admin: every address, asked as everybody."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Membership, User
from tests.accounts.admin.house import SECRET_OF_OTHERS, House, browser_of, counted, empty, pages
from tests.proof import proves

FREE = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
OF_LEADS = {"/admin/", "/admin/accounts/team/", "/admin/accounts/", "/admin/password_change/"}
CLOSED = ("/add/", "/delete/", "no/such", "autocomplete", "/content/", "/grant/1/end/")  # also to root
OF_LEADS |= {"/admin/password_change/done/"}


def test_there_are_many_pages(house: House) -> None:
    found = pages(house)
    assert len(found) > 50
    assert f"/admin/accounts/team/{house.other.pk}/change/" in found
    assert not [page for page in found if "<" in page or "?P" in page]


@pytest.mark.parametrize("name", ["stranger", "bob", "charlie"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_neither_staff_nor_lead_is_sent_to_the_login_from_every_page(
    house: House, name: str, method: str
) -> None:
    browser = browser_of(User.objects.filter(username=name).first())
    before = counted()
    for page in sorted(set(pages(house)) - FREE):
        answer = getattr(browser, method)(page)
        assert answer.status_code in (301, 302), page
        assert answer["Location"].startswith("/admin/login/"), page
    assert counted() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_lead_opens_their_teams_and_nothing_else(house: House, method: str) -> None:
    browser = browser_of(house.alice)
    before = counted()
    opened = set()
    for page in sorted(set(pages(house)) - FREE):
        answer = getattr(browser, method)(page, {"term" if "autocomplete" in page else "q": "c"})
        text = answer.content.decode()
        assert [word for word in SECRET_OF_OTHERS if word in text.replace(page, "")] == [], page
        if answer.status_code == 200:
            opened.add(page)
        else:
            assert answer.status_code in (301, 302, 403, 404, 405), page
    assert opened <= OF_LEADS
    assert counted() == before


def test_a_foreign_team_answers_a_lead_as_one_that_does_not_exist(house: House) -> None:
    browser = browser_of(house.alice)
    for tail in ("change/", "delete/", "history/"):
        for method in ("get", "post"):
            there = getattr(browser, method)(f"/admin/accounts/team/{house.other.pk}/{tail}")
            nowhere = getattr(browser, method)(f"/admin/accounts/team/987654/{tail}")
            assert (there.status_code, there.get("Location")) == (
                nowhere.status_code,
                nowhere.get("Location"),
            )
            assert there.content == nowhere.content


@pytest.mark.parametrize(
    "query",
    [
        "?_facets=True",
        "?memberships__user__username=charlie",
        "?memberships__user__username__startswith=c",
        "?parent__slug=team-c",
        "?_popup=1&_to_field=slug",
        "?q=team-c",
        "?all=",
        "?id__gt=0",
        "?slug__startswith=team",
        "?o=-2",
    ],
)
def test_no_question_in_the_address_tells_a_lead_of_other_teams(house: House, query: str) -> None:
    answer = browser_of(house.alice).get(f"/admin/accounts/team/{query}")
    assert answer.status_code in (200, 302, 400)
    shown = answer.content.decode().replace("?q=team-c", "").replace('value="team-c"', "")
    shown = shown.replace(query.replace("&", "&amp;"), "")
    assert [word for word in ("Team of Charlie", "ruth", "charlie the") if word in shown] == []


def test_a_lead_cannot_ask_what_their_team_is_part_of(house: House) -> None:
    type(house.team).objects.filter(pk=house.team.pk).update(parent=house.other)
    page = f"/admin/accounts/team/?parent={house.other.pk}"
    assert browser_of(house.alice).get(page).status_code == 400
    assert browser_of(house.root).get(page).status_code == 200


def test_an_administrator_opens_every_page(house: House) -> None:
    house.charlie.set_password("so that the page of it opens too")
    house.charlie.save()
    browser = browser_of(house.root)
    for page in pages(house):
        answer = browser.get(page)
        assert answer.status_code in (200, 302, 403, 404, 405), page
        if answer.status_code in (403, 404):
            assert any(part in page for part in CLOSED) or (
                page.endswith("/") and page.count("/") == 5 and not page.endswith("change/")
            ), page


@proves("hard-H03")
def test_no_page_needs_what_the_content_policy_forbids(house: House) -> None:
    """No script or style inside a page, no on... attribute: D15."""
    browser = browser_of(house.root)
    for page in pages(house):
        answer = browser.get(page)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.content.decode()
        assert (
            re.findall(
                r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|(?:src|href)=.https?:", text
            )
            == []
        ), page


def test_staff_without_rights_opens_no_list(house: House) -> None:
    """M110: staff is not administrator."""
    browser = browser_of(house.staff)
    assert browser.get("/admin/").status_code == 200
    assert b"charlie" not in browser.get("/admin/").content
    for page in pages(house):
        if page.count("/") > 3 and page not in FREE | OF_LEADS:
            assert browser.get(page).status_code in (301, 302, 403, 404, 405), page


@proves("hard-H46")
def test_staff_that_may_change_people_gains_no_rights_by_it(house: House) -> None:
    """H-46: neither for itself, nor over those who have more."""
    house.staff.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    browser = browser_of(house.staff)
    form = {"username": "staff", "display_name": "Staff", "is_superuser": "on", "is_staff": "on"}
    inlines = empty("identities", "memberships", "memberships-2")
    browser.post(f"/admin/accounts/user/{house.staff.pk}/change/", form | inlines)
    assert not User.objects.get(username="staff").is_superuser
    browser.post(f"/admin/accounts/user/{house.charlie.pk}/change/", form | inlines | {"username": "charlie"})
    assert not User.objects.get(username="charlie").is_staff
    password = {"password1": "a-new-pass-1", "password2": "a-new-pass-1", "usable_password": "true"}
    assert browser.post(f"/admin/accounts/user/{house.root.pk}/password/", password).status_code == 403
    page = f"/admin/accounts/user/{house.root.pk}/act/deactivate/"
    assert browser.post(page).status_code == 403
    assert browser.get("/admin/auth/group/").status_code == 403
    assert User.objects.get(username="root").is_active


def test_who_stops_leading_is_out_at_the_next_page(house: House) -> None:
    browser = browser_of(house.alice)
    assert browser.get("/admin/").status_code == 200
    Membership.objects.filter(user=house.alice).update(role=Membership.Role.MEMBER)
    assert browser.get("/admin/").status_code == 302


def test_who_is_inactive_is_out_at_the_next_page(house: House) -> None:
    browser = browser_of(house.root)
    User.objects.filter(username="root").update(is_active=False)
    assert browser.get("/admin/").status_code == 302


def test_there_is_no_page_that_tells_whether_an_object_exists(house: House) -> None:
    assert not [page for page in pages(house) if page.startswith("/admin/r/")]
