"""POST /oauth/token: one grant, exactly as RFC 6749 writes it."""

from __future__ import annotations

import base64
import logging
import re
from typing import Any

import pytest
from django.core import serializers

from accounts import clients, clientsecrets
from accounts.models import OAuthClient
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.doors import judge
from tests.accounts.oauth.asking import FORM, GRANT, Machine, ask, basic, claims_of, header_of, post
from tests.proof import proves

ALLOWED = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")  # RFC 6749 section 5.2
PATHS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]


def refused(answer: Any, status: int, code: str) -> None:
    """The error as RFC 6749 5.2 writes it, which nobody may keep."""
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    assert ALLOWED.fullmatch(answer.json()["error_description"])
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


@proves("sso-H1")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_it_is_asked_by_post_alone(path: str, method: str, build: Machine) -> None:
    answer = ask(method, path, headers=basic(build.client_id, build.secret))
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@proves("sso-H1")
@pytest.mark.parametrize("path", PATHS)
def test_credentials_in_the_address_are_refused_although_they_are_right(path: str, build: Machine) -> None:
    query = {"client_id": build.client_id, "client_secret": build.secret}
    refused(post(path, GRANT | {"token": "x"}, params=query), 400, "invalid_request")
    refused(build.post(path, GRANT | {"token": "x"}, params={"token": "x"}), 400, "invalid_request")


@proves("promise-S23", "sso-H2", "sso-H3")
def test_a_token_comes_with_all_that_a_client_needs_and_nothing_else(build: Machine) -> None:
    answer = build.ask_token()
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 600
    assert body["scope"] == "chat:read chat:write history:team-a"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert "set-cookie" not in answer.headers


def test_the_credentials_may_stand_in_the_body(build: Machine) -> None:
    form = GRANT | {"client_id": build.client_id, "client_secret": build.secret}
    assert post("/oauth/token", form).status_code == 200
    refused(post("/oauth/token", form | {"client_secret": "wrong"}), 401, "invalid_client")


WRONG = {
    "secret": lambda machine: (machine.client_id, "cbs_wrong"),
    "secret-of-the-same-prefix": lambda machine: (machine.client_id, machine.secret[:-1] + "g"),
    "secret-of-another": lambda machine: (machine.client_id, Machine("other").secret),
    "client": lambda machine: ("cb_" + "0" * 20, machine.secret),
    "client-with-a-NUL": lambda machine: ("cb_\0", machine.secret),
    "client-of-10-kB": lambda machine: ("cb_" + "a" * 10_000, machine.secret),
    "secret-with-a-NUL": lambda machine: (machine.client_id, "cbs_\0" + machine.secret[5:]),
    "case": lambda machine: (machine.client_id.upper(), machine.secret),
}


@proves("sso-H4", "hard-H30")
@pytest.mark.parametrize("name", WRONG)
def test_who_is_unknown_and_who_is_wrong_hear_the_same(name: str, build: Machine) -> None:
    answers = [
        post("/oauth/token", GRANT, headers=basic(*WRONG[name](build))),
        post("/oauth/token", GRANT, headers=basic("cb_" + "f" * 20, "nonsense")),
    ]
    for answer in answers:
        refused(answer, 401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith('Basic realm="oauth"')
    assert answers[0].content == answers[1].content


@proves("sso-H4", "hard-H30")
def test_unknown_and_wrong_cost_the_same_work(
    build: Machine, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    """One question to the database, one hash, two comparisons, whoever asks."""
    done: list[str] = []
    hash_of, compare = clientsecrets.hash_of, clientsecrets.hmac.compare_digest
    monkeypatch.setattr(clientsecrets, "hash_of", lambda secret: done.append("hash") or hash_of(secret))
    monkeypatch.setattr(
        clientsecrets.hmac, "compare_digest", lambda *two: done.append("compare") or compare(*two)
    )
    work = []
    for client_id, secret in (
        (build.client_id, build.secret),
        (build.client_id, "wrong"),
        ("cb_" + "0" * 20, build.secret),
        ("nobody", ""),
    ):
        done.clear()
        with django_assert_num_queries(1):
            clients.find(client_id, secret)
        work.append(list(done))
    assert work == [["hash", "compare", "compare"]] * 4


@proves("sso-H5")
def test_there_is_one_grant_and_it_is_named(build: Machine) -> None:
    refused(build.post("/oauth/token", {}), 400, "invalid_request")
    for grant in ("password", "implicit", "authorization_code", "refresh_token", "Client_Credentials"):
        asked = {"grant_type": grant, "username": "alice", "password": "x", "code": "x"}
        refused(build.post("/oauth/token", asked), 400, "unsupported_grant_type")


@proves("sso-H6")
def test_credentials_stand_in_one_place(build: Machine) -> None:
    both = GRANT | {"client_id": build.client_id, "client_secret": build.secret}
    refused(build.post("/oauth/token", both), 400, "invalid_request")
    refused(build.ask_token(client_assertion="x"), 400, "invalid_request")
    refused(build.ask_token(client_id="cb_another"), 400, "invalid_request")
    assert build.ask_token(client_id=build.client_id).status_code == 200  # a name is no credential
    two = [("Authorization", basic(build.client_id, build.secret)["Authorization"])] * 2
    refused(ask("POST", "/oauth/token", data=GRANT, headers=two), 400, "invalid_request")


@proves("sso-H7")
def test_a_parameter_stands_once_and_one_without_a_value_not_at_all(build: Machine) -> None:
    headers = {"Content-Type": FORM}
    twice = "grant_type=client_credentials&grant_type=client_credentials"
    refused(build.post("/oauth/token", None, content=twice, headers=headers), 400, "invalid_request")
    scopes = "grant_type=client_credentials&scope=chat:read&scope="
    refused(build.post("/oauth/token", None, content=scopes, headers=headers), 400, "invalid_request")
    assert build.ask_token(scope="").json()["scope"] == "chat:read chat:write history:team-a"
    refused(build.post("/oauth/token", {"grant_type": ""}), 400, "invalid_request")
    assert build.ask_token(audience="x", resource="y").status_code == 200


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=%ff%fe", FORM),
        (b"grant_type=\xff", FORM),
        (b"a=1&" * 60, FORM),
        (b"a=" + b"x" * 70_000, FORM),
        (b"", FORM),
        (b"grant_type=client_credentials", ""),
    ],
    ids=["json", "not-utf-8", "not-ascii", "60-parameters", "70-kB", "empty", "no-type"],
)
def test_a_body_that_is_no_form_is_a_400(content: bytes, kind: str, build: Machine) -> None:
    answer = build.post("/oauth/token", None, content=content, headers={"Content-Type": kind})
    refused(answer, 400, "invalid_request")


