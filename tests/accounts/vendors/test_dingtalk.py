"""DingTalk: anybody can finish the sign-in, so the organisation decides (sso-F12 to sso-F17)."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from accounts.providers.dingtalk import DingTalk
from clawdsite.core.config.schema import Provider
from tests.accounts.vendors.login import CALLBACK, At, open_page, press, refused, transaction, words
from tests.doubles.dingtalk import (
    APP_TOKEN,
    BY_UNIONID,
    DEPARTMENT_GET,
    ME,
    TOKEN_HEADER,
    USER_GET,
    USER_TOKEN,
)
from tests.doubles.vendor import Person, Reply
from tests.proof import proves


def test_the_page_has_the_documented_address() -> None:
    entry = {
        "provider": "dingtalk",
        "client_id": "ding0001",
        "client_secret": words(43),
        "redirect_uri": CALLBACK,
        "provider_options": {"corp_id": "dingcorp"},
    }
    sign_on = DingTalk(Provider.model_validate(entry))
    tx = transaction(sign_on)
    assert sign_on.authorize_url(tx, in_app=False, lang="zh") == (
        "https://login.dingtalk.com/oauth2/auth?client_id=ding0001"
        "&redirect_uri=https%3A%2F%2Fchat.example.com%2Fcallback&response_type=code&scope=openid%20corpid"
        f"&state={tx.state}&prompt=consent"
    )


@proves("promise-S20")
def test_alice_signs_in_and_has_her_departments_and_roles(dingtalk: At) -> None:
    alice = dingtalk.double.people["unionalice"]
    alice.roles, alice.email = ["77"], "alice@example.com"
    found = dingtalk.sign_in("Alice")
    assert (found.issuer, found.subject) == ("dingtalk:dingcorp0001", "unionalice")
    assert (found.name, found.email, found.email_verified) == ("Alice", "alice@example.com", False)
    assert found.groups == ("dingtalk:dept:3", "dingtalk:role:77")


def test_departments_above_count_where_it_is_configured(dingtalk: At) -> None:
    found = dingtalk.sign_in("Alice", dingtalk.sign_on(ancestors=True))
    assert found.groups == ("dingtalk:dept:3", "dingtalk:dept:2", "dingtalk:dept:1")


@proves("sso-F12")
@pytest.mark.parametrize("names", [("authCode",), ("code",), ("authCode", "code")])
def test_the_code_comes_by_either_name(dingtalk: At, names: tuple[str, ...]) -> None:
    dingtalk.double.switches["code_names"] = names
    assert dingtalk.sign_in("Alice").subject == "unionalice"


@proves("sso-F12")
def test_two_codes_that_differ_are_refused(dingtalk: At) -> None:
    with refused("invalid_response"):
        dingtalk.sign_on().returned({"authCode": ["a"], "code": ["b"], "state": ["s"]})


def test_who_refuses_comes_back_with_an_error(dingtalk: At) -> None:
    sign_on = dingtalk.sign_on()
    url = sign_on.authorize_url(transaction(sign_on), in_app=False, lang="zh")
    returned = sign_on.returned(press(open_page(url), "Refuse"))
    assert (returned.code, returned.error) == (None, "access_denied")


@proves("sso-F13")
def test_the_token_request_is_json_with_exactly_four_members(dingtalk: At) -> None:
    dingtalk.sign_in("Alice")
    asked = dingtalk.double.last(USER_TOKEN)
    assert asked.headers["content-type"] == "application/json"
    assert sorted(asked.json) == ["clientId", "clientSecret", "code", "grantType"]
    assert asked.json["grantType"] == "authorization_code"
    assert asked.query == []


@proves("sso-F14")
def test_the_persons_token_goes_into_its_own_header(dingtalk: At) -> None:
    dingtalk.sign_in("Alice")
    headers = dingtalk.double.last(ME).headers
    assert headers[TOKEN_HEADER]
    assert "authorization" not in headers


@proves("sso-F15")
@pytest.mark.parametrize("corp", ["dingcorp0002", None, "", "DINGCORP0001"])
def test_another_organisation_or_none_is_no_member(dingtalk: At, corp: str | None) -> None:
    dingtalk.double.switches["corp"] = corp
    with refused("not_a_member"):
        dingtalk.sign_in("Alice")
    assert dingtalk.double.count(ME) == 0


@proves("sso-F15")
@pytest.mark.parametrize("corp", [None, "", "dingcorp0001"])
def test_without_a_configured_organisation_nobody_signs_in(dingtalk: At, corp: str | None) -> None:
    dingtalk.double.switches["corp"] = corp
    with refused("not_a_member"):
        dingtalk.sign_in("Alice", dingtalk.sign_on(corp_id=""))


@proves("sso-F15")
def test_an_external_contact_is_no_member(dingtalk: At) -> None:
    dingtalk.double.people["unionalice"].status = "outside"
    with refused("not_a_member"):
        dingtalk.sign_in("Alice")


@proves("sso-F15")
def test_who_is_not_in_the_directory_is_no_member(dingtalk: At) -> None:
    dingtalk.double.say(BY_UNIONID, {"errcode": 60121, "errmsg": "找不到该用户"})
    with refused("not_a_member"):
        dingtalk.sign_in("Alice")


@proves("sso-F16")
def test_a_code_that_is_none_is_expired(dingtalk: At) -> None:
    sign_on = dingtalk.sign_on()
    with refused("expired"):
        sign_on.fetch_identity(transaction(sign_on), "nothing")
    assert dingtalk.double.take_faults() == ["DingTalk: the code is none"]


@proves("sso-F16")
def test_a_missing_permission_is_the_operators_to_mend(dingtalk: At) -> None:
    dingtalk.double.switches["no_user_read"] = True
    with refused("misconfigured") as caught:
        dingtalk.sign_in("Alice")
    assert "Contact.User.Read" in caught.value.detail


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        (429, "Throttling.Api", "provider_unavailable"),
        (503, "ServiceUnavailable", "provider_unavailable"),
        (403, "Forbidden.AccessDenied.IpNotInWhiteList", "misconfigured"),
        (400, "invalidClientIdOrSecret", "misconfigured"),
        (400, 40078, "misconfigured"),
        (404, None, "misconfigured"),
    ],
)
def test_each_error_has_its_meaning(dingtalk: At, status: int, word: object, code: str) -> None:
    body = {"code": word, "requestid": "x", "message": "hint, from ip 203.0.113.9"}
    dingtalk.double.say(USER_TOKEN, body, status=status)
    with refused(code):
        dingtalk.sign_in("Alice")


def test_a_word_that_is_none_is_not_repeated(dingtalk: At) -> None:
    body = {
        "code": "<script>\n",
        "accessdenieddetail": {"requiredScopes": ["a b", {}, "Contact.User.Read"]},
    }
    dingtalk.double.say(USER_TOKEN, body, status=400)
    with refused("misconfigured") as caught:
        dingtalk.sign_in("Alice")
    assert "<" not in caught.value.detail
    assert "unreadable" in caught.value.detail


@pytest.mark.parametrize("path", [USER_TOKEN, ME, APP_TOKEN, BY_UNIONID, USER_GET])
@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b'{"accessToken":'])
def test_an_answer_that_is_no_json_is_no_answer(dingtalk: At, path: str, body: bytes) -> None:
    dingtalk.double.say(path, Reply(200, body))
    with refused("provider_unavailable"):
        dingtalk.sign_in("Alice")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (USER_TOKEN, {"corpId": "dingcorp0001", "expireIn": 7200}, "invalid_response"),
        (USER_TOKEN, {"corpId": "dingcorp0001", "accessToken": {}}, "invalid_response"),
        (BY_UNIONID, {"errcode": 0, "result": []}, "invalid_response"),
        (BY_UNIONID, {"errcode": 0, "result": {"contact_type": 0}}, "invalid_response"),
        (BY_UNIONID, {"errcode": 0, "result": {"userid": "user-unionalice"}}, "not_a_member"),
        (BY_UNIONID, {"result": {"contact_type": 0, "userid": "u"}}, "provider_unavailable"),
        (BY_UNIONID, {"errcode": "0", "result": {"contact_type": 0}}, "provider_unavailable"),
        (USER_GET, {"errcode": 0, "result": {"unionid": "unionbob"}}, "invalid_response"),
        (USER_GET, {"errcode": 90018, "errmsg": "busy"}, "provider_unavailable"),
        (USER_GET, {"errcode": 60020, "errmsg": "from ip 203.0.113.9"}, "misconfigured"),
    ],
)
def test_an_answer_with_something_missing_is_not_believed(
    dingtalk: At, path: str, body: dict[str, Any], code: str
) -> None:
    dingtalk.double.say(path, body)
    with refused(code):
        dingtalk.sign_in("Alice")


@proves("sso-F17")
def test_a_person_without_a_union_id_is_not_guessed(dingtalk: At) -> None:
    dingtalk.double.switches["no_union"] = True
    with refused("invalid_response"):
        dingtalk.sign_in("Alice")


@pytest.mark.parametrize("wrapped", [False, True])
def test_without_permission_for_the_directory_alice_signs_in_without_departments(
    dingtalk: At, wrapped: bool, caplog: pytest.LogCaptureFixture
) -> None:
    dingtalk.double.switches.update(no_directory=True, wrapped=wrapped)
    with caplog.at_level(logging.WARNING, "accounts"):
        found = dingtalk.sign_in("Alice")
    assert (found.subject, found.groups) == ("unionalice", ())
    assert "60011" in caplog.text


def test_where_departments_are_off_the_directory_is_not_asked(dingtalk: At) -> None:
    assert dingtalk.sign_in("Alice", dingtalk.sign_on(departments=False)).groups == ()
    assert dingtalk.double.count(APP_TOKEN) == dingtalk.double.count(DEPARTMENT_GET) == 0


def test_an_app_token_that_ended_early_is_fetched_again_once(dingtalk: At) -> None:
    sign_on = dingtalk.sign_on()
    dingtalk.sign_in("Alice", sign_on)
    dingtalk.double.forget_app_tokens()
    dingtalk.sign_in("Bob", sign_on)
    assert dingtalk.double.count(APP_TOKEN) == 2


def test_a_name_that_is_too_long_is_cut(dingtalk: At) -> None:
    dingtalk.double.add(Person("unionlong", "Long" * 3000, ["3"]))
    assert len(dingtalk.sign_in("LongLong").name) == 200
