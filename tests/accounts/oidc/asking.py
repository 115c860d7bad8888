"""One sign-in at provider level: transaction, authorize URL, code, identity."""

from __future__ import annotations

import secrets
import string
import time
from typing import Any

import pytest

from accounts.providers.base import SSOError, SSOIdentity, Transaction
from accounts.providers.discovery import Discovery
from accounts.providers.oidc import OIDC
from clawdsite.core.config.schema import Provider
from tests.doubles.forging import CLIENT_ID, REDIRECT, SECRET, Forging

LETTERS = string.ascii_letters + string.digits


def text(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def entry(issuer: str, *, options: dict[str, Any] | None = None, **changes: Any) -> Provider:
    """The configuration's entry for a provider."""
    found = {
        "provider": "oidc",
        "issuer_url": issuer,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "redirect_uri": REDIRECT,
        "provider_options": options or {},
    }
    return Provider.model_validate(found | changes)


def transaction(sign_on: OIDC, **changes: Any) -> Transaction:
    found = {
        "provider": sign_on.config.slug,
        "issuer": sign_on.issuer(),
        "state": text(32),
        "nonce": text(32),
        "code_verifier": text(64),
        "redirect_uri": sign_on.config.redirect_uri,
        "next": "/",
        "created": time.time(),
    }
    return Transaction(**(found | changes))


class Browser:
    """Alice's: her sign-on by one entry, with a Discovery of its own."""

    def __init__(
        self, op: Forging, *, clock: Any = time.monotonic, now: Any = time.time, **changes: Any
    ) -> None:
        self.op = op
        published = Discovery(op.issuer, clock=clock)
        self.sign_on = OIDC(entry(op.issuer, **changes), published, now=now)

    def sign_in(self, **changes: Any) -> SSOIdentity:
        tx = transaction(self.sign_on, **changes)
        back = self.op.visit(self.sign_on.authorize_url(tx, in_app=False, lang="en"))
        query = {name: [value] for name, value in back.items()}
        self.sign_on.check_return(tx, query)
        code = self.sign_on.returned(query).code
        assert code is not None
        return self.sign_on.fetch_identity(tx, code)

    def refused(self, code: str = "invalid_response", **changes: Any) -> str:
        """The detail of a sign-in that came to nothing."""
        with pytest.raises(SSOError) as err:
            self.sign_in(**changes)
        assert err.value.code == code, err.value.detail
        return err.value.detail
