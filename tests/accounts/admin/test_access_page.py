"""What can this person see, and why: one page, and each reason in words."""

from __future__ import annotations

from accounts.models import Membership, User
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.admin.house import House, browser_of

COMPANY = {
    "name": "company",
    "issuer_url": "https://sso.example.com",
    "client_id": "clawdbot",
    "client_secret": "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf",
    "redirect_uri": "http://localhost:8080/callback",
    "group_map": {"/departments/sales": "team-a"},
    "scope_map": {"team-a": ["chat:read", "history:team-a"]},
}


def page(house: House, user: User) -> str:
    answer = browser_of(house.root).get(f"/admin/accounts/user/{user.pk}/access/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_teams_and_scopes_stand_with_their_reasons(house: House) -> None:
    house.identity.groups = ["team-a"]
    house.identity.save()
    Membership.objects.create(user=house.charlie, team=house.team, source="company")
    with live.override(Config(mode="development", oauth2=[COMPANY])):
        text = page(house, house.charlie)
    assert "by group_map of company: /departments/sales" in text
    assert "by scope_map of company for team-a" in text
    assert "by being in team-a" in text
    assert "by hand, by an administrator or a lead" in text


def test_who_has_nothing_and_who_is_switched_off_reads_well(house: House) -> None:
    nobody = User.objects.create_user("nobody", is_active=False)
    text = page(house, nobody)
    assert "Nothing of this counts now" in text
    assert "None: their own private conversations" in text
    assert "everybody has it" in text


def test_a_provider_that_is_gone_is_named_as_gone(house: House) -> None:
    Membership.objects.create(user=house.charlie, team=house.team, source="company")
    assert "(not in the configuration any more)" in page(house, house.charlie)


def test_an_administrator_is_told_that_it_opens_no_conversation(house: House) -> None:
    assert "An administrator reads no conversation by that" in page(house, house.ruth)
