"""What a token must say, case by case, and the words that a person gets when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from accounts.caller import Caller
from accounts.tokens import claims as rulebook
from accounts.tokens.claims import Rules
from clawdsite.core.errors import InvalidToken
from tests.accounts.doors import accepting, issuer, judge, rs_issuer
from tests.accounts.forge import (
    AUD,
    ISS,
    SECRET,
    claims,
    forge,
    hmac_by,
    hs_token,
    pem,
    rs_token,
    rsa_key,
    text,
    unsigned,
)

SSO = accepting(issuer(name="sso"))
Made = Callable[[], str]  # made when the test runs: a token that waits for its turn grows old
HS = {"alg": "HS256", "typ": "JWT"}


def signed(header: Any = HS, payload: Any = None) -> str:
    return forge(header, claims() if payload is None else payload, hmac_by(SECRET))


def raw_claims(**texts: str) -> bytes:
    """Claims with one written as JSON text that no JSON writer would write."""
    found = text(claims(**dict.fromkeys(texts))).decode().rstrip("}")
    return (found + "".join(f', "{name}": {value}' for name, value in texts.items()) + "}").encode()


def stray_bits(token: str) -> str:
    """The same signature in another spelling: 43 characters hold two bits more than 32 bytes need."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


REFUSED = {
    "alg-none": (lambda: forge({"alg": "none"}, claims(), unsigned), "token is not signed"),
    "alg-none-with-a-signature": (lambda: signed({"alg": "none"}), "another algorithm: HS256 is expected"),
    "alg-of-the-other-family": (lambda: rs_token("good"), "another algorithm: HS256 is expected"),
    "alg-missing": (lambda: signed({"typ": "JWT"}), "names no algorithm"),
    "crit": (lambda: signed(HS | {"crit": ["exp"]}), "crit or b64"),
    "b64": (lambda: signed(HS | {"b64": True}), "crit or b64"),
    "cty": (lambda: signed(HS | {"cty": "JWT"}), "nested tokens are not supported"),
    "typ-of-a-logout-token": (lambda: signed(HS | {"typ": "logout+jwt"}), "must be JWT, at+jwt or left out"),
    "typ-null": (lambda: signed(HS | {"typ": None}), "must be JWT, at+jwt or left out"),
    "kid-number": (lambda: signed(HS | {"kid": 7}), "kid) is not text"),
    "other-secret": (lambda: forge(HS, claims(), hmac_by("x" * 40)), "signature does not match"),
    "changed-after-signing": (lambda: hs_token()[:-4] + "AAAA", "signature does not match"),
    "header-twice": (lambda: signed(b'{"alg":"HS256","alg":"HS256"}'), "header is not a proper JSON object"),
    "claim-twice": (
        lambda: signed(HS, raw_claims()[:-1] + b', "sub": "bob"}'),
        "a member stands twice in it",
    ),
    "payload-list": (lambda: signed(HS, b"[1]"), "payload is not a proper JSON object"),
    "payload-utf16": (
        lambda: signed(HS, text(claims()).decode().encode("utf-16")),
        "not a proper JSON object",
    ),
    "payload-33-levels": (lambda: signed(HS, raw_claims(x="[" * 33 + "]" * 33)), "not a proper JSON object"),
    "payload-5000-levels": (lambda: signed(HS, b"[" * 5000), "not a proper JSON object"),
    "stray-bits": (lambda: stray_bits(hs_token()), "in its one proper spelling"),
    "padding": (lambda: hs_token() + "=", "no padding, blank or line end"),
    "five-parts": (lambda: "a.b.c.d.e", "encrypted (five parts)"),
    "an-api-key": (lambda: "sk-1234567890", "not a JWT: three parts"),
    "empty": (lambda: "", "not a JWT: three parts"),
    "not-ascii": (lambda: hs_token() + "é", "characters that no token has"),
    "8193-bytes": (lambda: "a" * 8193, "longer than 8192 bytes"),
    "exp-missing": (lambda: hs_token(exp=None), "it has no exp"),
    "exp-text": (lambda: hs_token(exp="1999999999"), "exp must be a number of seconds"),
    "exp-true": (lambda: hs_token(exp=True), "exp must be a number of seconds"),
    "exp-1e999": (lambda: signed(HS, raw_claims(exp="1e999")), "exp must be a number of seconds"),
    "exp-nan": (lambda: signed(HS, raw_claims(exp="NaN")), "payload is not a proper JSON object"),
    "exp-400-digits": (lambda: signed(HS, raw_claims(exp="9" * 400)), "at most 24 h (auth.jwt.max_lifetime)"),
    "exp-5000-digits": (
        lambda: signed(HS, raw_claims(exp="9" * 5000)),
        "payload is not a proper JSON object",
    ),
    "exp-1e300": (lambda: signed(HS, raw_claims(exp="1e300")), "at most 24 h (auth.jwt.max_lifetime)"),
    "exp-milliseconds": (
        lambda: hs_token(exp=int(time.time() * 1000)),
        "exp counts seconds, not milliseconds",
    ),
    "exp-25h": (lambda: hs_token(exp=int(time.time()) + 90000), "at most 24 h (auth.jwt.max_lifetime)"),
    "exp-past": (lambda: hs_token(exp=int(time.time()) - 62), "token is expired"),
    "exp-zero": (lambda: hs_token(exp=0), "token is expired"),
    "nbf-future": (lambda: hs_token(nbf=int(time.time()) + 90), "is not valid yet (nbf)"),
    "iat-future": (lambda: hs_token(iat=int(time.time()) + 90), "was issued in the future (iat)"),
    "iat-list": (lambda: hs_token(iat=[1]), "iat must be a number of seconds"),
    "iss-missing": (lambda: hs_token(iss=None), "names no issuer"),
    "iss-list": (lambda: hs_token(iss=[ISS]), "names no issuer"),
    "iss-other": (lambda: hs_token(iss="https://evil.example"), "issuer (iss) that is not accepted here"),
    "iss-slash": (lambda: hs_token(iss=ISS + "/"), "but for a slash at the end"),
    "aud-missing": (lambda: hs_token(aud=None), f'aud must contain "{AUD}" (Keycloak'),
    "aud-other": (lambda: hs_token(aud="another"), f'another audience: aud must contain "{AUD}"'),
    "aud-substring": (lambda: hs_token(aud=AUD + "x"), f'aud must contain "{AUD}"'),
    "aud-number-among-them": (lambda: hs_token(aud=[1, AUD]), f'aud must contain "{AUD}"'),
    "aud-empty-list": (lambda: hs_token(aud=[]), f'aud must contain "{AUD}"'),
    "sub-missing": (lambda: hs_token(sub=None), "it has no sub"),
    "sub-number": (lambda: hs_token(sub=1), "sub must be printable text"),
    "sub-empty": (lambda: hs_token(sub=""), "sub must be printable text"),
    "sub-nul": (lambda: hs_token(sub="u1\0"), "sub must be printable text"),
    "sub-newline": (lambda: hs_token(sub="u1\n"), "sub must be printable text"),
    "sub-surrogate": (lambda: signed(HS, raw_claims(sub='"\\ud800"')), "sub must be printable text"),
    "sub-10000": (lambda: hs_token(sub="a" * 3000), "sub must be printable text of 1 to 255 bytes"),
    "token_type-refresh": (lambda: hs_token(token_type="refresh"), "its token_type is not access"),
    "token_type-list": (lambda: hs_token(token_type=["access"]), "its token_type is not access"),
    "payload-typ-refresh": (lambda: hs_token(typ="Refresh"), "its typ is ID, Refresh or Logout"),
    "at_hash": (lambda: hs_token(at_hash="x"), "is an ID token"),
}


