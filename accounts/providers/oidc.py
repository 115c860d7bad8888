"""Signing in by any OpenID provider: code flow with state, nonce, PKCE S256 and RFC 9207."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from accounts.providers import discovery, idtoken, oidc_check, oidc_claims
from accounts.providers.base import Finding, Returned, SSOError, SSOIdentity, Transaction
from accounts.providers.discovery import Discovery
from accounts.providers.http import Deadline
from accounts.providers.idtoken import Logout
from accounts.providers.oidc_backend import StrictOIDCBackend
from accounts.providers.replays import Replays
from clawdsite.core.config.schema import Provider

log = logging.getLogger(__name__)

LONGEST_CODE: Final = 4096
LONGEST_HINT: Final = 4096  # a longer id_token_hint makes an address that servers refuse
_ERROR: Final = re.compile(r"[a-z_]{1,64}", re.ASCII)
_replays: Final = Replays()


class OIDC:
    """A SignOn. now: Unix seconds."""

    pkce = True
    uses_nonce = True

    def __init__(
        self,
        config: Provider,
        published: Discovery | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.discovery = published or discovery.of(config.issuer_url)
        self.now = now

    def issuer(self) -> str:
        return self.config.issuer_url

    def authorize_url(self, tx: Transaction, *, in_app: bool, lang: str) -> str:
        options = self.config.provider_options
        if not (tx.code_verifier and tx.nonce):
            raise SSOError("misconfigured", "a sign-in by OpenID needs a verifier and a nonce")
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": tx.redirect_uri,
            "scope": " ".join(self.config.scopes),
            "state": tx.state,
            "nonce": tx.nonce,
            "code_challenge": challenge(tx.code_verifier),
            "code_challenge_method": "S256",
        }
        if options.max_age:
            asked["max_age"] = str(int(options.max_age))
        if options.allowed_hd:
            asked["hd"] = options.allowed_hd
        if lang:
            asked["ui_locales"] = lang
        return with_query(self.discovery.metadata().authorization_endpoint, asked)

    def returned(self, query: Mapping[str, Sequence[str]]) -> Returned:
        code, error = single(query, "code"), single(query, "error")
        if (code is None) == (error is None):
            raise SSOError("invalid_response", "the callback has neither or both of code and error")
        if error is not None:
            return Returned(None, error if _ERROR.fullmatch(error) else "unknown")
        if code is None or not 0 < len(code) <= LONGEST_CODE or not (code.isascii() and code.isprintable()):
            raise SSOError("invalid_response", "the callback's code is empty, too long or no plain text")
        return Returned(code, None)

    def check_return(self, tx: Transaction, query: Mapping[str, Sequence[str]]) -> None:
        self._check_ours(tx)
        said = single(query, "iss")
        if said is None and not self.discovery.metadata().says_issuer:
            return
        if said != self.config.issuer_url:
            raise SSOError(
                "invalid_response", "the callback comes from another issuer (iss), or does not say"
            )

    def fetch_identity(self, tx: Transaction, code: str) -> SSOIdentity:
        self._check_ours(tx)
        backend = StrictOIDCBackend(self.config, self.discovery, now=self.now)
        claims, id_token = backend.claims_of(tx, code)
        return oidc_claims.identity(claims, self.config, id_token)

    def logout_url(self, id_token: str, state: str, back: str) -> str | None:
        """back: one of the addresses registered there as post_logout_redirect_uri."""
        try:
            endpoint = self.discovery.metadata().end_session_endpoint
        except SSOError:  # logged there; a provider that is down keeps nobody from signing out here
            return None
        if not endpoint:
            return None
        asked = {"client_id": self.config.client_id, "post_logout_redirect_uri": back}
        if state:
            asked["state"] = state
        if id_token and len(id_token) <= LONGEST_HINT:
            asked = {"id_token_hint": id_token, **asked}
        return with_query(endpoint, asked)

    def verify_logout_token(self, raw: str) -> Logout:
        """Whose sessions the provider says are over (back-channel logout). SSOError: nobody's.

        Each token counts once; which ones came is remembered by this process alone.
        """
        deadline = Deadline.after()
        expected = StrictOIDCBackend(self.config, self.discovery).expected()
        jws = idtoken.opened(
            raw,
            idtoken.LOGOUT_TOKEN,
            expected,
            lambda kid, algorithm: self.discovery.find(kid, algorithm, deadline, direct=False),
        )
        found = idtoken.check_logout_token(jws, expected, now=self.now())
        if not _replays.is_new((found.issuer, self.config.client_id, found.jti), self.now()):
            raise SSOError("invalid_response", "the logout token came before (jti)")
        return found

    def check(self) -> list[Finding]:
        return oidc_check.findings(self.config, self.now)

    def _check_ours(self, tx: Transaction) -> None:
        """The transaction carries its issuer, so nobody's code is taken to another (RFC 9700 section 4.4)."""
        if tx.provider != self.config.slug or tx.issuer != self.config.issuer_url:
            raise SSOError("invalid_response", "the sign-in was started at another provider or issuer")


def challenge(verifier: str) -> str:
    """RFC 7636 section 4.2, S256."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def single(query: Mapping[str, Sequence[str]], name: str) -> str | None:
    """A parameter that may stand once at most (RFC 6749 section 3.1)."""
    found = query.get(name, ())
    if len(found) > 1:
        raise SSOError("invalid_response", f"the callback has {name} more than once")
    return found[0] if found else None


def with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
