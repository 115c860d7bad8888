"""Bearers of a sign-on provider and of our own: which are judged by whom, and what is no access token."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from accounts.models import User
from accounts.tokens import jws, rotation
from accounts.tokens.issue import CannotIssue, issue
from accounts.tokens.keyring import GRACE
from accounts.tokens.keys import prepare
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from clawdsite.core.config.load import ConfigErrors, load
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import KeysUnreachable
from tests.accounts.bearers import AUDIENCE, LOGIN, accepting, bearer, known, own
from tests.accounts.doors import judge
from tests.accounts.forge import hmac_by, pem, rsa_key, unsigned
from tests.accounts.oauth.asking import ask
from tests.accounts.test_keys import put
from tests.doubles.forging import Forging
from tests.doubles.forging_keys import signer
from tests.proof import proves

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def op() -> Iterator[Forging]:
    with Forging() as forging:
        yield forging


@pytest.fixture
def config(op: Forging, tmp_path: Path) -> Iterator[Config]:
    revocations.forget()
    with live.override(accepting(op, tmp_path)) as found:
        yield found


@pytest.fixture
def alice(op: Forging) -> User:
    return known(op, "alice", "alice-1", "team-a")


def get(
    *headers: tuple[str, str], method: str = "GET", path: str = "/v1/openapi.json", **options: Any
) -> Any:
    return ask(method, path, headers=list(headers), **options)


def trial(config: Config) -> str:
    """A token as the command line makes one, which may read."""
    return issue(config, sub="tester", scope="chat:read", ttl=60)


# ---- in the header, and how a refusal reads ---------------------------------------------------


@proves("sso-G1")
def test_who_sends_nothing_is_told_how_and_not_that_something_is_wrong(config: Config) -> None:
    answer = get()
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="clawdbot"'


@proves("sso-G2")
def test_a_bad_token_is_a_401_and_a_missing_scope_a_403(config: Config) -> None:
    for token in ("nonsense", trial(config)[:-4] + "AAAA"):
        answer = get(("Authorization", f"Bearer {token}"))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="clawdbot", error="invalid_token"'
    reader = ("Authorization", f"Bearer {trial(config)}")
    answer = get(reader, method="POST", path="/v1/chat/completions", json={"messages": []})
    assert answer.status_code == 403
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="clawdbot", error="insufficient_scope", scope="chat:write"'


@proves("sso-G3")
def test_two_methods_at_once_and_a_token_in_the_address_do_not_count(config: Config) -> None:
    token, other = trial(config), trial(config)
    for headers in (
        [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {other}")],
        [("Authorization", f"Bearer {token}"), ("api-key", other)],
        [("Authorization", f"Bearer  {token}")],
        [("Authorization", token)],
    ):
        assert get(*headers).status_code == 401
    answer = get(params={"access_token": token})
    assert answer.status_code == 401
    assert "error=" not in answer.headers["WWW-Authenticate"]
    form = get(method="POST", path="/v1/chat/completions", data={"access_token": token})
    assert form.status_code == 401


@proves("sso-G4")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_has_no_case(scheme: str, config: Config) -> None:
    assert get(("Authorization", f"{scheme} {trial(config)}")).status_code == 200


# ---- which kind, whose key --------------------------------------------------------------------


def own_kid(config: Config) -> str:
    """The gateway signs with a key that the tests have in hand."""
    put(Path(config.data_dir), "0001.pem", rsa_key("own"))
    return prepare(config)[0].kid


@pytest.fixture
def in_files(op: Forging, tmp_path: Path) -> Iterator[Config]:
    revocations.forget()
    with live.override(accepting(op, tmp_path, auth={"signing_key": ""})) as found:
        yield found


@proves("sso-G5")
def test_the_header_says_that_it_is_an_access_token(in_files: Config, op: Forging, alice: User) -> None:
    kid = own_kid(in_files)
    own_types = {typ: judge(in_files, own(kid, {"typ": typ})).refused for typ in (None, "JWT", "at+jwt")}
    assert own_types == {None: True, "JWT": True, "at+jwt": False}
    foreign = (None, "JWT", "at+jwt", "application/at+jwt", "logout+jwt", "dpop+jwt", "jwt", 7)
    refused = [typ for typ in foreign if judge(in_files, bearer(op, {"typ": typ})).refused]
    assert refused == ["logout+jwt", "dpop+jwt", "jwt", 7]


BENT: dict[str, Callable[[Forging], str]] = {
    "iss-with-a-slash": lambda op: bearer(op, iss=op.issuer + "/"),
    "iss-in-another-case": lambda op: bearer(op, iss=op.issuer.upper()),
    "no-iss": lambda op: bearer(op, iss=None),
    "aud": lambda op: bearer(op, aud="another-api"),
    "aud-our-own": lambda op: bearer(op, aud="clawdbot-api"),
    "no-aud": lambda op: bearer(op, aud=None),
    "azp-instead-of-aud": lambda op: bearer(op, aud="account", azp=AUDIENCE),
    "expired": lambda op: bearer(op, exp=int(time.time()) - 61),
    "no-exp": lambda op: bearer(op, exp=None),
    "no-sub": lambda op: bearer(op, sub=None),
    "signature": lambda op: bearer(op)[:-4] + "AAAA",
}


@proves("sso-G6")
@pytest.mark.parametrize("name", BENT)
def test_a_token_of_the_sso_is_held_to_everything(
    name: str, config: Config, op: Forging, alice: User
) -> None:
    assert judge(config, BENT[name](op)).refused
    assert judge(config, bearer(op, aud=["other", AUDIENCE])).caller


@proves("sso-G6")
def test_no_algorithm_counts_but_those_of_the_provider(config: Config, op: Forging, alice: User) -> None:
    for algorithm, sign in (
        ("none", unsigned),
        ("HS256", hmac_by(pem(rsa_key("first")))),
        ("RS512", signer("RS512", "first")),
        ("ES256", signer("ES256", "first")),
    ):
        op.sign = sign
        assert judge(config, bearer(op, {"alg": algorithm})).refused


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256", "RS512"])
def test_each_algorithm_of_the_provider_counts(
    algorithm: str, op: Forging, tmp_path: Path, alice: User
) -> None:
    op.publish(algorithm, "next")
    config = accepting(op, tmp_path, options={"allowed_algs": ["RS256", algorithm]})
    assert judge(config, bearer(op)).caller
    op.sign = signer("RS256", "other")
    assert judge(config, bearer(op)).refused


@proves("sso-G7")
@pytest.mark.parametrize("claim", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
def test_a_token_of_our_own_lacks_no_claim(claim: str, in_files: Config) -> None:
    kid = own_kid(in_files)
    assert judge(in_files, own(kid)).caller
    assert judge(in_files, own(kid, **{claim: None})).refused


@proves("sso-G8")
def test_an_id_token_of_the_sso_is_no_access_token(config: Config, op: Forging, alice: User) -> None:
    assert judge(config, op.id_token("n-1", "access")).refused
    for changes in ({"typ": "ID"}, {"at_hash": "x"}, {"c_hash": "x"}):
        assert judge(config, bearer(op, **changes)).refused


@proves("sso-G8")
def test_an_id_token_is_none_even_where_a_login_client_is_the_audience(
    op: Forging, tmp_path: Path, alice: User
) -> None:
    """auth.jwt may name a login client's id as audience; a nonce then tells that it is an ID token."""
    jwt = {
        "name": "own-api",
        "issuer": op.issuer,
        "audience": LOGIN,
        "algorithms": ["RS256"],
        "public_key": pem(rsa_key("first")),
    }
    config = accepting(op, tmp_path, options={"api_audience": ""}, auth={"jwt": [jwt]})
    assert judge(config, bearer(op, aud=LOGIN)).caller
    for aud in (LOGIN, [LOGIN]):
        assert "nonce" in judge(config, bearer(op, aud=aud, nonce="n-1")).details
    assert judge(config, bearer(op, aud=[LOGIN, "api"], nonce="n-1")).caller


