"""Who it is: userinfo beside the ID token, names, addresses, groups (sso.md section 8.E)."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from accounts.providers.base import SSOError
from accounts.providers.oidc_backend import StrictOIDCBackend
from tests.accounts.oidc.asking import Browser
from tests.doubles.forging import Answer, Forging, as_json
from tests.doubles.forging_keys import signer
from tests.proof import proves


@proves("sso-E8")
@pytest.mark.parametrize("sub", ["bob-1", None, "", 7, "ALICE-1"])
def test_userinfo_about_another_person_is_refused(alice: Browser, op: Forging, sub: Any) -> None:
    op.userinfo["sub"] = sub
    assert "another person" in alice.refused()


@proves("sso-E9")
def test_the_access_token_goes_into_the_header_and_nowhere_else(alice: Browser, op: Forging) -> None:
    alice.sign_in()
    asked = op.last("/userinfo")
    assert asked.headers["authorization"].startswith("Bearer access-")
    assert (asked.query, asked.form) == ({}, {})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401), "invalid_response"),
        (Answer(302, headers={"Location": "/elsewhere"}), "invalid_response"),
        (Answer(503), "provider_unavailable"),
        (Answer(200, b"<html>"), "invalid_response"),
        (as_json(["alice-1"]), "invalid_response"),
    ],
)
def test_userinfo_that_says_nothing_usable_ends_the_sign_in(
    alice: Browser, op: Forging, answer: Answer, code: str
) -> None:
    op.answers["/userinfo"] = answer
    alice.refused(code)


def test_without_userinfo_the_id_token_is_enough(alice: Browser, op: Forging) -> None:
    op.metadata["userinfo_endpoint"] = None
    op.claims |= {"email": "alice@example.com", "email_verified": True, "groups": ["staff"]}
    found = alice.sign_in()
    assert (found.email, found.email_verified, found.groups) == ("alice@example.com", True, ("staff",))


def test_signed_userinfo_is_verified(alice: Browser, op: Forging) -> None:
    said = {"sub": "alice-1", "iss": op.issuer, "aud": "clawdbot", "email": "alice@example.com"}
    op.answers["/userinfo"] = Answer(200, op.signed(said).encode(), "application/jwt; charset=utf-8")
    assert alice.sign_in().email == "alice@example.com"
    for bent in ({"iss": "https://evil.example"}, {"aud": "another-client"}, {"sub": "bob-1"}):
        op.answers["/userinfo"] = Answer(200, op.signed(said | bent).encode(), "application/jwt")
        alice.refused()
    good, op.sign = op.sign, signer("RS256", "second")
    op.answers["/userinfo"] = Answer(200, op.signed(said).encode(), "application/jwt")
    op.sign = good
    assert "signature" in alice.refused()


def test_userinfo_adds_name_address_and_groups_and_nothing_else(alice: Browser, op: Forging) -> None:
    op.claims |= {"name": "A", "groups": ["old"], "hd": "example.com"}
    op.userinfo |= {
        "name": "Alice B",
        "groups": ["new"],
        "iss": "x",
        "aud": "x",
        "hd": "x",
        "sid": "x",
        "exp": 0,
    }
    found = alice.sign_in()
    assert (found.name, found.groups) == ("Alice B", ("new",))
    assert (found.issuer, found.sid) == (op.issuer, "session-1")
    assert found.raw["hd"] == "example.com"


@proves("sso-E11")
@pytest.mark.parametrize("verified", [None, False, "true", 1, "false"])
def test_only_true_verifies_an_address(alice: Browser, op: Forging, verified: Any) -> None:
    op.userinfo["email_verified"] = verified
    found = alice.sign_in()
    assert (found.email, found.email_verified) == ("alice@example.com", False)


@proves("sso-E11")
def test_one_address_is_not_verified_by_what_is_said_of_another(alice: Browser, op: Forging) -> None:
    """The ID token vouches for one address, userinfo names another."""
    op.claims |= {"email": "mine@example.com", "email_verified": True}
    op.userinfo |= {"email": "boss@example.com", "email_verified": None}
    assert alice.sign_in().email_verified is False


@proves("sso-E20")
@pytest.mark.parametrize("email", [None, "", "no address", 7, "a" * 250 + "@example.com", "a\n@example.com"])
def test_without_a_usable_address_she_signs_in_all_the_same(alice: Browser, op: Forging, email: Any) -> None:
    op.userinfo["email"] = email
    found = alice.sign_in()
    assert (found.email, found.email_verified) == (None, False)


@proves("sso-E19")
def test_a_name_of_any_length_is_shortened_and_any_other_thing_is_none(alice: Browser, op: Forging) -> None:
    op.claims["name"] = "n" * 10_000
    assert alice.sign_in().name == "n" * 255
    op.claims |= {"name": {"first": "Alice"}, "preferred_username": "alice"}
    assert alice.sign_in().name == "alice"


GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "list": (["a", "b"], ("a", "b")),
    "string": ("a", ("a",)),
    "twice": (["a", "a"], ("a",)),
    "missing": (None, ()),
    "dict": ({"a": 1}, ()),
    "number": (7, ()),
    "bool": (True, ()),
    "mixed": (["a", 7], ()),
    "empty": ([], ()),
    "blank": ("", ()),
    "many": ([f"g{n}" for n in range(10_000)], tuple(f"g{n}" for n in range(10_000))),
}


@proves("sso-E15")
@pytest.mark.parametrize(("said", "taken"), GROUPS.values(), ids=GROUPS.keys())
def test_groups_are_a_list_of_texts_or_a_text_or_none(
    alice: Browser, op: Forging, said: Any, taken: tuple[str, ...]
) -> None:
    op.claims["groups"] = said
    assert alice.sign_in().groups == taken


@proves("sso-E15")
def test_groups_of_another_form_are_told_to_the_operator(
    alice: Browser, op: Forging, caplog: pytest.LogCaptureFixture
) -> None:
    op.claims["groups"] = {"a": 1}
    alice.sign_in()
    assert "oidc: groups in its claims is neither a text nor a list of texts" in caplog.text


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["staff"]}}),
        ("resource_access.my.app.roles", {"resource_access": {"my.app": {"roles": ["staff"]}}}),
        ("https://corp.example/groups", {"https://corp.example/groups": ["staff"]}),
        ("roles", {"roles": "staff"}),
    ],
)
@pytest.mark.parametrize("place", ["claims", "userinfo"])
def test_a_dotted_path_leads_to_the_groups(
    op: Forging, path: str, claims: dict[str, Any], place: str
) -> None:
    alice = Browser(op, options={"groups_claim": path})
    getattr(op, place).update(claims)
    assert alice.sign_in().groups == ("staff",)


@pytest.mark.parametrize("said", [7, ["roles"], {"role": 1}, None])
def test_a_path_that_leads_nowhere_is_no_group(op: Forging, said: Any) -> None:
    op.claims["realm_access"] = said
    assert Browser(op, options={"groups_claim": "realm_access.roles"}).sign_in().groups == ()


@proves("sso-E17")
@pytest.mark.parametrize(
    "said",
    [
        {
            "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.example"}},
        },
        {"hasgroups": True},
        {"hasgroups": "true"},
        {"_claim_names": {"groups": "src1"}, "groups": ["left-over"]},
    ],
)
@pytest.mark.parametrize("place", ["claims", "userinfo"])
def test_too_many_groups_for_a_token_are_none_and_the_operator_is_told(
    alice: Browser, op: Forging, caplog: pytest.LogCaptureFixture, said: dict[str, Any], place: str
) -> None:
    if place == "userinfo" and "hasgroups" in said:
        said = {"_claim_names": {"groups": "src1"}}
    getattr(op, place).update(said)
    caplog.set_level(logging.WARNING)
    assert alice.sign_in().groups == ()
    assert "app roles" in caplog.text


@proves("sso-E17")
def test_roles_beside_too_many_groups_count(op: Forging) -> None:
    op.claims |= {"_claim_names": {"groups": "src1"}, "roles": ["staff"]}
    assert Browser(op, options={"groups_claim": "roles"}).sign_in().groups == ("staff",)


@proves("sso-E18")
@pytest.mark.parametrize("hd", [None, "evil.example", "EXAMPLE.COM", ["example.com"], ""])
def test_another_workspace_domain_is_not_let_in(op: Forging, hd: Any) -> None:
    alice = Browser(op, options={"allowed_hd": "example.com"})
    op.claims["hd"] = hd
    op.userinfo["hd"] = "example.com"  # does not count
    assert "allowed_hd" in alice.refused("not_a_member")
    op.claims["hd"] = "example.com"
    assert alice.sign_in().subject == "alice-1"


def test_the_identity_shows_no_token_when_it_is_printed(alice: Browser) -> None:
    found = alice.sign_in()
    assert found.id_token.startswith("eyJ")
    assert "eyJ" not in repr(found)
    assert "eyJ" not in json.dumps(found.raw)


def test_the_backend_signs_nobody_in_by_itself(alice: Browser, op: Forging) -> None:
    """Not by a password login at an address with a code in it, and not by e-mail."""
    backend = StrictOIDCBackend(alice.sign_on.config, alice.sign_on.discovery)
    assert backend.authenticate(None, username="alice", password="x") is None  # type: ignore[func-returns-value]
    with pytest.raises(SSOError):
        backend.get_or_create_user("access", "id", {"email": "alice@example.com"})
    assert op.asked == []
