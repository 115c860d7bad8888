"""Each ID token that must not be believed, and those that must be (sso.md section 8.D)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.accounts.forge import b64, forge, garbage, hmac_by, jwk, pem, rsa_by, rsa_key, unsigned
from tests.accounts.oidc.asking import Browser, text
from tests.doubles.forging import CLIENT_ID, SECRET, Forging
from tests.doubles.forging_keys import published, short_key, signer
from tests.proof import proves

Bend = Callable[[Forging], object]


def claim(name: str, value: Any) -> Bend:
    """The claim has this value; None: it is missing."""
    return lambda op: op.claims.update({name: value})


def later(name: str, seconds: float) -> Bend:
    return lambda op: op.claims.update({name: int(time.time() + seconds)})


def header(**changes: Any) -> Bend:
    return lambda op: op.header.update(changes)


def raw(make: Callable[[Forging], str]) -> Bend:
    return lambda op: setattr(op, "raw_id_token", make(op))


def both(*bends: Bend) -> Bend:
    return lambda op: [bend(op) for bend in bends]


def signed_by(algorithm: str, sign: Callable[[Forging], Any]) -> Bend:
    """Signed in another way than its key would."""

    def bend(op: Forging) -> None:
        op.header["alg"] = algorithm
        op.sign = sign(op)

    return bend


def repeated(op: Forging) -> str:
    claims = json.dumps(op.said_claims(nonce="n"))
    return forge(op.header, claims[:-1] + ', "sub": "bob-1"}', op.sign)


def deep(op: Forging) -> str:
    return forge(op.header, '{"a":' * 5000 + "1" + "}" * 5000, op.sign)


def weak_key(op: Forging) -> None:
    op.keys = [jwk(short_key(), kid="short")]
    op.header["kid"] = "short"
    op.sign = rsa_by(short_key())


def two_keys_and_no_name(op: Forging) -> None:
    op.keys = [published("RS256", "first", kid=None), published("RS256", "second", kid=None)]
    op.header["kid"] = None


def secret_published(op: Forging) -> None:
    op.keys.append({"kty": "oct", "kid": "shared", "alg": "HS256", "k": b64(b"0" * 32)})
    op.header |= {"alg": "HS256", "kid": "shared"}
    op.sign = hmac_by(b"0" * 32)


BAD: dict[str, Bend] = {
    "sso-D1-other": claim("iss", "https://evil.example"),
    "sso-D1-slash": lambda op: op.claims.update(iss=op.issuer + "/"),
    "sso-D1-case": lambda op: op.claims.update(iss=op.issuer.upper()),
    "sso-D1-list": lambda op: op.claims.update(iss=[op.issuer]),
    "sso-D2-other": claim("aud", "another-client"),
    "sso-D2-missing": claim("aud", None),
    "sso-D2-empty": claim("aud", []),
    "sso-D2-number": claim("aud", [CLIENT_ID, 7]),
    "sso-D2-case": claim("aud", CLIENT_ID.upper()),
    "sso-D2-azp-ours": both(claim("aud", "another-client"), claim("azp", CLIENT_ID)),
    "sso-D3-untrusted": claim("aud", [CLIENT_ID, "another-client"]),
    "sso-D4-other": claim("azp", "another-client"),
    "sso-D4-with-two": both(claim("aud", [CLIENT_ID, "another"]), claim("azp", "another")),
    "sso-D5-none": both(header(alg="none"), lambda op: setattr(op, "sign", unsigned)),
    "sso-D5-None": both(header(alg="None"), lambda op: setattr(op, "sign", unsigned)),
    "sso-D5-nOnE": both(header(alg="nOnE"), lambda op: setattr(op, "sign", unsigned)),
    "sso-D5-none-signed": header(alg="none"),
    "sso-D5-empty": lambda op: setattr(op, "sign", unsigned),
    "sso-D6-RS512": signed_by("RS512", lambda _: signer("RS512", "first")),
    "sso-D6-the-key-would-fit": both(
        lambda op: op.keys[0].pop("alg"), signed_by("RS512", lambda _: signer("RS512", "first"))
    ),
    "sso-D6-PS256": signed_by("PS256", lambda _: signer("PS256", "first")),
    "sso-D7-public-pem": signed_by("HS256", lambda _: hmac_by(pem(rsa_key("first")))),
    "sso-D7-public-jwk": signed_by("HS256", lambda op: hmac_by(json.dumps(op.keys[0]))),
    "sso-D7-client-secret": signed_by("HS256", lambda _: hmac_by(SECRET)),
    "sso-D8-RS256": lambda op: setattr(op, "sign", garbage),
    "sso-D8-other-key": lambda op: setattr(op, "sign", signer("RS256", "second")),
    "sso-D9": later("exp", -61),
    "sso-D10-exp": claim("exp", None),
    "sso-D10-iat": claim("iat", None),
    "sso-D10-sub": claim("sub", None),
    "sso-D10-iss": claim("iss", None),
    "sso-D11-old": later("iat", -662),
    "sso-D11-future": later("iat", 65),
    "sso-D11-nbf": later("nbf", 65),
    "sso-D12-missing": claim("nonce", None),
    "sso-D12-other": claim("nonce", text(32)),
    "sso-D12-number": claim("nonce", 7),
    "sso-D13-number": claim("sub", 7),
    "sso-D13-empty": claim("sub", ""),
    "sso-D13-long": claim("sub", "a" * 256),
    "sso-D14": claim("at_hash", b64(b"0" * 16)),
    "sso-D14-number": claim("at_hash", 7),
    "sso-D15-unknown": header(kid="nobody's"),
    "sso-D16-several": two_keys_and_no_name,
    "sso-D17": secret_published,
    "sso-D19": header(crit=["exp"]),
    "sso-D20-jwe": raw(lambda _: "a.b.c.d.e"),
    "sso-D20-two": raw(lambda _: "a.b"),
    "sso-D20-base64": raw(lambda _: "!!!.???.***"),
    "sso-D20-empty": raw(lambda _: ""),
    "sso-D20-nested": header(cty="JWT"),
    "sso-D20-twice": raw(repeated),
    "sso-D20-deep": raw(deep),
    "sso-D20-list": raw(lambda op: forge(op.header, [1], op.sign)),
    "sso-D20-exp-huge": claim("exp", 1e30),
    "sso-D20-exp-milliseconds": claim("exp", int(time.time() + 300) * 1000),
    "sso-D20-exp-digits": claim("exp", 10**400),
    "sso-D20-exp-NaN": claim("exp", float("nan")),
    "sso-D20-exp-text": claim("exp", str(int(time.time()) + 300)),
    "sso-D20-exp-bool": claim("exp", True),
    "sso-D20-iat-huge": claim("iat", 10**400),
    "sso-D21-logout": header(typ="logout+jwt"),
    "sso-D21-access": header(typ="at+jwt"),
    "sso-D21-payload": claim("typ", "Refresh"),
    "sso-D21-events": claim("events", {"http://schemas.openid.net/event/backchannel-logout": {}}),
    "sso-D22": both(claim("aud", "another-client"), claim("azp", "another-client")),
    "sso-D23": weak_key,
}


@pytest.mark.parametrize("bend", BAD.values(), ids=BAD.keys())
def test_is_refused_and_nobody_is_asked_about_it(alice: Browser, op: Forging, bend: Bend) -> None:
    bend(op)
    detail = alice.refused()
    assert op.count("/token") == 1
    assert op.count("/userinfo") == 0
    assert not any(word in detail for word in ("alice", "evil", "eyJ", "access-"))


GOOD: dict[str, Bend] = {
    "sso-D2-list": claim("aud", [CLIENT_ID]),
    "sso-D3-azp": both(claim("aud", [CLIENT_ID, "another-client"]), claim("azp", CLIENT_ID)),
    "sso-D9-leeway": later("exp", -55),
    "sso-D11-ten-minutes": later("iat", -590),
    "sso-D11-leeway": later("iat", 55),
    "sso-D14-absent": claim("at_hash", None),
    "sso-D16-single": lambda op: op.header.update(kid=None),
    "sso-D16-single-unnamed": lambda op: op.keys[0].pop("kid"),
    "sso-D17-passed-over": lambda op: op.keys.append({"kty": "oct", "kid": "shared", "k": b64(b"0" * 32)}),
    "sso-D21-absent": header(typ=None),
    "sso-D21-keycloak": claim("typ", "ID"),
    "strange-keys-are-passed-over": lambda op: op.keys.extend(
        [{"kty": "AKP", "kid": "new"}, {"kty": "EC", "crv": "P-999", "kid": "x"}, {"kty": 7}]
    ),
    "keys-for-encryption-are-passed-over": both(
        header(kid=None), lambda op: op.keys.append(published("RS256", "b", use="enc"))
    ),
    "keys-that-verify-nothing-are-passed-over": both(
        header(kid=None), lambda op: op.keys.append(published("RS256", "b", key_ops=["encrypt"]))
    ),
}


@pytest.mark.parametrize("bend", GOOD.values(), ids=GOOD.keys())
def test_is_believed(alice: Browser, op: Forging, bend: Bend) -> None:
    bend(op)
    assert alice.sign_in().subject == "alice-1"


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "EdDSA"])
def test_every_algorithm_on_the_list_works_and_a_bad_signature_does_not(op: Forging, algorithm: str) -> None:
    op.publish(algorithm, "first")
    op.claims["at_hash"] = None
    alice = Browser(op, options={"allowed_algs": [algorithm]})
    assert alice.sign_in().subject == "alice-1"
    op.sign = signer(algorithm, "second")
    assert "signature" in alice.refused()
    op.sign = garbage
    assert "signature" in alice.refused()


@proves("sso-D8")
@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_an_empty_signature_is_none_whatever_the_algorithm(op: Forging, algorithm: str) -> None:
    op.publish(algorithm, "first")
    op.sign = unsigned
    Browser(op, options={"allowed_algs": [algorithm]}).refused()


@proves("sso-D6")
def test_a_key_that_says_its_algorithm_serves_no_other(op: Forging) -> None:
    """Both are allowed, the key would fit, but it is published for PS256."""
    op.publish("PS256", "first")
    op.header["alg"] = "RS256"
    op.sign = signer("RS256", "first")
    Browser(op, options={"allowed_algs": ["RS256", "PS256"]}).refused()


@proves("sso-D12")
def test_the_nonce_of_another_transaction_is_refused(alice: Browser, op: Forging) -> None:
    alice.sign_in(nonce="first")
    op.claims["nonce"] = "first"
    assert "nonce" in alice.refused(nonce="second")


@proves("sso-D15")
def test_a_key_changed_right_before_signing_works_at_once(alice: Browser, op: Forging) -> None:
    alice.sign_in()
    op.before_signing = lambda: op.publish("RS256", "second")
    assert alice.sign_in().subject == "alice-1"
    assert op.count("/jwks") == 2


@proves("sso-D15")
def test_an_unknown_key_causes_one_fetch_and_never_a_storm(alice: Browser, op: Forging) -> None:
    alice.sign_in()
    for turn in range(1, 12):
        op.header["kid"] = f"nobody's-{turn}"
        assert "does not publish" in alice.refused()
        assert op.count("/jwks") == 1 + min(turn, 5)


@proves("sso-D18")
@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_a_key_that_the_token_brings_along_is_neither_fetched_nor_used(
    alice: Browser, op: Forging, member: str
) -> None:
    bad = published("RS256", "evil", kid="evil")
    brought = {"jku": f"{op.issuer}/evil", "x5u": f"{op.issuer}/evil", "jwk": bad, "x5c": ["MIIB"]}
    op.header |= {member: brought[member], "kid": "evil"}
    op.sign = signer("RS256", "evil")
    alice.refused()
    assert op.count("/evil") == 0


@proves("sso-D24")
def test_a_sign_in_there_that_is_too_old_is_refused(op: Forging) -> None:
    alice = Browser(op, options={"max_age": 3600})
    op.claims["auth_time"] = int(time.time()) - 3500
    assert alice.sign_in().subject == "alice-1"
    op.claims["auth_time"] = int(time.time()) - 3700
    alice.refused("expired")
    op.claims["auth_time"] = None
    alice.refused()


def test_a_private_key_in_the_set_refuses_the_set(alice: Browser, op: Forging) -> None:
    op.keys.append(published("RS256", "second", kid="second", d="AQAB"))
    assert "private key" in alice.refused()
