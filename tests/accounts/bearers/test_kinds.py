"""Which tokens are judged by whose rules and keys, and which are no access tokens at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from accounts.models import User
from clawdsite.core.config.schema import Config
from tests.accounts.bearers.making import AUDIENCE, LOGIN, accepting, bearer, own, own_kid
from tests.accounts.doors import judge
from tests.accounts.forge import hmac_by, pem, rsa_key, unsigned
from tests.doubles.forging import Forging
from tests.doubles.forging_keys import signer
from tests.proof import proves


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
