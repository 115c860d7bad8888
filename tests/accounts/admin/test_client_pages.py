"""Machine clients in the admin: a secret is seen once, and never wider than who made it."""

from __future__ import annotations

import html
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import clients
from accounts.models import AuditLine, Membership, OAuthClient, Revocation
from tests.accounts.admin.house import House, browser_of
from tests.proof import proves

LIST = "/admin/accounts/oauthclient/"


def make(browser: Client, name: str = "indexer", **given: Any) -> Any:
    fields = {"name": name, "scopes": ["chat:write"], "token_ttl": "600", "expires_0": "", "expires_1": ""}
    return browser.post(LIST + "add/", fields | given)


def secret_of(answer: Any) -> str:
    found = re.search(r'id="client-secret">([^<]+)<', answer.content.decode())
    assert found is not None
    return html.unescape(found[1])


def address(client: OAuthClient, page: str) -> str:
    return f"{LIST}{client.pk}/{page}/"


def test_a_new_clients_secret_is_on_the_answer_to_the_form_and_works(house: House) -> None:
    answer = make(browser_of(house.root))
    assert answer.status_code == 200
    made = OAuthClient.objects.get(name="indexer")
    assert clients.find(made.client_id, secret_of(answer)) == made
    assert (made.made_by, made.scopes) == ("root", "chat:write")
    line = AuditLine.objects.filter(action="client.make").first()
    assert line is not None
    assert (line.actor, line.address) == ("root", "127.0.0.1")


@proves("hard-H38")
def test_a_secret_is_nowhere_afterwards(house: House, caplog: pytest.LogCaptureFixture) -> None:
    browser = browser_of(house.root)
    with caplog.at_level(logging.DEBUG):
        answer = make(browser)
        secret = secret_of(answer)
        made = OAuthClient.objects.get(name="indexer")
        rotated = secret_of(browser.post(address(made, "rotate"), {"keep": "3600"}))
        seen = "".join(
            browser.get(page).content.decode()
            for page in (LIST, address(made, "change"), address(made, "history"), "/admin/")
        )
    for kept in (secret, rotated):
        assert "no-store" in answer["Cache-Control"]
        assert kept not in seen
        assert kept not in caplog.text
        assert kept not in str(browser.cookies)
        assert kept not in str([session.get_decoded() for session in Session.objects.all()])
        assert kept not in str(list(AuditLine.objects.values()))
        assert kept not in str(list(LogEntry.objects.values()))
        assert kept not in str(list(OAuthClient.objects.values()))


def test_the_secret_is_copied_by_a_script_from_a_file(house: House) -> None:
    text = make(browser_of(house.root)).content.decode()
    assert 'src="/static/clawdbot-admin/copy.js"' in text
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert " style=" not in text
    assert re.findall(r"\son\w+=", text) == []


def test_only_scopes_of_the_maker_are_offered_and_taken(house: House) -> None:
    browser = browser_of(house.root)
    offered = browser.get(LIST + "add/").content.decode()
    assert 'value="chat:write"' in offered
    assert "history:team-a" not in offered
    assert make(browser, scopes=["history:team-a"]).status_code == 200
    assert not OAuthClient.objects.filter(name="indexer").exists()
    Membership.objects.create(user=house.root, team=house.team)
    make(browser, scopes=["history:team-a"])
    assert OAuthClient.objects.get(name="indexer").scopes == "history:team-a"


def test_a_client_keeps_what_it_had_and_gains_nothing_that_its_changer_lacks(house: House) -> None:
    made, _ = clients.make("reader", ["history:team-a", "chat:read"], by="cli")
    browser = browser_of(house.root)
    fields = {"name": "reader", "token_ttl": "600", "expires_0": "", "expires_1": ""}
    asked = fields | {"scopes": ["history:team-a", "chat:write"]}
    assert browser.post(address(made, "change"), asked).status_code == 302
    assert set(OAuthClient.objects.get(pk=made.pk).scopes.split()) == {"history:team-a", "chat:write"}
    browser.post(address(made, "change"), fields | {"scopes": ["history:team-c"]})
    assert "team-c" not in OAuthClient.objects.get(pk=made.pk).scopes


def test_a_form_that_does_not_add_up_makes_nothing(house: House) -> None:
    browser = browser_of(house.root)
    for wrong in ({"name": "nightly"}, {"token_ttl": "5"}, {"expires_0": "2020-01-01", "expires_1": "10:00"}):
        answer = make(browser, **wrong)
        assert b"errornote" in answer.content, wrong
    assert OAuthClient.objects.count() == 1


def test_rotating_keeps_the_old_secret_as_long_as_was_said(house: House) -> None:
    client, old = clients.make("twice", ["chat:write"], by="root")
    browser = browser_of(house.root)
    assert b"stays good for" in browser.get(address(client, "rotate")).content
    new = secret_of(browser.post(address(client, "rotate"), {"keep": "3600"}))
    assert clients.find(client.client_id, old) == clients.find(client.client_id, new) == client
    client.refresh_from_db()
    assert client.previous_expires is not None
    left = client.previous_expires - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    last = secret_of(browser.post(address(client, "rotate"), {"keep": "0"}))
    assert clients.find(client.client_id, new) is None
    assert clients.find(client.client_id, last) == client
    answer = browser.post(address(client, "rotate"), {"keep": "99999999"})
    assert b"client-secret" not in answer.content


@pytest.mark.parametrize("way", ["page", "action"])
def test_revoking_ends_a_client_for_good(house: House, way: str) -> None:
    client, secret = clients.make("gone", ["chat:write"], by="root")
    browser = browser_of(house.root)
    if way == "page":
        assert b"cannot be taken back" in browser.get(address(client, "revoke")).content
        browser.post(address(client, "revoke"))
    else:
        browser.post(LIST, {"action": "revoke", "_selected_action": str(client.pk)})
    assert clients.find(client.client_id, secret) is None
    assert Revocation.objects.filter(kind="client", subject=client.client_id).exists()
    assert AuditLine.objects.get(action="client.revoke").address == "127.0.0.1"
    assert browser.post(address(client, "rotate"), {"keep": "0"}).status_code == 403
    assert browser.post(address(client, "delete"), {"post": "yes"}).status_code == 403
    assert not OAuthClient.objects.get(pk=client.pk).is_active


def test_the_list_says_how_each_client_is(house: House) -> None:
    clients.make("soon", [], by="root", expires=timezone.now() + timedelta(days=3))
    late, _ = clients.make("late", [], by="root")
    OAuthClient.objects.filter(pk=late.pk).update(expires=timezone.now() - timedelta(days=1))
    gone, _ = clients.make("gone", [], by="root")
    clients.revoke(gone, by="root")
    page = browser_of(house.root).get(LIST)
    model = page.context["cl"].model_admin
    states = {client.name: model.state(client) for client in page.context["cl"].result_list}
    assert states == {"soon": "expires soon", "late": "expired", "gone": "revoked", "nightly": "active"}