@proves("sso-H8")
def test_a_scope_is_given_as_asked_or_not_at_all(build: Machine) -> None:
    narrowed = build.ask_token(scope="chat:read")
    assert narrowed.json()["scope"] == "chat:read"
    assert claims_of(narrowed.json()["access_token"])["scope"] == "chat:read"
    for scope in (
        "image:upload",
        "chat:read image:upload",
        "history:team-b",
        "CHAT:READ",
        "chat:read  chat:write",
        "chat:readx",
        "*",
    ):
        refused(build.ask_token(scope=scope), 400, "invalid_scope")


@proves("sso-H9")
def test_the_token_is_a_jwt_as_rfc_9068_writes_it(build: Machine, config: Config) -> None:
    first, second = build.token(), build.token()
    assert header_of(first)["typ"] == "at+jwt"
    assert header_of(first)["alg"] == "RS256"
    claims = claims_of(first)
    assert set(claims) >= {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "token_type"}
    assert claims["iss"] == "https://chat.example.com"
    assert claims["aud"] == "clawdbot-api"
    assert claims["client_id"] == build.client_id
    assert claims["sub"] == f"client:{build.client_id}"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["jti"] != claims_of(second)["jti"]
    caller = judge(config, first).caller
    assert caller is not None
    assert (caller.kind, caller.id) == ("client", f"client:{build.client_id}")
    assert caller.scopes == {"chat:read", "chat:write", "history:team-a"}
    assert caller.teams == {"team-a"}
    assert (caller.token, caller.issued) == (claims["jti"], claims["iat"])


PACKED = {
    "no-colon": base64.b64encode(b"cb_1234").decode(),
    "not-base64": "%%%",
    "not-utf-8": base64.b64encode(b"cb_1:\xff\xfe").decode(),
    "percent-not-utf-8": base64.b64encode(b"cb_1:%ff%fe").decode(),
    "empty": "",
    "empty-halves": base64.b64encode(b":").decode(),
    "no-secret": base64.b64encode(b"cb_1:").decode(),
}


@proves("sso-H10")
@pytest.mark.parametrize("name", PACKED)
def test_a_basic_header_that_is_none_is_a_401(name: str) -> None:
    for value in (f"Basic {PACKED[name]}", PACKED[name]):
        answer = post("/oauth/token", GRANT, headers={"Authorization": value})
        refused(answer, 401, "invalid_client")


@proves("sso-H10")
def test_percent_encoding_is_undone_and_the_scheme_has_no_case(build: Machine) -> None:
    escaped = "".join(f"%{ord(letter):02X}" for letter in build.secret)
    pair = base64.b64encode(f"{build.client_id.replace('_', '%5F')}:{escaped}".encode()).decode()
    assert post("/oauth/token", GRANT, headers={"Authorization": f"bAsIc {pair}"}).status_code == 200


@proves("sso-H13", "hard-H37")
def test_the_secret_is_in_no_row_and_no_log_and_a_copy_of_the_rows_opens_nothing(
    build: Machine, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    build.token()
    build.ask_token(client_secret="x")
    post("/oauth/token", GRANT, headers=basic(build.client_id, build.secret + "x"))
    rows = serializers.serialize("json", OAuthClient.objects.all())
    for words in (rows, caplog.text, repr(build.stored)):
        assert build.secret not in words
        assert build.secret[clientsecrets.PREFIX :] not in words
    stolen = build.stored
    for guess in (stolen.secret_hash, stolen.secret_prefix, stolen.secret_prefix + stolen.secret_hash):
        assert clients.find(build.client_id, guess) is None
    assert clients.find(build.client_id, build.secret) is not None
    auth = config.auth.model_copy(update={"pepper": type(config.auth.pepper)("q" * 40)})
    with live.override(config.model_copy(update={"auth": auth})):
        assert clients.find(build.client_id, build.secret) is None


@proves("sso-H15")
def test_the_words_of_every_error_are_plain() -> None:
    """`refused` looks at each; here a stranger's own words are sent, and none comes back."""
    for form in ({"grant_type": 'Mallory"\\\x7fé'}, {"scope": "Mallory"}, {"Mallory": "Mallory"}):
        answer = post("/oauth/token", form, headers={"Authorization": "Basic Mallory"})
        refused(answer, 401, "invalid_client")
        assert "Mallory" not in answer.text