@proves("sso-G9")
def test_a_logout_token_is_no_access_token(config: Config, op: Forging, alice: User) -> None:
    assert judge(config, op.logout_token()).refused
    assert judge(config, op.logout_token({"typ": "JWT"})).refused
    assert "typ" in judge(config, bearer(op, {"typ": "logout+jwt"}, events={})).details
    assert "typ" in judge(config, bearer(op, typ="Logout")).details


@proves("sso-G10")
def test_a_refresh_token_is_no_access_token(in_files: Config, op: Forging, alice: User) -> None:
    assert judge(in_files, bearer(op, token_type="refresh")).refused
    assert judge(in_files, bearer(op, typ="Refresh")).refused
    assert judge(in_files, own(own_kid(in_files), token_type="refresh")).refused
    assert judge(in_files, bearer(op, token_type="Bearer")).caller


@proves("sso-G11")
def test_our_name_in_a_token_of_the_sso_is_worth_nothing(in_files: Config, op: Forging) -> None:
    kid = own_kid(in_files)
    forged = bearer(op, {"typ": "at+jwt"}, iss="https://chat.example.com", aud="clawdbot-api", jti="1")
    assert judge(in_files, forged).refused
    assert judge(in_files, own(kid, key="first")).refused


@proves("sso-G12", "sso-G13")
def test_a_key_belongs_to_one_issuer(in_files: Config, op: Forging, alice: User) -> None:
    kid = own_kid(in_files)
    assert judge(in_files, own(kid, iss=op.issuer, aud=AUDIENCE, sub="alice-1")).refused
    assert judge(in_files, bearer(op, {"kid": kid})).refused
    assert judge(in_files, own("first")).refused
    assert judge(in_files, bearer(op)).caller


