"""Signing in by a certified provider, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from accounts.providers.base import SSOError, SSOIdentity, Transaction
from accounts.providers.discovery import Discovery
from accounts.providers.oidc import OIDC
from accounts.tokens.jws import parse
from clawdsite.core.config.schema import Provider
from tests.accounts.oidc.asking import transaction
from tests.op.provider import Op
from tests.proof import proves

pytestmark = pytest.mark.idp


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def sign_on(op: Op) -> OIDC:
    return OIDC(Provider.model_validate(op.entry(name=op.name)), Discovery(op.issuer))


def came_back(
    browser: httpx.Client, op: Op, rp: OIDC, account: str
) -> tuple[Transaction, dict[str, list[str]]]:
    tx = transaction(rp)
    url = op.sign_in(browser, rp.authorize_url(tx, in_app=False, lang="en"), account)
    return tx, parse_qs(urlsplit(url).query)


def sign_in(browser: httpx.Client, op: Op, account: str) -> SSOIdentity:
    rp = sign_on(op)
    tx, query = came_back(browser, op, rp, account)
    rp.check_return(tx, query)
    return rp.fetch_identity(tx, rp.returned(query).code or "")


@proves("promise-S18")
def test_alice_signs_in_with_her_groups(op: Op, browser: httpx.Client) -> None:
    found = sign_in(browser, op, "alice")
    assert (found.issuer, found.subject, found.name) == (op.issuer, "alice", "Alice")
    assert (found.email, found.email_verified) == ("alice@example.com", True)
    assert found.groups == ("/eng/team-a", "staff")


def test_an_unverified_address_is_none(op: Op, browser: httpx.Client) -> None:
    assert sign_in(browser, op, "charlie").email_verified is False


def test_two_providers_at_once_have_two_people_of_one_name(
    op: Op, partner: Op, browser: httpx.Client
) -> None:
    here, there = sign_in(browser, op, "alice"), sign_in(browser, partner, "alice")
    assert here.subject == there.subject
    assert here.issuer != there.issuer


def test_a_code_of_one_provider_is_not_taken_to_the_other(op: Op, partner: Op, browser: httpx.Client) -> None:
    tx, query = came_back(browser, op, sign_on(op), "alice")
    with pytest.raises(SSOError, match="another provider"):
        sign_on(partner).check_return(tx, query)


def test_a_code_counts_once(op: Op, browser: httpx.Client) -> None:
    rp = sign_on(op)
    tx, query = came_back(browser, op, rp, "alice")
    rp.fetch_identity(tx, query["code"][0])
    with pytest.raises(SSOError) as err:
        rp.fetch_identity(tx, query["code"][0])
    assert err.value.code == "expired"


def test_another_verifier_than_the_one_it_was_started_with_is_refused(op: Op, browser: httpx.Client) -> None:
    rp = sign_on(op)
    _, query = came_back(browser, op, rp, "alice")
    with pytest.raises(SSOError) as err:
        rp.fetch_identity(transaction(rp), query["code"][0])
    assert err.value.code == "expired"


def test_groups_that_changed_there_are_other_groups_at_the_next_sign_in(op: Op) -> None:
    with httpx.Client() as first:
        assert sign_in(first, op, "dora").groups == ()
    op.set("dora", groups=["ops"])
    with httpx.Client() as second:
        assert sign_in(second, op, "dora").groups == ("ops",)


def test_signing_out_there_brings_her_back_with_the_state(op: Op, browser: httpx.Client) -> None:
    found = sign_in(browser, op, "alice")
    url = sign_on(op).logout_url(found.id_token, "state-of-the-way-out", op.back)
    assert url is not None
    assert op.sign_out(browser, url) == f"{op.back}?state=state-of-the-way-out"


@pytest.mark.parametrize("whose", ["person", "machine"])
def test_its_access_tokens_are_for_the_api_and_name_the_groups_of_a_person(op: Op, whose: str) -> None:
    token = parse(op.bearer("alice") if whose == "person" else op.client_token("chat:read"))
    assert token.header["typ"] == "at+jwt"
    assert (token.payload["iss"], token.payload["aud"]) == (op.issuer, op.audience)
    assert token.payload.get("groups") == (["/eng/team-a", "staff"] if whose == "person" else None)
    assert "chat:read" in token.payload["scope"].split()


def test_the_check_finds_nothing_wrong(op: Op) -> None:
    found = sign_on(op).check()
    assert [each for each in found if each.level in ("warning", "error")] == []
    assert {"redirect_uri", "client_secret", "clock"} <= {each.where for each in found if each.level == "ok"}


def test_the_check_knows_a_wrong_secret_and_a_wrong_address(op: Op) -> None:
    bent = op.entry(client_secret="another", redirect_uri="http://localhost:8080/elsewhere")
    found = OIDC(Provider.model_validate(bent)).check()
    assert {each.where for each in found if each.level == "error"} == {"redirect_uri", "client_secret"}