@pytest.mark.parametrize(
    ("token", "words"), [pytest.param(*row, id=f"hard-H41-{name}") for name, row in REFUSED.items()]
)
def test_a_bad_token_is_refused_in_words_one_can_act_on(token: Made, words: str) -> None:
    verdict = judge(SSO, token())
    assert verdict.refused, verdict.caller
    assert words in verdict.details


ACCEPTED = {
    "plain": lambda: hs_token(),
    "no-typ": lambda: forge({"alg": "HS256"}, claims(), hmac_by(SECRET)),
    "at+jwt": lambda: hs_token({"typ": "at+jwt"}),
    "application/at+jwt": lambda: hs_token({"typ": "application/at+jwt"}),
    "a-kid-that-means-nothing": lambda: hs_token({"kid": "../../etc/passwd"}),
    "aud-list": lambda: hs_token(aud=["other", AUD]),
    "exp-float": lambda: hs_token(exp=time.time() + 60.5),
    "token_type-Bearer": lambda: hs_token(token_type="Bearer"),
    "typ-Bearer": lambda: hs_token(typ="Bearer"),
    "nonce": lambda: hs_token(nonce="n-0S6"),
    "private-claims-name-nobody": lambda: hs_token(
        user_id="1", is_superuser=True, groups=["admin"], email="bob@x.example"
    ),
    "no-iat": lambda: hs_token(iat=None),
    "32-levels": lambda: signed(HS, raw_claims(x="[" * 31 + "]" * 31)),
}


@pytest.mark.parametrize(
    "token", [pytest.param(token, id=f"promise-S11-{name}") for name, token in ACCEPTED.items()]
)
def test_a_good_token_names_the_caller_by_issuer_and_sub_alone(token: Made) -> None:
    expected = Caller("token", "sso:alice", scopes=frozenset({"chat:read", "chat:write"}))
    assert judge(SSO, token()).who == expected


