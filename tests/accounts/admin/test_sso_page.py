"""The check of sign-on as a page: for administrators, asked by a button, with the fix and no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.admin.house import House, browser_of, counted
from tests.doubles import vendors
from tests.doubles.vendor import VendorDouble
from tests.proof import proves

PAGE = "/admin/accounts/externalidentity/check/"


@pytest.fixture
def wecom() -> Iterator[VendorDouble]:
    with vendors.make("wecom") as double:
        entry = vendors.provider(double, "wecom", "http://localhost:8080/callback")
        with live.override(Config(mode="development", oauth2=[entry])):
            yield double


@proves("promise-M8")
def test_an_administrator_sees_what_is_wrong_with_its_fix(house: House, wecom: VendorDouble) -> None:
    wecom.switches["ip_refused"] = True
    browser = browser_of(house.root)
    assert "60020" not in browser.get(PAGE).content.decode()
    assert wecom.asked == []
    before = counted()
    text = browser.post(PAGE).content.decode()
    assert "errcode 60020" in text
    assert "mend it there" in text
    assert wecom.secret not in text
    assert counted() == before


@proves("promise-M8")
def test_a_dry_run_stands_beside_it(house: House, wecom: VendorDouble) -> None:
    text = browser_of(house.root).post(PAGE, {"provider": "wecom", "subject": "alice"}).content.decode()
    assert "dry run for alice" in text
    assert "It knows Alice" in text


def test_nobody_but_an_administrator_asks_the_providers(house: House, wecom: VendorDouble) -> None:
    for user in (house.staff, house.alice):
        browser = browser_of(user)
        assert {browser.get(PAGE).status_code, browser.post(PAGE).status_code} <= {302, 403}
    assert wecom.asked == []


def test_a_provider_that_is_none_is_no_choice(house: House, wecom: VendorDouble) -> None:
    answer = browser_of(house.root).post(PAGE, {"provider": "other"})
    assert answer.status_code == 200
    assert wecom.asked == []


def test_the_overview_leads_to_it(house: House, wecom: VendorDouble) -> None:
    assert PAGE in browser_of(house.root).get("/admin/").content.decode()
