"""Feishu and Lark: PKCE, the tenant, and answers whose `code` is a status (sso-F18 to sso-F22)."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.providers.feishu import Feishu
from clawdsite.core.config.schema import Provider
from tests.accounts.vendors.login import CALLBACK, At, open_page, press, refused, transaction, words
from tests.doubles.feishu import APP_TOKEN, ME, TOKEN, TOKEN_V3, USERS
from tests.doubles.vendor import Reply
from tests.proof import proves


def plain(kind: str, **options: object) -> Feishu:
    """As it is configured without any endpoint."""
    entry = {
        "provider": kind,
        "client_id": "cli_0001",
        "client_secret": words(43),
        "redirect_uri": CALLBACK,
        "scopes": ["openid", "profile", "email", "contact:user.email:readonly"],
        "provider_options": {"tenant_key": "t", **options},
    }
    return Feishu(Provider.model_validate(entry))


@proves("sso-F18", "sso-F22")
@pytest.mark.parametrize(("kind", "host"), [("feishu", "feishu.cn"), ("lark", "larksuite.com")])
def test_the_page_has_the_documented_address(kind: str, host: str) -> None:
    sign_on = plain(kind)
    tx = transaction(sign_on)
    url = sign_on.authorize_url(tx, in_app=False, lang="zh")
    assert url.startswith(
        f"https://accounts.{host}/open-apis/authen/v1/authorize?client_id=cli_0001&response_type=code"
        "&redirect_uri=https%3A%2F%2Fchat.example.com%2Fcallback"
        f"&scope=contact%3Auser.email%3Areadonly&state={tx.state}&code_challenge="
    )
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert tx.code_verifier not in url
    assert sign_on.base == f"https://open.{host}"


def test_the_challenge_is_that_of_rfc_7636() -> None:
    sign_on = plain("feishu")
    tx = transaction(sign_on)
    object.__setattr__(tx, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    url = sign_on.authorize_url(tx, in_app=False, lang="en")
    assert "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&" in url


def test_a_sign_in_without_a_verifier_is_not_begun() -> None:
    sign_on = plain("feishu")
    tx = transaction(sign_on)
    object.__setattr__(tx, "code_verifier", None)
    with refused("misconfigured"):
        sign_on.authorize_url(tx, in_app=False, lang="en")


@proves("promise-S21")
@pytest.mark.parametrize("kind", ["feishu", "lark"])
def test_alice_signs_in_and_has_her_departments(kind: str, request: pytest.FixtureRequest) -> None:
    at: At = request.getfixturevalue(kind)
    alice = at.id("Alice")
    at.double.people[alice].email = "alice@example.com"
    found = at.sign_in("Alice")
    assert (found.issuer, found.subject) == (f"{kind}:{at.double.options()['tenant_key']}", alice)
    assert (found.name, found.email, found.email_verified) == ("Alice", "alice@example.com", False)
    assert found.groups == (f"{kind}:dept:od-3",)


def test_departments_above_count_where_it_is_configured(feishu: At) -> None:
    found = feishu.sign_in("Alice", feishu.sign_on(ancestors=True))
    assert found.groups == ("feishu:dept:od-3", "feishu:dept:od-2", "feishu:dept:0")


@proves("sso-F18")
def test_the_token_request_is_json_with_verifier_and_redirect_uri(feishu: At) -> None:
    feishu.sign_in("Alice")
    asked = feishu.double.last(TOKEN)
    assert asked.headers["content-type"] == "application/json"
    assert asked.json["redirect_uri"] == CALLBACK
    assert len(asked.json["code_verifier"]) == 64
    assert asked.query == []


@proves("sso-F18")
def test_another_browsers_code_fails_its_proof(feishu: At) -> None:
    sign_on = feishu.sign_on()
    url = sign_on.authorize_url(transaction(sign_on), in_app=False, lang="zh")
    code = press(open_page(url), "Alice")["code"][0]
    with refused("invalid_response"):
        sign_on.fetch_identity(transaction(sign_on), code)
    assert feishu.double.take_faults() == ["Feishu: 20049 the verifier does not fit the challenge"]


@proves("sso-F19")
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("path", [TOKEN, ME, APP_TOKEN])
def test_a_status_other_than_0_is_an_error_whatever_http_says(feishu: At, path: str, status: int) -> None:
    full = {
        "code": 10003,
        "msg": "invalid param",
        "access_token": "t",
        "token_type": "Bearer",
        "tenant_access_token": "t",
        "expire": 7200,
        "data": {"union_id": "on-alice", "tenant_key": "736588c92lxf175d"},
    }
    feishu.double.say(path, full, status=status)
    with refused("misconfigured"):
        feishu.sign_in("Alice")


ERRORS = {
    20001: "misconfigured",
    20036: "misconfigured",
    20063: "misconfigured",
    20067: "misconfigured",
    20070: "misconfigured",
    20002: "misconfigured",
    20048: "misconfigured",
    20069: "misconfigured",
    20003: "expired",
    20004: "expired",
    20065: "expired",
    20024: "expired",
    20049: "invalid_response",
    20071: "misconfigured",
    20008: "not_a_member",
    20066: "not_a_member",
    20009: "not_a_member",
    20010: "not_a_member",
    20068: "misconfigured",
    20050: "provider_unavailable",
    20072: "provider_unavailable",
    99991400: "provider_unavailable",
    424242: "misconfigured",
}


@proves("sso-F19")
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("number", "code"), ERRORS.items())
def test_each_error_has_its_meaning(feishu: At, number: int, code: str, status: int) -> None:
    body = {"code": number, "error": "x", "error_description": "hint, from ip 203.0.113.9"}
    feishu.double.say(TOKEN, body, status=status)
    with refused(code):
        feishu.sign_in("Alice")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, b"404 page not found", "text/plain"),
        Reply(200, b'{"access_token":"t","token_type":"Bearer"}'),
        Reply(200, b'{"code":"0","access_token":"t","token_type":"Bearer"}'),
        Reply(200, b'{"code":false,"access_token":"t","token_type":"Bearer"}'),
        Reply(400, b'{"code":0,"access_token":"t","token_type":"Bearer"}'),
        Reply(503, b'{"code":1,"msg":"x"}'),
        Reply(429, b'{"code":1,"msg":"x"}'),
        Reply(200, b""),
    ],
)
def test_an_answer_without_a_status_is_no_answer(feishu: At, reply: Reply) -> None:
    feishu.double.say(TOKEN, reply)
    with refused("provider_unavailable"):
        feishu.sign_in("Alice")


@proves("sso-F20")
def test_somebody_of_another_tenant_is_no_member(feishu: At) -> None:
    feishu.double.people["on-alice"].status = "outside"
    with refused("not_a_member"):
        feishu.sign_in("Alice")


@proves("sso-F20")
@pytest.mark.parametrize(
    "me", [{"union_id": "on-alice"}, {"union_id": "on-alice", "tenant_key": ""}, {"tenant_key": 7}]
)
def test_a_missing_tenant_is_not_believed(feishu: At, me: dict[str, Any]) -> None:
    feishu.double.switches["me"] = me
    with refused("invalid_response"):
        feishu.sign_in("Alice")


@proves("sso-F20")
def test_without_a_configured_tenant_nobody_signs_in(feishu: At) -> None:
    with refused("not_a_member"):
        feishu.sign_in("Alice", feishu.sign_on(tenant_key=""))


def test_every_tenant_may_come_where_that_is_configured(feishu: At) -> None:
    sign_on = feishu.sign_on(tenant_key="", allow_any_tenant=True)
    feishu.double.people["on-alice"].status = "outside"
    found = feishu.sign_in("Alice", sign_on)
    assert (found.issuer, found.subject, found.groups) == ("feishu:another", "on-alice", ())
    assert sign_on.issuer() == ""


def test_a_person_without_a_union_id_is_not_guessed(feishu: At) -> None:
    feishu.double.switches["me"] = {"open_id": "ou-x", "user_id": "7", "tenant_key": "736588c92lxf175d"}
    with refused("invalid_response"):
        feishu.sign_in("Alice")


@proves("sso-F21")
def test_the_status_of_the_token_answer_is_not_a_code(feishu: At) -> None:
    """`code` 0 of the answer is a status; the members stand beside it, not in `data`."""
    assert feishu.sign_in("Alice").subject == "on-alice"
    assert feishu.double.count(TOKEN) == 1
    assert feishu.double.last(TOKEN).json["code"].startswith("code")


@proves("sso-F21")
@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": {"access_token": "t", "token_type": "Bearer"}},
        {"code": 0, "access_token": "t"},
        {"code": 0, "access_token": "t", "token_type": "mac"},
        {"code": 0, "access_token": ["t"], "token_type": "Bearer"},
    ],
)
def test_a_token_answer_with_something_missing_is_not_believed(feishu: At, body: dict[str, Any]) -> None:
    feishu.double.say(TOKEN, body)
    with refused("invalid_response"):
        feishu.sign_in("Alice")


@proves("sso-F22")
def test_the_token_endpoint_can_be_the_third_version(feishu: At) -> None:
    sign_on = feishu.sign_on(token_endpoint=feishu.double.url + TOKEN_V3)
    assert feishu.sign_in("Alice", sign_on).subject == "on-alice"
    assert (feishu.double.count(TOKEN), feishu.double.count(TOKEN_V3)) == (0, 1)


@proves("sso-F22")
def test_a_failed_exchange_is_not_tried_at_another_endpoint(feishu: At) -> None:
    feishu.double.say(TOKEN, {"code": 20049}, status=400)
    with refused("invalid_response"):
        feishu.sign_in("Alice")
    assert (feishu.double.count(TOKEN), feishu.double.count(TOKEN_V3)) == (1, 0)


def test_without_permission_for_the_directory_alice_signs_in_without_departments(
    feishu: At, caplog: pytest.LogCaptureFixture
) -> None:
    feishu.double.switches["no_directory"] = True
    with caplog.at_level(logging.WARNING, "accounts"):
        found = feishu.sign_in("Alice")
    assert (found.subject, found.groups) == ("on-alice", ())
    assert "99991672" in caplog.text


def test_a_directory_that_hides_departments_gives_none(
    feishu: At, caplog: pytest.LogCaptureFixture
) -> None:
    feishu.double.switches["no_departments"] = True
    with caplog.at_level(logging.WARNING, "accounts"):
        assert feishu.sign_in("Alice").groups == ()
    assert "contact:user.department:readonly" in caplog.text


def test_a_directory_that_hides_the_status_keeps_nobody_out(feishu: At) -> None:
    feishu.double.switches["no_status"] = True
    assert feishu.sign_in("Alice").groups == ("feishu:dept:od-3",)


@pytest.mark.parametrize("status", ["disabled", "left"])
def test_who_is_frozen_or_gone_is_no_member(feishu: At, status: str) -> None:
    feishu.double.people["on-alice"].status = status
    with refused("not_a_member"):
        feishu.sign_in("Alice")


def test_the_directory_answering_with_another_person_is_not_believed(feishu: At) -> None:
    feishu.double.say(f"{USERS}on-alice", {"code": 0, "data": {"user": {"union_id": "on-bob"}}})
    with refused("invalid_response"):
        feishu.sign_in("Alice")
