"""WeCom: the pages to the letter, who is a member, and what an error means (sso-F1 to sso-F11)."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.providers.base import SSOError
from accounts.providers.wecom import WeCom
from clawdsite.core.config.schema import Provider
from tests.accounts.vendors.login import CALLBACK, WXWORK, At, open_page, press, refused, transaction, words
from tests.doubles.vendor import Person, Reply
from tests.doubles.wecom import DEPARTMENT_GET, GETTOKEN, GETUSERINFO, USER_GET
from tests.proof import proves


def plain(**options: object) -> WeCom:
    """As it is configured without any endpoint."""
    entry = {
        "provider": "wecom",
        "client_id": "ww0001",
        "client_secret": words(43),
        "redirect_uri": CALLBACK,
        "provider_options": {"agent_id": "1000002", **options},
    }
    return WeCom(Provider.model_validate(entry))


@proves("sso-F1")
@pytest.mark.parametrize(("lang", "sent"), [("zh-hans", "zh"), ("zh", "zh"), ("en", "en"), ("fr", "en")])
def test_the_page_has_the_documented_address(lang: str, sent: str) -> None:
    sign_on = plain()
    tx = transaction(sign_on)
    assert sign_on.authorize_url(tx, in_app=False, lang=lang) == (
        "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=ww0001&agentid=1000002"
        f"&redirect_uri=https%3A%2F%2Fchat.example.com%2Fcallback&state={tx.state}&lang={sent}"
    )


@proves("sso-F1")
def test_in_its_own_client_the_page_ends_in_its_fragment() -> None:
    sign_on = plain()
    tx = transaction(sign_on)
    assert sign_on.authorize_url(tx, in_app=True, lang="zh") == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww0001"
        "&redirect_uri=https%3A%2F%2Fchat.example.com%2Fcallback&response_type=code&scope=snsapi_base"
        f"&state={tx.state}&agentid=1000002#wechat_redirect"
    )


@proves("promise-S19")
def test_alice_signs_in_and_has_her_departments(wecom: At) -> None:
    found = wecom.sign_in("Alice")
    assert (found.issuer, found.subject, found.name) == ("wecom:app-wecom", "alice", "Alice")
    assert found.groups == ("wecom:dept:3",)
    assert found.email is None
    assert not found.email_verified


def test_alice_signs_in_inside_wecoms_own_client(wecom: At) -> None:
    sign_on = wecom.sign_on()
    tx = transaction(sign_on)
    page = open_page(sign_on.authorize_url(tx, in_app=True, lang="zh"), WXWORK)
    assert wecom.finish(sign_on, tx, press(page, "Alice")).subject == "alice"


def test_departments_above_count_where_it_is_configured(wecom: At) -> None:
    found = wecom.sign_in("Alice", wecom.sign_on(ancestors=True))
    assert found.groups == ("wecom:dept:3", "wecom:dept:2", "wecom:dept:1")


def test_a_circle_of_departments_ends(wecom: At) -> None:
    wecom.double.move_department("2", "3")
    found = wecom.sign_in("Alice", wecom.sign_on(ancestors=True))
    assert found.groups == ("wecom:dept:3", "wecom:dept:2")
    assert wecom.double.count(DEPARTMENT_GET) == 2


def test_a_department_that_is_not_visible_ends_the_way_up(wecom: At) -> None:
    del wecom.double.departments["2"]
    found = wecom.sign_in("Alice", wecom.sign_on(ancestors=True))
    assert found.groups == ("wecom:dept:3", "wecom:dept:2")


@proves("sso-F2")
def test_many_sign_ins_at_once_fetch_one_app_token(wecom: At, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sign_on = wecom.sign_on()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: wecom.sign_in("Alice", sign_on).subject, range(10)))
    assert found == ["alice"] * 10
    assert wecom.double.count(GETTOKEN) == 1
    token = wecom.double.last(USER_GET).one("access_token")
    assert not [record for record in caplog.records if _ours(record) and token in record.getMessage()]


def _ours(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] in ("accounts", "clawdsite")


@proves("sso-F3")
def test_an_app_token_that_ended_early_is_fetched_again_once(wecom: At) -> None:
    sign_on = wecom.sign_on()
    wecom.sign_in("Alice", sign_on)
    wecom.double.forget_app_tokens()
    assert wecom.sign_in("Bob", sign_on).subject == "bob"
    assert wecom.double.count(GETTOKEN) == 2
    assert wecom.double.count(GETUSERINFO) == 3


@proves("sso-F3")
@pytest.mark.parametrize("number", [40001, 40014, 42001])
def test_a_second_refusal_of_the_app_token_ends_it(wecom: At, number: int) -> None:
    wecom.double.say(GETUSERINFO, {"errcode": number, "errmsg": "from ip: 203.0.113.9"}, times=9)
    with refused("provider_unavailable"):
        wecom.sign_in("Alice")
    assert wecom.double.count(GETTOKEN) == 2
    assert wecom.double.count(GETUSERINFO) == 2


def test_a_secret_that_was_withdrawn_meanwhile_is_the_operators_to_mend(wecom: At) -> None:
    sign_on = wecom.sign_on()
    wecom.sign_in("Alice", sign_on)
    wecom.double.forget_app_tokens()
    wecom.double.secret = "another"
    with refused("misconfigured"):
        wecom.sign_in("Alice", sign_on)


@proves("sso-F4")
def test_somebody_who_is_no_member_is_refused_though_errcode_is_0(wecom: At) -> None:
    wecom.double.add(Person("mallory", "Mallory", status="outside"))
    with refused("not_a_member"):
        wecom.sign_in("Mallory")
    assert wecom.double.count(USER_GET) == 0


@proves("sso-F5")
def test_a_used_code_is_expired(wecom: At) -> None:
    sign_on = wecom.sign_on()
    code = wecom.double.grant("alice")
    sign_on.fetch_identity(transaction(sign_on), code)
    with refused("expired"):
        sign_on.fetch_identity(transaction(sign_on), code)
    assert wecom.double.take_faults() == ["WeCom: the code was used"]


@proves("sso-F5")
def test_a_code_lives_five_minutes(wecom: At) -> None:
    sign_on = wecom.sign_on()
    code = wecom.double.grant("alice")
    wecom.double.later(301)
    with refused("expired"):
        sign_on.fetch_identity(transaction(sign_on), code)
    assert wecom.double.take_faults() == ["WeCom: the code is older than five minutes"]


@proves("sso-F5")
def test_an_address_that_is_not_trusted_is_the_operators_to_mend(wecom: At) -> None:
    wecom.double.switches["ip_refused"] = True
    with refused("misconfigured") as caught:
        wecom.sign_in("Alice")
    assert "60020" in caught.value.detail
    assert "企业可信IP" in caught.value.detail


@proves("sso-F5")
def test_a_wrong_secret_or_corp_id_is_the_operators_to_mend(wecom: At) -> None:
    code = wecom.double.grant("alice")
    for wrong in ({"client_secret": "another"}, {"client_id": "ww404"}):
        sign_on = wecom.sign_on(wecom.config().model_copy(update=_secret(wrong)))
        with refused("misconfigured"):
            sign_on.fetch_identity(transaction(sign_on), code)


def _secret(values: dict[str, str]) -> dict[str, object]:
    made = Provider.model_validate({"provider": "wecom", **values})
    return {name: getattr(made, name) for name in values}


ERRORS = {
    45009: "provider_unavailable",
    45033: "provider_unavailable",
    40078: "expired",
    50002: "not_a_member",
    60011: "not_a_member",
    60111: "not_a_member",
    40013: "misconfigured",
    40056: "misconfigured",
    41001: "misconfigured",
    41004: "misconfigured",
    48002: "misconfigured",
    50001: "misconfigured",
    50003: "misconfigured",
    301002: "misconfigured",
    987654: "misconfigured",
}


@proves("sso-F5")
@pytest.mark.parametrize(("number", "code"), ERRORS.items())
def test_each_error_has_its_meaning(wecom: At, number: int, code: str) -> None:
    text = "no, hint: [1655962096149893017153663], from ip: 203.0.113.9"
    wecom.double.say(GETUSERINFO, {"errcode": number, "errmsg": text})
    with refused(code):
        wecom.sign_in("Alice")


def test_a_busy_wecom_is_asked_once_more(wecom: At) -> None:
    busy = {"errcode": -1, "errmsg": "system busy"}
    wecom.double.say(GETUSERINFO, busy)
    assert wecom.sign_in("Alice").subject == "alice"
    wecom.double.say(GETUSERINFO, busy, times=2)
    with refused("provider_unavailable"):
        wecom.sign_in("Alice")


@proves("sso-F6")
def test_the_old_interfaces_userid_is_not_taken(wecom: At) -> None:
    wecom.double.switches["userinfo"] = {"UserId": "ZhangSan", "DeviceId": "x"}
    with refused("invalid_response"):
        wecom.sign_in("Alice")


@proves("sso-F6")
@pytest.mark.parametrize("departments", [True, False])
def test_a_userid_in_another_case_is_the_same_person(wecom: At, departments: bool) -> None:
    sign_on = wecom.sign_on(departments=departments)
    wecom.double.switches["userinfo"] = {"userid": "ALICE"}
    first = wecom.sign_in("Alice", sign_on)
    wecom.double.switches["userinfo"] = {"userid": "alice"}
    second = wecom.sign_in("Alice", sign_on)
    assert (first.issuer, first.subject) == (second.issuer, second.subject) == ("wecom:app-wecom", "alice")


@proves("sso-F7")
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"errmsg":"ok","userid":"alice"}'),
        Reply(502, b"<html>Bad Gateway</html>", "text/html"),
        Reply(500, b'{"errcode":0,"userid":"alice"}'),
        Reply(200, b'{"errcode":"0","userid":"alice"}'),
        Reply(200, b'{"errcode":false,"userid":"alice"}'),
        Reply(200, b'{"errcode":null,"userid":"alice"}'),
        Reply(200, b'[{"errcode":0}]'),
        Reply(200, b'{"errcode":0,'),
        Reply(200, b""),
        Reply(200, b"[" * 100_000),
        Reply(302, headers={"Location": "/cgi-bin/elsewhere"}),
    ],
    ids=["none", "html", "500", "text", "false", "null", "list", "cut", "empty", "deep", "redirect"],
)
@pytest.mark.parametrize("path", [GETTOKEN, GETUSERINFO, USER_GET])
def test_an_answer_without_a_number_is_never_a_yes(wecom: At, path: str, reply: Reply) -> None:
    wecom.double.say(path, reply)
    with refused("provider_unavailable"):
        wecom.sign_in("Alice")


@proves("sso-F8")
def test_a_state_without_code_is_a_no(wecom: At) -> None:
    sign_on = wecom.sign_on()
    tx = transaction(sign_on)
    query = press(open_page(sign_on.authorize_url(tx, in_app=False, lang="zh")), "Refuse")
    assert list(query) == ["state"]
    returned = sign_on.returned(query)
    assert (returned.code, returned.error) == (None, "access_denied")


@proves("sso-F9")
def test_a_new_app_gets_no_address_and_an_old_ones_is_not_verified(wecom: At) -> None:
    assert [wecom.sign_in(name).email for name in ("Alice", "Bob")] == [None, None]
    wecom.double.switches["old_app"] = True
    wecom.double.people["alice"].email = "alice@example.com"
    found = wecom.sign_in("Alice")
    assert (found.email, found.email_verified) == ("alice@example.com", False)


@proves("sso-F10")
def test_without_permission_for_the_directory_alice_signs_in_without_departments(
    wecom: At, caplog: pytest.LogCaptureFixture
) -> None:
    wecom.double.switches["no_directory"] = True
    with caplog.at_level(logging.WARNING, "accounts"):
        found = wecom.sign_in("Alice")
    assert (found.subject, found.name, found.groups) == ("alice", "alice", ())
    assert "48002" in caplog.text


@proves("sso-F10")
def test_who_is_outside_the_visible_range_is_no_member(wecom: At) -> None:
    wecom.double.say(USER_GET, {"errcode": 60111, "errmsg": "userid not found, from ip: 203.0.113.9"})
    with refused("not_a_member"):
        wecom.sign_in("Alice")


@proves("sso-F10")
def test_where_departments_are_off_the_directory_is_not_asked(wecom: At) -> None:
    found = wecom.sign_in("Alice", wecom.sign_on(departments=False))
    assert (found.subject, found.groups) == ("alice", ())
    assert wecom.double.count(USER_GET) == wecom.double.count(DEPARTMENT_GET) == 0


@pytest.mark.parametrize("status", ["disabled", "left"])
def test_who_is_disabled_or_gone_is_no_member(wecom: At, status: str) -> None:
    wecom.double.people["alice"].status = status
    with refused("not_a_member"):
        wecom.sign_in("Alice")


def test_a_person_without_a_status_is_not_believed(wecom: At) -> None:
    wecom.double.say(USER_GET, {"errcode": 0, "userid": "alice", "department": [3]})
    with refused("invalid_response"):
        wecom.sign_in("Alice")


def test_the_directory_answering_with_another_person_is_not_believed(wecom: At) -> None:
    wecom.double.say(USER_GET, {"errcode": 0, "userid": "bob", "status": 1, "department": [1]})
    with refused("invalid_response"):
        wecom.sign_in("Alice")


@proves("sso-F11")
def test_somebody_of_a_linked_company_is_refused(wecom: At) -> None:
    wecom.double.switches["userinfo"] = {"userid": "wwother/alice"}
    with refused("not_a_member"):
        wecom.sign_in("Alice")


@pytest.mark.parametrize("userid", ["", "a b", "é", "a" * 65, 7, None, ["alice"], "alice\n", "../x"])
def test_a_userid_that_is_none_is_refused(wecom: At, userid: object) -> None:
    wecom.double.switches["userinfo"] = {"userid": userid}
    with pytest.raises(SSOError) as caught:
        wecom.sign_in("Alice")
    assert caught.value.code in ("invalid_response", "not_a_member")


def test_a_path_in_another_letter_case_or_place_is_not_asked(wecom: At) -> None:
    wecom.sign_in("Alice", wecom.sign_on(ancestors=True))
    asked = {one.path for one in wecom.double.asked if one.path.startswith("/cgi-bin")}
    assert asked == {GETTOKEN, GETUSERINFO, USER_GET, DEPARTMENT_GET}
