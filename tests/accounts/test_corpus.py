"""Every case of the list of attacks, at each kind of issuer and at the gateway's own tokens."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from accounts.tokens.door import OWN_NAME
from accounts.tokens.keys import thumbprint
from clawdsite.core.config.load import ConfigErrors, load
from clawdsite.core.config.schema import Config
from tests.accounts import corpus, forge
from tests.accounts.corpus import Case, World, cases
from tests.accounts.doors import Verdict, accepting, issuer, judge, rs_issuer
from tests.accounts.forge import jwks, pem, rsa_key
from tests.accounts.provider import Provider

AT_THE_DOOR = [case for case in cases() if case.sign != "config"]
IDP_ISSUER = rs_issuer(name="idp", issuer=corpus.IDP, public_key=pem(rsa_key("idp")))
NO_KID_IN_A_PEM = "kid-unknown-rs"  # a PEM gives its key no name, so no name is unknown


def params(found: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.test_id) for case in found]


HS256 = [case for case in AT_THE_DOOR if case.profile == "HS256"]
RS256 = [case for case in AT_THE_DOOR if case.profile == "RS256"]


@pytest.fixture(scope="module")
def canary() -> Iterator[Provider]:
    """A host that must never be asked: jku and x5u point at it."""
    with Provider(jwks(k1="other")) as provider:
        yield provider


@pytest.fixture(scope="module")
def hs_config() -> Config:
    return accepting(issuer(name="sso"), IDP_ISSUER)


@pytest.fixture(scope="module")
def jwks_config() -> Iterator[Config]:
    with Provider(jwks(k1="good")) as provider:
        yield accepting(rs_issuer(name="sso", jwks_url=provider.url), IDP_ISSUER)


@pytest.fixture(scope="module")
def pem_config() -> Config:
    return accepting(rs_issuer(name="sso", public_key=pem(rsa_key("good"))), IDP_ISSUER)


@pytest.fixture(scope="module")
def own_config() -> Iterator[Config]:
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        keys.mkdir(0o700)
        text = rsa_key("own").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(keys / "0001.pem", os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text)
        yield accepting(data_dir=folder, auth={"issuer": forge.ISS, "audience": forge.AUD})


def hold(case: Case, verdict: Verdict, token: str, name: str, expect: str) -> None:
    """The verdict against what the case expects."""
    if expect == "reject":
        assert verdict.refused, verdict
        return
    if verdict.refused:
        assert expect != "accept", verdict.details
        return
    caller = verdict.caller
    assert caller is not None
    assert (caller.kind, caller.id) == ("token", f"{name}:u1")
    if expect == "accept":
        said = json.loads(corpus.from_part(token.split(".")[1]))["scope"]
        assert caller.scopes == set(said.split(" "))
        assert caller.teams == {one.removeprefix("history:") for one in caller.scopes if "history:" in one}
    elif expect == "reject_or_isolated":
        assert caller.teams.isdisjoint({"team-a", "TEAM-A"})
        assert caller.scopes <= {"chat:read", "chat:write"}


@pytest.mark.parametrize("case", params(HS256))
def test_an_issuer_with_a_shared_secret(case: Case, hs_config: Config) -> None:
    token = corpus.build(case, World())
    hold(case, judge(hs_config, token), token, "sso", case.expect)


@pytest.mark.parametrize("case", params(RS256))
def test_an_issuer_that_publishes_keys(case: Case, jwks_config: Config, canary: Provider) -> None:
    token = corpus.build(case, World(canary=canary.url.split("/")[2]))
    hold(case, judge(jwks_config, token), token, "sso", case.expect)
    assert canary.asked == 0


@pytest.mark.parametrize("case", params([case for case in RS256 if case.id != NO_KID_IN_A_PEM]))
def test_an_issuer_with_one_public_key(case: Case, pem_config: Config) -> None:
    token = corpus.build(case, World())
    hold(case, judge(pem_config, token), token, "sso", case.expect)


def as_own(case: Case, kid: str) -> Case:
    """The same attack on a token of the gateway's own: RS256, with the kid, typ and claims those have."""
    header, payload, sign = case.header, case.payload, case.sign
    if case.profile == "HS256" and sign in ("hs256:GOOD", "rs256:GOOD"):
        header = header.replace("HS256", "<>").replace("RS256", "HS256").replace("<>", "RS256")
        sign = {"hs256:GOOD": "rs256:GOOD", "rs256:GOOD": "hs256:GOOD"}[sign]
    if case.cls != "typ":
        header = header.replace('"typ":"JWT"', '"typ":"at+jwt"')
        if '"typ"' not in header:
            header = header.replace("{", '{"typ":"at+jwt",', 1)
    header = header.replace('"kid":"k1"', f'"kid":"{kid}"')
    if '"kid"' not in header and case.id != "kid-missing-single-jwks":
        header = header.replace("{", f'{{"kid":"{kid}",', 1)
    anchor = next((name for name in ('"token_type"', '"jti"', '"aud"') if name in payload), None)
    if anchor:
        issued = "" if '"iat"' in payload else '"iat":{{NOW}},'
        payload = payload.replace(anchor, f'{issued}"client_id":"cli",{anchor}', 1)
    return dataclasses.replace(case, header=header, payload=payload, sign=sign)


