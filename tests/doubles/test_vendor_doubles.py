"""The doubles of the vendors refuse what the vendors' documents forbid, and note it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.doubles import dingtalk, feishu, wecom
from tests.doubles.vendor import VendorDouble
from tests.doubles.vendors import KINDS, make

BACK = "https://chat.example.com/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def double(request: pytest.FixtureRequest) -> Iterator[VendorDouble]:
    with make(request.param, redirect_uris=[BACK]) as made:
        yield made


def at(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("double", kinds, indirect=True)


def get(double: VendorDouble, path: str, query: Any = (), **headers: str) -> httpx.Response:
    return httpx.get(double.url + path, params=dict(query), headers=headers, trust_env=False)


def post(double: VendorDouble, path: str, **more: Any) -> httpx.Response:
    return httpx.post(double.url + path, trust_env=False, **more)


def page(double: VendorDouble) -> tuple[str, list[tuple[str, str]]]:
    """Path and parameters of a page that is right."""
    app, back, state = double.app, ("redirect_uri", BACK), ("state", "abc123")
    if isinstance(double, wecom.WeComDouble):
        agent = ("agentid", double.agent_id)
        return wecom.WEB, [("login_type", "CorpApp"), ("appid", app), agent, back, state, ("lang", "zh")]
    if isinstance(double, dingtalk.DingTalkDouble):
        kind, scope = ("response_type", "code"), ("scope", "openid corpid")
        return dingtalk.PAGE, [("client_id", app), back, kind, scope, state, ("prompt", "consent")]
    proof = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]
    return feishu.PAGE, [("client_id", app), ("response_type", "code"), back, state, *proof]


@at(*KINDS)
def test_a_right_page_is_shown_and_leads_back(double: VendorDouble) -> None:
    shown = get(double, *page(double))
    assert shown.status_code == 200
    assert "Sign in as Alice" in shown.text
    assert "<script" not in shown.text
    assert double.faults == []


@at(*KINDS)
def test_another_order_or_a_further_parameter_is_refused(double: VendorDouble) -> None:
    path, query = page(double)
    for wrong in (query[::-1], query[1:], [*query, ("nonce", "n")]):
        assert get(double, path, wrong).status_code == 400
        assert len(double.take_faults()) == 1


@at(*KINDS)
def test_another_redirect_uri_is_refused(double: VendorDouble) -> None:
    path, query = page(double)
    wrong = {**dict(query), "redirect_uri": "https://evil.example.com/callback"}
    assert "Sign in as" not in get(double, path, wrong).text
    assert len(double.take_faults()) == 1


@at("wecom")
@pytest.mark.parametrize("state", ["a-b", "a_b", "", "a" * 129])
def test_wecom_takes_letters_and_digits_alone_for_a_state(double: VendorDouble, state: str) -> None:
    path, query = page(double)
    assert get(double, path, {**dict(query), "state": state}).status_code == 400
    assert double.take_faults() == ["WeCom: page to sign in: state is not of letters and digits"]


@at("wecom")
def test_wecoms_own_page_is_for_its_own_client(double: wecom.WeComDouble) -> None:
    query = {
        "appid": double.app,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc",
        "agentid": double.agent_id,
    }
    assert get(double, wecom.IN_APP, query).status_code == 400
    assert len(double.take_faults()) == 1
    assert get(double, wecom.IN_APP, query, **{"User-Agent": "x wxwork/4"}).status_code == 200


@at("wecom")
def test_wecom_hands_out_one_token_until_it_ends_and_counts(double: VendorDouble) -> None:
    query = {"corpid": double.app, "corpsecret": double.secret}
    first, second = (get(double, wecom.GETTOKEN, query).json() for _ in range(2))
    assert first["access_token"] == second["access_token"]
    double.later(7201)
    asked = {"access_token": first["access_token"], "code": "x"}
    assert get(double, wecom.GETUSERINFO, asked).json()["errcode"] == 42001
    assert get(double, wecom.GETTOKEN, query).json()["access_token"] != first["access_token"]
    double.switches["per_minute"] = 3
    busy = get(double, wecom.GETTOKEN, query).json()
    assert busy["errcode"] == 45009
    assert "from ip: 203.0.113.9" in busy["errmsg"]


@at("wecom")
def test_wecom_wants_its_interfaces_as_they_are(double: VendorDouble) -> None:
    assert post(double, wecom.GETTOKEN).status_code == 404
    assert get(double, wecom.USER_GET, {"userid": "alice"}).json()["errcode"] == 41001
    assert get(double, "/cgi-bin/user/getuserinfo").status_code == 404
    assert len(double.take_faults()) == 3


@at("dingtalk")
def test_dingtalk_wants_json_with_exactly_its_members(double: VendorDouble) -> None:
    body = {
        "clientId": double.app,
        "clientSecret": double.secret,
        "code": double.grant("unionalice"),
        "grantType": "authorization_code",
    }
    for wrong in ({"data": body}, {"json": body | {"code_verifier": "v"}}, {"json": {"code": "c"}}):
        assert post(double, dingtalk.USER_TOKEN, **wrong).status_code == 400
        assert len(double.take_faults()) == 1
    assert post(double, dingtalk.USER_TOKEN, json=body).json()["corpId"] == "dingcorp0001"


@at("dingtalk")
def test_dingtalk_refuses_the_usual_header(double: dingtalk.DingTalkDouble) -> None:
    double._user_tokens["t"] = "unionalice"
    usual = {"Authorization": "Bearer t", dingtalk.TOKEN_HEADER: "t"}
    assert get(double, dingtalk.ME, **usual).status_code == 401
    assert get(double, dingtalk.ME).status_code == 401
    assert len(double.take_faults()) == 2
    assert get(double, dingtalk.ME, **{dingtalk.TOKEN_HEADER: "t"}).json()["unionId"] == "unionalice"


def exchange(double: VendorDouble, verifier: str, challenge: str = CHALLENGE) -> dict[str, Any]:
    asked = {"redirect_uri": BACK, **({"code_challenge": challenge} if challenge else {})}
    return {
        "grant_type": "authorization_code",
        "client_id": double.app,
        "client_secret": double.secret,
        "code": double.grant("on-alice", asked),
        "redirect_uri": BACK,
        "code_verifier": verifier,
    }


@at("feishu")
def test_feishu_checks_the_proof(double: VendorDouble) -> None:
    assert post(double, feishu.TOKEN, json=exchange(double, VERIFIER)).json()["code"] == 0
    for wrong in (VERIFIER[::-1], "short", CHALLENGE):
        assert post(double, feishu.TOKEN, json=exchange(double, wrong)).json()["code"] == 20049
    assert len(double.take_faults()) == 3


@at("feishu")
def test_only_feishus_second_version_takes_a_verifier_without_challenge(double: VendorDouble) -> None:
    assert post(double, feishu.TOKEN, json=exchange(double, VERIFIER, "")).json()["code"] == 0
    assert post(double, feishu.TOKEN_V3, json=exchange(double, VERIFIER, "")).json()["code"] == 20049
    assert post(double, feishu.TOKEN_V3, data=exchange(double, VERIFIER)).json()["code"] == 0
    assert post(double, feishu.TOKEN, data=exchange(double, VERIFIER)).json()["code"] == 20001
    assert len(double.take_faults()) == 2


@at("feishu")
def test_feishu_refuses_plain_another_redirect_uri_and_unknown_paths(double: VendorDouble) -> None:
    path, query = page(double)
    assert get(double, path, {**dict(query), "code_challenge_method": "plain"}).status_code == 400
    wrong = exchange(double, VERIFIER) | {"redirect_uri": "https://chat.example.com/other"}
    assert post(double, feishu.TOKEN, json=wrong).json()["code"] == 20071
    nowhere = get(double, "/open-apis/authen/v1/access_token")
    assert (nowhere.status_code, nowhere.text) == (404, "404 page not found")
    assert len(double.take_faults()) == 3


@at(*KINDS)
def test_people_and_departments_change_at_its_own_page(double: VendorDouble) -> None:
    alice, bob = list(double.people)[:2]
    places = list(double.departments)
    assert alice in get(double, "/double").text
    form = {"person": alice, "departments": f"{places[0]},{places[1]}"}
    assert post(double, "/double", data=form).status_code == 303
    assert double.people[alice].departments == places[:2]
    post(double, "/double", json={"person": alice, "departments": [places[1]], "status": "disabled"})
    assert (double.people[alice].departments, double.people[alice].status) == ([places[1]], "disabled")
    post(double, "/double", json={"department": places[2], "parent": places[1]})
    assert double.departments[places[2]].parent == places[1]
    post(double, "/double", data={"person": bob, "delete": "yes"})
    assert bob not in double.people


def test_all_of_them_start_as_one_process() -> None:
    command = [sys.executable, "-m", "tests.doubles.vendors", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        entries = [json.loads(process.stdout.readline()) for _ in KINDS]
        assert [entry["provider"] for entry in entries] == list(KINDS)
        for entry in entries:
            parts = urlsplit(entry["provider_options"]["authorize_endpoint"])
            shown = httpx.get(f"http://{parts.netloc}/double", trust_env=False)
            assert "Alice" in shown.text
            assert parse_qs(parts.query) == {}
        process.terminate()
        assert process.wait(10) == 0