@proves("sso-G14")
@pytest.mark.parametrize(
    "kid", ["../../etc/passwd", "0001.pem", "' OR 1=1 --", "a\0b", "k" * 5000, "", "http://127.0.0.1/x"]
)
def test_a_key_s_name_only_ever_selects(kid: str, in_files: Config, op: Forging, alice: User) -> None:
    own_kid(in_files)
    opened: list[object] = []
    with patch("pathlib.Path.read_bytes", side_effect=lambda *_: opened.append(_) or b""):
        assert judge(in_files, own(kid)).refused
        assert judge(in_files, bearer(op, {"kid": kid})).refused
    assert [path for path in opened if "0001.pem" not in str(path)] == []


@proves("sso-G14")
def test_a_flood_of_made_up_names_asks_the_provider_once(config: Config, op: Forging, alice: User) -> None:
    assert judge(config, bearer(op)).caller
    for number in range(20):
        assert judge(config, bearer(op, {"kid": f"k{number}"})).refused
    assert op.count("/jwks") <= 2
    assert op.count("/.well-known/openid-configuration") == 1


@proves("sso-G15")
def test_a_machine_with_a_person_s_id_is_not_that_person(in_files: Config, op: Forging, alice: User) -> None:
    kid, person = own_kid(in_files), str(alice.pk)
    named = judge(in_files, own(kid, sub=person)).caller
    assert named is not None
    assert (named.kind, named.id) == ("token", f"clawdbot.own:{person}")
    for claims in (
        {"sub": person, "client_id": "cb_" + "0" * 20},
        {"sub": f"client:{person}", "client_id": "cb_" + "0" * 20},
        {"sub": "client:cb_1", "client_id": "cli"},
        {"sub": person, "client_id": f"client:{person}"},
        {"sub": person, "client_id": "WEB"},
        {"sub": person, "client_id": "web"},  # names no session
    ):
        assert judge(in_files, own(kid, **claims)).refused, claims
    foreign = judge(in_files, bearer(op, sub=person))
    assert foreign.refused
    assert "nobody is known" in foreign.details


@proves("sso-G16")
def test_private_claims_name_nobody_and_give_nothing(config: Config, op: Forging, alice: User) -> None:
    said = {"is_superuser": True, "is_staff": True, "user_id": "1", "email": "root@x.example"}
    caller = judge(config, bearer(op, groups=["admin", "team-b", "chat:admin"], **said)).caller
    assert caller is not None
    assert caller.id == str(alice.pk)
    assert caller.scopes <= {"chat:read", "chat:write", "history:team-a"}
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.groups.count()) == (False, False, 0)


@proves("sso-G17")
@pytest.mark.parametrize(
    ("said", "granted"),
    [
        ({"scope": "chat:read chat:write"}, {"chat:read", "chat:write"}),
        ({"scope": ["chat:read", "chat:write"]}, {"chat:read", "chat:write"}),
        ({"scope": None, "scp": "chat:read"}, {"chat:read"}),
        ({"scope": None, "scp": ["chat:write"]}, {"chat:write"}),
        ({"scope": "chat:readx CHAT:READ chat:* openid"}, set()),
        ({"scope": None}, set()),
    ],
    ids=["text", "list", "scp", "scp-list", "unknown", "none"],
)
def test_scopes_count_as_they_are_spelled(
    said: dict[str, Any], granted: set[str], config: Config, op: Forging, alice: User
) -> None:
    caller = judge(config, bearer(op, **said)).caller
    assert caller is not None
    assert caller.scopes == granted


@proves("sso-G18")
def test_the_key_before_counts_while_one_takes_over_and_not_once_it_is_gone(in_files: Config) -> None:
    kid = own_kid(in_files)
    token = own(kid)
    put(Path(in_files.data_dir), "0002.pem", rsa_key("next"), age=GRACE)
    assert judge(in_files, token).caller
    rotation.rotate(in_files, at_once=True)
    assert "not among those" in judge(in_files.model_copy(), own(kid, jti="2")).details


