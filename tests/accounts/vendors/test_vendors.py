"""What all vendors have in common: the way back, time, silence of the log, and what they cannot do."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest
import yaml

from accounts.providers.base import CODES, SignOn
from clawdsite.core import log
from clawdsite.core.config.schema import Config
from tests.accounts.vendors.login import At, open_page, press, refused, transaction, words
from tests.core.config.files import bad
from tests.doubles.vendor import Reply
from tests.proof import proves

TOKENS = {
    "wecom": "/cgi-bin/auth/getuserinfo",
    "dingtalk": "/v1.0/oauth2/userAccessToken",
    "feishu": "/open-apis/authen/v2/oauth/token",
    "lark": "/open-apis/authen/v2/oauth/token",
}


def test_what_a_vendor_cannot_do(vendor: At) -> None:
    sign_on: SignOn = vendor.sign_on()
    assert sign_on.pkce == (vendor.kind in ("feishu", "lark"))
    assert sign_on.uses_nonce is False
    assert sign_on.logout_url("", "state", "https://chat.example.com/") is None
    tx = transaction(vendor.sign_on())
    url = sign_on.authorize_url(tx, in_app=False, lang="en")
    assert ("code_challenge=" in url) == sign_on.pkce
    assert "nonce" not in url


@proves("sso-A3")
def test_a_state_of_letters_and_digits_is_sent_as_it_is(vendor: At) -> None:
    sign_on = vendor.sign_on()
    for _ in range(20):
        tx = transaction(sign_on)
        for in_app in (False, True):
            assert f"&state={tx.state}" in sign_on.authorize_url(tx, in_app=in_app, lang="zh")


@proves("sso-A2")
def test_the_redirect_uri_is_the_transactions(vendor: At) -> None:
    sign_on = vendor.sign_on()
    for in_app in (False, True):
        url = sign_on.authorize_url(transaction(sign_on), in_app=in_app, lang="zh")
        assert "redirect_uri=https%3A%2F%2Fchat.example.com%2Fcallback&" in url


@proves("sso-B10")
@pytest.mark.parametrize("name", ["code", "state", "error"])
def test_a_parameter_that_comes_twice_is_refused(vendor: At, name: str) -> None:
    with refused("invalid_response"):
        vendor.sign_on().returned({"code": ["c"], "state": ["s"], name: ["x", "x"]})


@proves("sso-B12")
@pytest.mark.parametrize("code", ["c" * 10_000, "a\0b", "a\r\nb", "é", "\u202e"])
def test_a_code_that_is_none_is_refused(vendor: At, code: str) -> None:
    with refused("invalid_response"):
        vendor.sign_on().returned({"code": [code], "state": ["s"]})


@proves("sso-B13")
def test_unknown_parameters_are_ignored(vendor: At) -> None:
    query = {"code": ["c"], "state": ["s"], "session_state": ["1", "2"], "scope": ["x"]}
    assert vendor.sign_on().returned(query).code == "c"


@pytest.mark.parametrize("error", ["access_denied", "x" * 500, "<script>", "a\nb"])
def test_an_error_is_passed_on_as_a_word_or_not_at_all(vendor: At, error: str) -> None:
    returned = vendor.sign_on().returned({"error": [error], "state": ["s"], "error_description": ["<b>"]})
    assert returned.code is None
    assert returned.error in ("access_denied", "unreadable")


def test_a_code_and_an_error_at_once_are_refused(vendor: At) -> None:
    with refused("invalid_response"):
        vendor.sign_on().returned({"code": ["c"], "error": ["access_denied"], "state": ["s"]})


@pytest.mark.parametrize("query", [{}, {"state": ["s"]}, {"state": ["s"], "code": [""]}])
def test_neither_code_nor_error_is_a_no_at_wecom_and_nonsense_elsewhere(
    vendor: At, query: dict[str, list[str]]
) -> None:
    if vendor.kind == "wecom":
        assert vendor.sign_on().returned(query).error == "access_denied"
        return
    with refused("invalid_response"):
        vendor.sign_on().returned(query)


@proves("sso-F23")
def test_a_code_is_good_for_one_sign_in(vendor: At) -> None:
    sign_on = vendor.sign_on()
    tx = transaction(sign_on)
    query = press(open_page(sign_on.authorize_url(tx, in_app=False, lang="zh")), "Alice")
    vendor.finish(sign_on, tx, query)
    with refused("expired"):
        vendor.finish(sign_on, tx, query)
    assert len(vendor.double.take_faults()) == 1


@proves("sso-F24")
@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu", "lark"])
@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"issuer_url": "https://sso.example.com"}, "issuer_url"),
        ({"provider_options": {"api_audience": "clawdbot-api"}}, "api_audience"),
    ],
)
def test_a_preset_takes_no_issuer_and_no_bearer(
    tmp_path: Path, kind: str, more: dict[str, object], key: str
) -> None:
    """A vendor has no discovery document, and no token of its that may count as a bearer."""
    own = {"wecom": {"agent_id": "1"}, "dingtalk": {"corp_id": "c"}}.get(kind, {"tenant_key": "t"})
    options = {**own, **more.get("provider_options", {})}  # type: ignore[dict-item]
    entry = {
        "provider": kind,
        "client_id": "app",
        "client_secret": words(32),
        "redirect_uri": "https://chat.example.com/callback",
        **more,
        "provider_options": options,
    }
    text = yaml.safe_dump({"server": {"public_url": "https://chat.example.com"}, "oauth2": [entry]})
    problems = bad(tmp_path, text, {})
    assert any(key in problem for problem in problems), problems


def test_a_vendor_that_hangs_is_left_in_time(vendor: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.providers.http.TIMEOUT", 0.2)
    hold = threading.Event()
    vendor.double.say(TOKENS[vendor.kind], Reply(hold=hold))
    began = time.monotonic()
    try:
        with refused("provider_unavailable"):
            vendor.sign_in("Alice")
    finally:
        hold.set()
    assert time.monotonic() - began < 5


def test_a_vendor_that_is_away_is_told_as_such(vendor: At) -> None:
    sign_on = vendor.sign_on()
    vendor.double.stop()
    with refused("provider_unavailable"):
        sign_on.fetch_identity(transaction(sign_on), "code")


@pytest.mark.parametrize(
    "reply", [Reply(302, headers={"Location": "http://127.0.0.1:9/"}), Reply(200, b"0" * 2**21)]
)
def test_a_redirect_is_not_followed_and_a_flood_not_read(vendor: At, reply: Reply) -> None:
    vendor.double.say(TOKENS[vendor.kind], reply)
    with refused("provider_unavailable"):
        vendor.sign_in("Alice")


@proves("sso-C10", "sso-F2")
def test_no_secret_token_or_code_is_logged(
    vendor: At, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At debug, with the product's own log in place: neither ours nor httpx's lines hold them."""
    monkeypatch.setattr("clawdsite.core.redact.text", lambda value: value)  # nothing leans on the redactor
    config = Config.model_validate({"mode": "development", "logging": {"level": "debug", "format": "text"}})
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.DEBUG)  # whoever did that, our log undoes it
    log.configure(config)
    seen = Everything()
    for name in ("httpx", "httpcore", "accounts"):
        logging.getLogger(name).addHandler(seen)
    try:
        sign_on = vendor.sign_on()
        assert vendor.sign_in("Alice", sign_on).groups
        vendor.double.forget_app_tokens()
        sign_on.look_up(vendor.id("Alice"))
        vendor.double.switches["no_directory"] = True
        vendor.sign_in("Alice", sign_on)
    finally:
        for name in ("httpx", "httpcore", "accounts"):
            logging.getLogger(name).removeHandler(seen)
        log.configure(Config.model_validate({"mode": "development"}))
    written = capfd.readouterr().err + "\n".join(seen.lines)
    assert "without departments" in written
    secrets = secrets_of(vendor)
    assert len(secrets) > 4
    assert [secret for secret in secrets if secret in written] == []


class Everything(logging.Handler):
    """Whatever passes a logger's own level, formatted."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()}")


def secrets_of(vendor: At) -> set[str]:
    """What the double knows that no log may."""
    double = vendor.double
    found = {double.secret, *double._grants, *getattr(double, "_user_tokens", {})}
    for asked in double.asked:
        values = dict(asked.query)
        found |= {values[name] for name in ("access_token", "corpsecret", "code") if name in values}
        found |= {asked.headers["authorization"][7:]} if "authorization" in asked.headers else set()
        body = asked.json if asked.body[:1] == b"{" else {}
        found |= {body[name] for name in ("code", "code_verifier", "clientSecret") if name in body}
    return found


def test_a_representation_shows_no_secret(vendor: At) -> None:
    sign_on = vendor.sign_on()
    assert vendor.double.secret not in repr(sign_on.config)
    assert vendor.double.secret not in repr(vars(sign_on))


def test_every_code_is_of_the_closed_set() -> None:
    from accounts.providers import dingtalk, feishu, wecom

    told = {code for module in (dingtalk, feishu, wecom) for code in module.CODES.values()}
    assert told <= set(CODES)
