"""An honest sign-in, and what is asked for on the way."""

from __future__ import annotations

from tests.accounts.oidc.asking import Browser
from tests.doubles.forging import Forging


def test_an_honest_provider_says_who_alice_is(alice: Browser, op: Forging) -> None:
    found = alice.sign_in()
    assert (found.issuer, found.subject, found.name) == (op.issuer, "alice-1", "Alice")
    assert (found.email, found.email_verified, found.sid) == ("alice@example.com", True, "session-1")
