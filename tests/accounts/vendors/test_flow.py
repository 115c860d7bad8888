"""The vendors behind the real start and callback: who becomes a person here, and what a browser sees."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from accounts.models import ExternalIdentity, User
from accounts.providers import registry
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.vendors.login import WXWORK, At, open_page, press
from tests.doubles.vendor import Person
from tests.doubles.wecom import IN_APP
from tests.proof import proves

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(registry, "_made", None)


@pytest.fixture
def offered(vendor: At) -> Iterator[At]:
    with live.override(Config(mode="development", oauth2=(vendor.config(),))):
        yield vendor


@pytest.fixture
def wecom_offered(wecom: At) -> Iterator[At]:
    with live.override(Config(mode="development", oauth2=(wecom.config(),))):
        yield wecom


def callback(browser: Client, at: At, button: str = "Alice") -> str:
    """Start, page, button -> the address the browser is sent back to."""
    began = browser.get(f"/auth/{at.kind}/start")
    assert began.status_code == 302
    query = press(open_page(began["Location"]), button)
    return "/callback?" + urlencode(query, doseq=True)


def sign_in(browser: Client, at: At, button: str = "Alice") -> HttpResponse:
    return browser.get(callback(browser, at, button))


def test_alice_is_a_person_here_after_her_first_sign_in(browser: Client, offered: At) -> None:
    answer = sign_in(browser, offered)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    identity = ExternalIdentity.objects.get()
    assert (identity.subject, identity.provider) == (offered.id("Alice"), offered.kind)
    assert identity.email == ""
    assert browser.get("/api/session").status_code == 200


@proves("sso-F9", "sso-E20")
def test_two_people_without_an_address_are_two_people(browser: Client, offered: At) -> None:
    for name in ("Alice", "Bob"):
        assert sign_in(Client(headers={"host": "localhost"}), offered, name).status_code == 302
    assert User.objects.count() == ExternalIdentity.objects.count() == 2


@proves("sso-F4")
def test_somebody_who_is_no_member_leaves_no_row(browser: Client, wecom_offered: At) -> None:
    wecom_offered.double.add(Person("mallory", "Mallory", status="outside"))
    answer = sign_in(browser, wecom_offered, "Mallory")
    assert "sso_error=not_a_member" in answer["Location"]
    assert User.objects.count() == ExternalIdentity.objects.count() == 0
    assert browser.get("/api/session").status_code == 401


@proves("sso-F6")
def test_a_userid_in_another_case_is_one_person(browser: Client, wecom_offered: At) -> None:
    wecom_offered.double.add(Person("zhangsan", "张三", ["3"]))
    for userid in ("ZhangSan", "zhangsan"):
        wecom_offered.double.switches["userinfo"] = {"userid": userid}
        assert sign_in(browser, wecom_offered, "张三")["Location"] == "/"
    assert User.objects.get().username.startswith("sso-")


@proves("sso-F23")
def test_the_same_way_back_is_good_once_even_if_the_vendor_would_take_the_code(
    browser: Client, offered: At
) -> None:
    back = callback(browser, offered)
    assert browser.get(back).status_code == 302
    for grant in offered.double._grants.values():
        grant.used = False
    assert browser.get(back).status_code == 400
    assert browser.get("/api/session").status_code == 200
    assert User.objects.count() == 1


@proves("sso-F8")
def test_who_refuses_is_told_so(browser: Client, offered: At) -> None:
    answer = sign_in(browser, offered, "Refuse")
    assert "sso_error=denied" in answer["Location"]


@proves("sso-F5")
def test_what_the_vendor_says_is_on_no_page(browser: Client, wecom_offered: At) -> None:
    wecom_offered.double.switches["ip_refused"] = True
    answer = sign_in(browser, wecom_offered)
    assert "sso_error=misconfigured" in answer["Location"]
    shown = browser.get(answer["Location"]).content.decode()
    assert "203.0.113.9" not in shown
    assert "60020" not in shown


@proves("sso-F12")
def test_two_codes_that_differ_are_a_400(browser: Client, dingtalk: At) -> None:
    with live.override(Config(mode="development", oauth2=(dingtalk.config(),))):
        back = callback(browser, dingtalk)
        assert browser.get(f"{back}&code=another").status_code == 400
    assert User.objects.count() == 0


@proves("sso-F1")
def test_wecoms_own_client_is_sent_to_its_own_page(wecom_offered: At) -> None:
    browser = Client(headers={"host": "localhost", "user-agent": WXWORK})
    location = browser.get("/auth/wecom/start")["Location"]
    assert location.startswith(wecom_offered.double.url + IN_APP)
    assert location.endswith("#wechat_redirect")
    query = press(open_page(location, WXWORK), "Alice")
    assert browser.get("/callback?" + urlencode(query, doseq=True)).status_code == 302
