"""Nobody gets more by the admin than they have: secrets of wider clients, sessions of somebody else."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts import clients
from accounts.models import ExternalIdentity, Membership, OAuthClient, Revocation, Team
from accounts.signin import sessions
from tests.accounts.admin.house import House, browser_of
from tests.accounts.admin.test_client_pages import LIST, address, secret_of
from tests.proof import proves

PASSWORD = "correct horse battery"


def wide(house: House) -> tuple[OAuthClient, str]:
    return clients.make("wide", ["chat:read", "history:team-c"], by="cli")


@proves("hard-H46")
@pytest.mark.parametrize("keep", ["0", "3600"])
def test_a_new_secret_opens_no_more_than_who_reads_it_may(house: House, keep: str) -> None:
    client, secret = wide(house)
    answer = browser_of(house.root).post(address(client, "rotate"), {"keep": keep}, follow=True)
    assert b"client-secret" not in answer.content
    assert b"You do not have the scope history:team-c yourself." in answer.content
    assert clients.find(client.client_id, secret) == client
    Membership.objects.create(user=house.root, team=Team.objects.get(slug="team-c"))
    new = secret_of(browser_of(house.root).post(address(client, "rotate"), {"keep": keep}))
    assert clients.find(client.client_id, new) == client


@proves("hard-H46")
def test_staff_that_may_change_clients_reaches_no_wider_one(house: House) -> None:
    client, _secret = wide(house)
    for right in ("view_oauthclient", "change_oauthclient"):
        house.staff.user_permissions.add(Permission.objects.get(codename=right))
    answer = browser_of(house.staff).post(address(client, "rotate"), {"keep": "0"}, follow=True)
    assert b"client-secret" not in answer.content


def facts(browser: Client) -> sessions.Facts:
    found = sessions.facts_of(browser.session)
    assert found is not None
    return found


def by_password(browser: Client, name: str) -> None:
    answer = browser.post("/admin/login/?next=/admin/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302


@pytest.fixture
def browser(house: House) -> Client:
    for one in (house.root, house.ruth):
        one.set_password(PASSWORD)
        one.save()
    return Client(headers={"host": "localhost"})


@proves("hard-H12")
def test_the_admins_form_gives_the_session_a_new_key(browser: Client) -> None:
    browser.get("/auth/nobody/start")
    keys = []
    for _turn in range(2):
        by_password(browser, "root")
        keys.append(browser.cookies["clawdbot"].value)
    assert len(set(keys)) == 2
    old = Client(headers={"host": "localhost"})
    old.cookies["clawdbot"] = keys[0]
    assert old.get("/admin/").status_code == 302


@proves("hard-H17")
def test_signing_in_again_by_the_admins_form_keeps_what_a_logout_ends(browser: Client) -> None:
    by_password(browser, "root")
    sid = facts(browser).sid
    by_password(browser, "root")
    assert facts(browser).sid == sid


@proves("hard-H17")
def test_another_person_at_the_admins_form_ends_the_first_ones_session(browser: Client) -> None:
    by_password(browser, "root")
    sid = facts(browser).sid
    by_password(browser, "ruth")
    assert facts(browser).sid != sid
    assert Revocation.objects.filter(kind="session", subject=sid).exists()


@proves("hard-H46", "promise-M20")
def test_nobody_gives_a_password_to_who_signs_in_by_a_provider(house: House) -> None:
    house.charlie.set_unusable_password()
    house.charlie.save()
    browser = browser_of(house.root)
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    address = f"/admin/accounts/user/{house.charlie.pk}/password/"
    assert browser.get(address).status_code == browser.post(address, form).status_code == 403
    house.charlie.refresh_from_db()
    assert not house.charlie.has_usable_password()
    assert "password/" not in browser.get(address.replace("password/", "change/")).content.decode()
    local = f"/admin/accounts/user/{house.bob.pk}/password/"
    assert browser.post(local, form).status_code == 302
    house.bob.refresh_from_db()
    assert house.bob.check_password(PASSWORD)


@proves("hard-H46", "promise-M20")
def test_an_administrator_becomes_nobody_else_by_moving_their_own_identity(house: House) -> None:
    own = ExternalIdentity.objects.create(
        user=house.root, provider="company", issuer="https://sso.example.com", subject="sub-of-root"
    )
    address = f"/admin/accounts/externalidentity/{own.pk}/move/"
    assert browser_of(house.root).post(address, {"to": str(house.bob.pk)}).status_code == 403
    own.refresh_from_db()
    assert own.user == house.root
    assert browser_of(house.ruth).post(address, {"to": str(house.bob.pk)}).status_code == 302


@proves("hard-H37", "hard-H38")
@pytest.mark.parametrize("field", ["secret_hash", "previous_hash"])
def test_no_hash_is_guessed_letter_by_letter(house: House, field: str) -> None:
    begins = house.client.secret_hash[:3]
    answer = browser_of(house.root).get(LIST, {f"{field}__startswith": begins})
    assert answer.status_code == 400