@proves("sso-G19")
@pytest.mark.parametrize(
    "exp",
    [86400 + 62, 10**12, 10**30, 10**400, -(10**400), 1e12, "soon", True, None, [1]],
    ids=lambda exp: str(exp)[:8],
)
def test_an_end_that_is_none_or_too_far_away_is_a_401(
    exp: Any, in_files: Config, op: Forging, alice: User
) -> None:
    if exp == 86400 + 62:
        exp += int(time.time())
    assert judge(in_files, bearer(op, exp=exp)).refused
    assert judge(in_files, own(own_kid(in_files), exp=exp)).refused


@proves("sso-G20")
@pytest.mark.parametrize(
    "sub", [7, 1.5, True, ["alice-1"], {"a": 1}, "", "a\0b", "a\nb", "s" * 10_000, "\u202e"],
    ids=["number", "float", "true", "list", "object", "empty", "NUL", "line", "10000", "bidi"],
)
def test_a_subject_that_can_name_nobody_is_a_401(sub: Any, in_files: Config, op: Forging) -> None:
    assert judge(in_files, bearer(op, sub=sub)).refused
    assert judge(in_files, own(own_kid(in_files), sub=sub)).refused


@proves("sso-G21")
def test_a_token_of_more_than_8_KiB_is_not_even_decoded(config: Config, op: Forging) -> None:
    long = bearer(op, padding="x" * 9000)
    with patch.object(jws, "from_base64url", side_effect=AssertionError("decoded")):
        assert "longer than 8192 bytes" in judge(config, long).details


@proves("sso-G23")
def test_a_token_without_an_audience_is_a_401_and_the_log_says_what_to_do(
    config: Config, op: Forging, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert "Audience mapper" in judge(config, bearer(op, aud=None, azp=AUDIENCE)).details
    assert "Audience mapper" in caplog.text


@proves("sso-G24")
def test_a_shared_secret_that_is_short_or_django_s_own_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.touch(0o600)

    def start(secret: str) -> None:
        entry = f"{{issuer: 'https://sso.example.com', audience: a, algorithms: [HS256], secret: '{secret}'}}"
        file.write_text(
            "server: {public_url: 'https://chat.example.com'}\n"
            f"secret_key: '{'kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPfQQ'}'\nauth: {{jwt: [{entry}]}}\n"
        )
        load(file, {})

    start("aq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf")
    for secret in ("aq3vT0yX9sJm5hZb2uWc8eRn4aLd7gP", "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPfQQ"):
        with pytest.raises(ConfigErrors, match="secret"):
            start(secret)


@proves("sso-G25")
def test_a_clock_may_be_off_by_a_minute_and_not_a_second_more(
    in_files: Config, op: Forging, alice: User
) -> None:
    now, kid = int(time.time()), own_kid(in_files)
    with patch("accounts.tokens.backend.time.time", return_value=float(now)):
        for late in (60, 61):
            refused = late == 61
            assert judge(in_files, bearer(op, exp=now - late)).refused is refused
            assert judge(in_files, own(kid, exp=now - late)).refused is refused
            assert judge(in_files, bearer(op, iat=now + late, nbf=now + late)).refused is refused
            assert judge(in_files, own(kid, iat=now + late)).refused is refused


# ---- a provider that is down ------------------------------------------------------------------


def test_a_provider_that_is_down_is_a_503_and_nothing_waits_for_it_at_the_start(
    config: Config, op: Forging, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    token = bearer(op)
    op.stop()
    with pytest.raises(KeysUnreachable) as caught:
        judge(config, token)
    assert caught.value.status == 503
    assert caught.value.headers()["Retry-After"]
    with pytest.raises(KeysUnreachable):
        judge(config, token)
    assert caplog.text.count("none to fall back on") <= 3
    assert judge(config, trial(config)).caller


def test_keys_that_were_fetched_outlive_a_reload_while_the_provider_is_down(
    config: Config, op: Forging, tmp_path: Path, alice: User
) -> None:
    assert judge(config, bearer(op)).caller
    op.stop()
    assert judge(accepting(op, tmp_path, label="renamed"), bearer(op, jti="2")).caller


def test_tokens_of_a_provider_without_api_audience_are_nobody_s(
    op: Forging, tmp_path: Path, alice: User
) -> None:
    config = accepting(op, tmp_path, options={"api_audience": ""})
    assert "not accepted here" in judge(config, bearer(op)).details
    assert "not accepted here" in judge(config, bearer(op, aud=LOGIN)).details


def test_a_tester_never_speaks_for_a_machine_client(config: Config) -> None:
    with pytest.raises(CannotIssue, match="machine client"):
        issue(config, sub="client:cb_1", scope="chat:read", ttl=60)
