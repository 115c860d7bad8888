"""The token endpoint: what is sent, and every answer that comes to nothing (sso.md section 8.C)."""

from __future__ import annotations

import base64
import logging
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from accounts.providers import http
from accounts.providers.base import SSOError
from tests.accounts.oidc.asking import Browser, transaction
from tests.accounts.oidc.certificates import self_signed
from tests.doubles.forging import CLIENT_ID, REDIRECT, SECRET, Answer, Forging, as_json
from tests.proof import proves


@proves("sso-C1", "sso-A2")
def test_the_request_is_a_form_with_exactly_what_it_needs(alice: Browser, op: Forging) -> None:
    alice.sign_in(code_verifier="v" * 64)
    asked = op.last("/token")
    assert asked.method == "POST"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.query == {}
    assert set(asked.form) == {"grant_type", "code", "redirect_uri", "code_verifier"}
    assert asked.form["grant_type"] == "authorization_code"
    assert (asked.form["redirect_uri"], asked.form["code_verifier"]) == (REDIRECT, "v" * 64)


@proves("sso-C2")
def test_basic_encodes_id_and_secret_before_it_joins_them(alice: Browser, op: Forging) -> None:
    alice.sign_in()
    kind, _, sent = op.last("/token").headers["authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(sent).decode() == f"{CLIENT_ID}:{quote_plus(SECRET)}"
    assert "client_secret" not in op.last("/token").form


@proves("sso-C3")
@pytest.mark.parametrize(
    ("supported", "basic"),
    [(None, True), (["client_secret_post"], False), (["client_secret_post", "client_secret_basic"], True)],
)
def test_the_metadata_says_how_the_secret_is_sent(
    alice: Browser, op: Forging, supported: list[str] | None, basic: bool
) -> None:
    op.metadata["token_endpoint_auth_methods_supported"] = supported
    alice.sign_in()
    asked = op.last("/token")
    assert ("authorization" in asked.headers) is basic
    assert ("client_secret" in asked.form) is not basic


@proves("sso-C3")
def test_the_configuration_may_say_otherwise_and_no_method_at_all_is_the_operators_matter(
    op: Forging,
) -> None:
    Browser(op, options={"token_auth_method": "client_secret_post"}).sign_in()
    assert op.last("/token").form["client_secret"] == SECRET
    op.metadata["token_endpoint_auth_methods_supported"] = ["private_key_jwt"]
    assert "client_secret_basic" in Browser(op).refused("misconfigured")


ANSWERS: dict[str, tuple[Answer, str]] = {
    "invalid_grant": (as_json({"error": "invalid_grant", "error_description": "vendor"}, 400), "expired"),
    "invalid_client": (
        as_json({"error": "invalid_client", "error_description": "vendor"}, 401),
        "misconfigured",
    ),
    "unauthorized_client": (as_json({"error": "unauthorized_client"}, 400), "misconfigured"),
    "401-html": (Answer(401, b"<h1>vendor</h1>", "text/html"), "misconfigured"),
    "500": (Answer(500, b"vendor"), "provider_unavailable"),
    "500-grant": (as_json({"error": "invalid_grant"}, 500), "provider_unavailable"),
    "429": (Answer(429), "provider_unavailable"),
    "400-html": (Answer(400, b"<h1>vendor</h1>", "text/html"), "invalid_response"),
    "400-number": (as_json({"error": 7}, 400), "invalid_response"),
    "html": (Answer(200, b"<h1>vendor</h1>", "text/html"), "invalid_response"),
    "empty": (Answer(200, b""), "invalid_response"),
    "truncated": (Answer(200, b'{"access_token": "vendor'), "invalid_response"),
    "array": (as_json(["vendor"]), "invalid_response"),
    "bytes": (Answer(200, b"\xff\xfe\x00"), "invalid_response"),
    "204": (Answer(204), "invalid_response"),
    "compressed": (Answer(200, b"x", headers={"Content-Encoding": "gzip"}), "provider_unavailable"),
}


@proves("sso-C4")
@pytest.mark.parametrize(("answer", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_that_is_no_token_is_a_fixed_code(
    alice: Browser, op: Forging, answer: Answer, code: str
) -> None:
    op.answers["/token"] = answer
    assert "vendor" not in alice.refused(code)


@proves("sso-C5")
def test_an_endpoint_that_hangs_is_given_up(
    alice: Browser, op: Forging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.3)
    let_go = threading.Event()
    op.answers["/token"] = Answer(hold=let_go)
    began = time.monotonic()
    alice.refused("provider_unavailable")
    assert time.monotonic() - began < 3
    let_go.set()


@proves("sso-C5")
def test_an_endpoint_that_trickles_is_given_up_too(
    alice: Browser, op: Forging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes long before httpx would lose its patience with it."""
    monkeypatch.setattr(http, "TIMEOUT", 0.5)
    op.answers["/token"] = Answer(200, b" " * 1000, trickle=0.05)
    began = time.monotonic()
    assert "in time" in alice.refused("provider_unavailable")
    assert time.monotonic() - began < 3


@proves("sso-C5")
def test_a_whole_sign_in_has_ten_seconds_and_no_question_more_than_five() -> None:
    assert (http.TIMEOUT, http.ALTOGETHER) == (5.0, 10.0)
    with pytest.raises(http.Unreachable, match="no time was left"):
        http.ask("GET", "https://sso.example.com", deadline=http.Deadline.after(0))


@proves("sso-C5")
def test_a_refused_connection_and_a_redirect_come_to_nothing(alice: Browser, op: Forging) -> None:
    op.answers["/token"] = Answer(302, headers={"Location": f"{op.issuer}/elsewhere"})
    alice.refused()
    assert op.count("/elsewhere") == 0
    tx = transaction(alice.sign_on)
    code = op.visit(alice.sign_on.authorize_url(tx, in_app=False, lang=""))["code"]
    op.stop()
    with pytest.raises(SSOError) as err:
        alice.sign_on.fetch_identity(tx, code)
    assert err.value.code == "provider_unavailable"


@pytest.mark.parametrize("url", ["http://sso.example.com/token", "ftp://127.0.0.1/", "http://[", "//x", ""])
def test_nothing_but_https_or_this_machine_is_asked(url: str) -> None:
    with pytest.raises(http.Unreachable, match="only https|no URL"):
        http.ask("GET", url)


@proves("sso-C6")
@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_the_token_type_is_compared_without_case(alice: Browser, op: Forging, kind: str) -> None:
    op.token["token_type"] = kind
    assert alice.sign_in().subject == "alice-1"


@proves("sso-C6")
@pytest.mark.parametrize("kind", [None, "mac", "", 7, ["Bearer"]])
def test_any_other_token_type_is_refused(alice: Browser, op: Forging, kind: Any) -> None:
    op.token["token_type"] = kind
    assert "token_type" in alice.refused()


@proves("sso-C7")
@pytest.mark.parametrize("member", ["id_token", "access_token"])
@pytest.mark.parametrize("value", [None, 7])
def test_an_answer_without_its_tokens_is_refused(
    alice: Browser, op: Forging, member: str, value: Any
) -> None:
    op.token[member] = value
    assert member in alice.refused()
    assert op.count("/userinfo") == 0


@proves("sso-C8")
def test_members_that_nobody_knows_are_ignored(alice: Browser, op: Forging) -> None:
    op.token |= {"refresh_token": "r", "x": {"y": [1]}, "scope": 7}
    assert alice.sign_in().subject == "alice-1"
    assert op.count("/token") == 1


@proves("sso-C9")
def test_a_certificate_that_nobody_vouches_for_is_refused(
    op: Forging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = self_signed(tmp_path)
    op.serve_tls(server)
    alice = Browser(op)
    with pytest.raises(SSOError, match="certificate is not trusted") as err:
        alice.sign_on.authorize_url(transaction(alice.sign_on), in_app=False, lang="")
    assert err.value.code == "provider_unavailable"
    assert op.asked == []
    monkeypatch.setattr(http, "trust", lambda: trusting)
    assert alice.sign_in().subject == "alice-1"


@proves("sso-C5")
def test_a_host_that_trickles_over_tls_is_given_up_too(
    op: Forging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = self_signed(tmp_path)
    op.serve_tls(server)
    monkeypatch.setattr(http, "trust", lambda: trusting)
    monkeypatch.setattr(http, "TIMEOUT", 0.5)
    op.answers["/.well-known/openid-configuration"] = Answer(200, b" " * 1000, trickle=0.05)
    began = time.monotonic()
    assert "in time" in Browser(op).refused("provider_unavailable")
    assert time.monotonic() - began < 3


@proves("sso-C10")
def test_the_log_holds_no_secret_code_verifier_or_token(
    alice: Browser, op: Forging, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "accounts")
    alice.sign_in(code_verifier="verifier" + "v" * 56)
    op.claims["sub"] = None
    details = [alice.refused()]
    op.answers["/token"] = as_json({"error": "invalid_client"}, 401)
    details.append(alice.refused("misconfigured"))
    sent = op.last("/token")
    kept = [SECRET, quote_plus(SECRET), "verifier", "access-", "eyJ", sent.form["code"]]
    written = caplog.text + "".join(details)
    assert [word for word in kept if word in written] == []


@proves("sso-C11")
def test_an_answer_above_one_mebibyte_is_given_up(alice: Browser, op: Forging) -> None:
    op.answers["/token"] = Answer(200, b'{"a": "' + b"x" * 1024 * 1024 + b'"}')
    assert "1 MiB" in alice.refused("provider_unavailable")