@pytest.mark.parametrize("case", params(AT_THE_DOOR))
def test_the_gateways_own_tokens(case: Case, own_config: Config) -> None:
    own = as_own(case, thumbprint(rsa_key("own").public_key()))
    token = corpus.build(own, World(key="own"))
    hold(case, judge(own_config, token), token, OWN_NAME, case.expect_own or case.expect)


def refused(folder: Path, entry: str, **env: str) -> bool:
    """Whether a production configuration with this entry of auth.jwt is refused, and for that entry alone."""
    path = folder / "config.yaml"
    path.write_text(f"server: {{public_url: https://chat.example.com}}\nauth:\n  jwt:\n{entry}")
    path.chmod(0o600)
    try:
        load(path, env)
    except ConfigErrors as err:
        return all(problem.key.startswith("auth.jwt") for problem in err.problems)
    return False


def entry(**keys: str | list[str]) -> str:
    common: dict[str, str | list[str]] = {"issuer": forge.ISS, "audience": forge.AUD}
    return "".join(f"    {name}: {json.dumps(value)}\n" for name, value in (common | keys).items())


def test_the_way_startup_is_tested_lets_a_good_secret_pass(tmp_path: Path) -> None:
    assert not refused(tmp_path, entry(secret=forge.SECRET, algorithms=["HS256"]))


def weak_secrets() -> list[str]:
    """Lines long enough to be judged by the list, and a few that are refused for their length."""
    folder = os.environ.get("CLAWDBOT_CORPORA")
    if not folder:
        return []
    lines = (Path(folder) / "jwt-weak-secrets" / "jwt.secrets.list").read_bytes().splitlines()
    usable = [line.decode() for line in lines if line.isascii() and line.decode().isprintable()]
    long = [line for line in usable if len(line) >= 32]
    return [*long[::60], *usable[:10]]


@pytest.mark.parametrize("case", params([case for case in cases() if case.id == "key-weaklist"]))
def test_a_secret_on_the_public_list_does_not_start(case: Case, tmp_path: Path) -> None:
    passed = [
        secret
        for secret in weak_secrets()
        if not refused(tmp_path, entry(secret="${JWT_SECRET}", algorithms=["HS256"]), JWT_SECRET=secret)
    ]
    assert passed == []


@pytest.mark.parametrize("case", params([case for case in cases() if case.id == "key-short"]))
def test_a_key_that_is_too_small_does_not_start(case: Case, tmp_path: Path) -> None:
    short = [entry(secret="x7Q" * 10 + "z", algorithms=["HS256"])]
    small = [forge.public_pem(bits=1024), forge.public_pem(exponent=3)]
    keys = [entry(public_key=pem, algorithms=["RS256"]) for pem in small]
    assert [one for one in (*short, *keys) if not refused(tmp_path, one)] == []