def test_an_attackers_words_never_come_back() -> None:
    marked = "Marked-By-Mallory"
    for token in (
        hs_token(iss=f"https://{marked}.example"),
        hs_token(aud=marked),
        hs_token(sub=f"{marked}\n"),
        hs_token(token_type=marked),
        hs_token({"typ": marked}),
        hs_token({"alg": marked}),
        rs_token("good", kid=marked),
    ):
        assert marked not in judge(SSO, token).details


def test_the_body_of_a_401_is_exactly_as_promised() -> None:
    """promise-S12, byte for byte."""
    body = (
        '{"error":{"message":"Invalid or expired token","type":"authentication_error","param":null,'
        '"code":"AUTH_INVALID_TOKEN","details":"token is expired"}}'
    )
    details = judge(SSO, hs_token(exp=int(time.time()) - 3600)).details
    error = InvalidToken(details)
    assert text(error.body()).decode().replace(": ", ":").replace(", ", ",") == body
    assert error.status == 401
    assert error.headers()["WWW-Authenticate"] == 'Bearer realm="clawdbot", error="invalid_token"'


NOW = 1_800_000_000


def at(**changes: Any) -> str:
    """The verdict at second NOW over claims whose times are given relative to it; empty: good."""
    times = {name: NOW + value for name, value in changes.items()}
    said = {"iss": ISS, "aud": AUD, "sub": "alice", "exp": NOW + 60} | times
    try:
        rulebook.check(said, Rules("sso", ISS, AUD, ("HS256",)), NOW)
    except InvalidToken as err:
        return err.details or ""
    return ""


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        pytest.param({"exp": -60}, {"exp": -61}, id="fault-F44-exp"),
        pytest.param({"nbf": 60}, {"nbf": 61}, id="fault-F44-nbf"),
        pytest.param({"iat": 60}, {"iat": 61}, id="fault-F44-iat"),
        pytest.param({"exp": 86460}, {"exp": 86461}, id="fault-F44-max_lifetime"),
    ],
)
def test_a_clock_may_be_off_by_the_leeway_and_not_a_second_more(good: Any, bad: Any) -> None:
    assert at(**good) == ""
    assert at(**bad) != ""


def test_leeway_and_lifetime_are_the_issuers_own() -> None:
    config = accepting(issuer(leeway=0, max_lifetime=600))
    now = int(time.time())
    assert judge(config, hs_token(exp=now - 2)).details == "token is expired"
    assert "at most 10 min" in judge(config, hs_token(exp=now + 700)).details
    assert judge(config, hs_token(exp=now + 300)).caller


def test_a_clock_that_steps_back_makes_no_token_younger_than_it_was() -> None:
    """fault-F44: what was found good is looked up for a minute at most, by the clock that never steps."""
    token = hs_token(exp=int(time.time()) + 5)
    config = accepting(issuer())
    assert judge(config, token).caller
    with (
        patch("accounts.tokens.seen.time.monotonic", return_value=time.monotonic() + 61),
        patch("accounts.tokens.backend.time.time", return_value=time.time() - 3600),
    ):
        assert "issued in the future" in judge(config, token).details


def test_a_login_clients_id_token_is_no_access_token() -> None:
    rules = Rules("sso", ISS, "web", ("HS256",), login_clients=frozenset({"web"}))
    said = claims(aud="web", nonce="n-0S6")
    for aud in ("web", ["web"]):
        with pytest.raises(InvalidToken, match="Invalid or expired token"):
            rulebook.check(said | {"aud": aud}, rules, int(time.time()))
    rulebook.check(said | {"aud": ["web", "other"]}, rules, int(time.time()))
    rulebook.check({name: said[name] for name in said if name != "nonce"}, rules, int(time.time()))


def test_each_issuer_has_its_own_algorithm_and_key() -> None:
    """A token that names one issuer and is signed by another's key is nobody's."""
    config = accepting(
        issuer(name="script"),
        rs_issuer(name="sso", issuer="https://login.example.com", public_key=pem(rsa_key("good"))),
    )
    assert judge(config, hs_token()).caller
    theirs = rs_token("good", iss="https://login.example.com")
    assert judge(config, theirs).who == Caller(
        "token", "sso:alice", frozenset({"chat:read", "chat:write"})
    )
    assert "another algorithm" in judge(config, rs_token("good")).details
    assert "another algorithm" in judge(config, hs_token(iss="https://login.example.com")).details


@pytest.mark.django_db(transaction=True)
def test_who_is_unknown_may_be_refused_and_a_disabled_issuer_is_none() -> None:
    assert "nobody is known here" in judge(accepting(issuer(unknown_subjects="refuse")), hs_token()).details
    assert "not accepted here" in judge(accepting(issuer(enabled=False)), hs_token()).details


def test_no_issuer_is_accepted_without_name_audience_or_a_long_secret() -> None:
    """The configuration refuses these first; a verifier built all the same stays shut."""
    for wrong in ({"issuer": ""}, {"audience": ""}, {"secret": "short"}):
        with pytest.raises(ValueError, match="issuer needs|32 bytes"):
            judge(accepting(issuer(**wrong)), hs_token())
