"""A second way in for a signed-in person: asked for, confirmed, and nobody else's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import ExternalIdentity, User
from accounts.signin import transactions
from tests.accounts.signin import support
from tests.accounts.signin.support import OTHER, World, query_of, sign_in, start, who


@pytest.fixture
def begun(browser: Client, world: World) -> str:
    """Alice's state of an attempt to add `other`."""
    world.people["second"] = support.person("a.example", issuer=OTHER)
    sign_in(browser)
    page = browser.get("/auth/other/start", {"link": "1", "next": "/c/9"})
    text = page.content.decode()
    assert "You are signed in as Alice" in text
    assert "/authorize" not in text
    assert "Referrer-Policy" not in page.headers  # the entry's: a form without a referrer has no Origin
    token = text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"link": "1", "next": "/c/9", "csrfmiddlewaretoken": token}
    return going_on(browser.post("/auth/other/start", form))["state"]


def going_on(page: Any) -> dict[str, str]:
    assert page.status_code == 200
    address = page.content.decode().split('content="0; url=')[1].split('"')[0].replace("&amp;", "&")
    assert address.startswith(f"{OTHER}/authorize?")
    return query_of(address)


def test_a_second_identity_belongs_to_the_person_who_asked(browser: Client, begun: str) -> None:
    key = browser.session.session_key
    answer = browser.get("/callback", {"state": begun, "code": "second"})
    assert (answer.status_code, answer["Location"]) == (302, "/c/9")
    assert browser.session.session_key == key
    assert User.objects.count() == 1
    assert ExternalIdentity.objects.count() == 2
    fresh = Client(headers={"host": "localhost"})
    sign_in(fresh, "other", code="second")
    assert who(fresh) == who(browser)
    assert User.objects.count() == 1


def test_to_link_takes_a_session_and_a_form_with_its_token(browser: Client) -> None:
    assert browser.get("/auth/other/start", {"link": "1"})["Location"].startswith("/login")
    assert browser.post("/auth/other/start", {"link": "1"}).status_code == 403
    sign_in(browser)
    assert browser.post("/auth/other/start", {"link": "1"}).status_code == 403


def test_whoever_signs_in_meanwhile_is_not_given_the_identity(
    browser: Client, begun: str, world: World
) -> None:
    world.people["bobs"] = support.person("bob")
    sign_in(browser, code="bobs")
    answer = browser.get("/callback", {"state": begun, "code": "second"})
    assert answer.status_code == 400
    assert not ExternalIdentity.objects.filter(issuer=OTHER).exists()


def test_an_attempt_is_for_the_person_who_began_it_alone(browser: Client, begun: str) -> None:
    session = browser.session
    session[transactions.PENDING][begun]["link"] = str(uuid.uuid4())
    session.save()
    assert browser.get("/callback", {"state": begun, "code": "second"}).status_code == 400
    assert not ExternalIdentity.objects.filter(issuer=OTHER).exists()


def test_an_identity_is_not_linked_after_signing_out(browser: Client, begun: str) -> None:
    token = browser.get("/api/session").json()["csrf_token"]
    browser.post("/logout", {"csrfmiddlewaretoken": token})
    assert browser.get("/callback", {"state": begun, "code": "second"}).status_code == 400
    assert not ExternalIdentity.objects.filter(issuer=OTHER).exists()


def test_an_ordinary_attempt_links_nothing(browser: Client, world: World) -> None:
    """A stranger's page that sends a browser to /start adds no way into the account."""
    world.people["second"] = support.person("mallory", issuer=OTHER)
    sign_in(browser)
    state = start(browser, "other")["state"]
    browser.get("/callback", {"state": state, "code": "second"})
    assert User.objects.count() == 2
