"""mozilla-django-oidc's backend with its gaps closed: code -> verified claims of one issuer.

It signs nobody in by itself: it is in no AUTHENTICATION_BACKENDS, and who it found is linked by (issuer,
subject) like everybody from any provider. Its settings are the provider's entry, not Django's.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn
from urllib.parse import quote_plus

from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts.providers import idtoken, oidc_claims
from accounts.providers.base import Code, SSOError, Transaction
from accounts.providers.discovery import Discovery
from accounts.providers.http import Answer, Deadline, Unreachable, ask
from accounts.providers.idtoken import Claims, Expected
from accounts.providers.keyset import PublicKey
from accounts.tokens.jws import Malformed, load_object
from clawdsite.core.config.schema import Provider

SPENT: Final = ("invalid_grant",)
OURS: Final = (
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "unsupported_grant_type",
    "invalid_scope",
)
BASIC: Final = "client_secret_basic"
POST: Final = "client_secret_post"


class StrictOIDCBackend(OIDCAuthenticationBackend):
    """One sign-in. Every refusal is an SSOError. now: Unix seconds."""

    def __init__(
        self,
        provider: Provider,
        discovery: Discovery,
        *,
        deadline: Deadline | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        # Not the parent's: it reads one issuer's endpoints from Django's settings.
        self.provider = provider
        self.discovery = discovery
        self.deadline = deadline or Deadline.after()
        self.now = now

    def authenticate(self, request: object, **credentials: object) -> None:
        """Nobody: a password login whose address happens to have `?code=&state=` is none of ours."""

    def get_or_create_user(self, access_token: str, id_token: str, payload: Claims) -> NoReturn:
        """The parent's finds people by e-mail, verified or not."""
        raise SSOError(
            "misconfigured", "people are found by issuer and subject, and by accounts.linking only"
        )

    def claims_of(self, tx: Transaction, code: str) -> tuple[Claims, str]:
        """The verified claims of the code's person, with what userinfo adds, and the ID token."""
        answer = self.get_token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": tx.redirect_uri,
                "code_verifier": tx.code_verifier or "",
            }
        )
        access_token, id_token = answer["access_token"], answer["id_token"]
        claims = self.verify_token(id_token, nonce=tx.nonce, access_token=access_token)
        userinfo = self.get_userinfo(access_token, id_token, claims)
        return oidc_claims.merged(claims, userinfo, self.provider.provider_options.groups_claim), id_token

    def get_token(self, payload: dict[str, str]) -> dict[str, Any]:
        """The token endpoint's good answer (RFC 6749 sections 4.1.3, 5.1; OpenID Connect Core 3.1.3.3)."""
        answer = self._exchange(payload)
        if answer.status != 200:
            raise refusal(answer)
        found = _object(answer.body, "the token endpoint's answer")
        token_type = found.get("token_type")
        if not isinstance(token_type, str) or token_type.lower() != "bearer":
            raise SSOError(
                "invalid_response", "the token endpoint gave a token that is no Bearer (token_type)"
            )
        if not isinstance(found.get("access_token"), str) or not found["access_token"]:
            raise SSOError("invalid_response", "the token endpoint gave no access_token")
        if not isinstance(found.get("id_token"), str):
            raise SSOError(
                "invalid_response", "the token endpoint gave no id_token; is `openid` among the scopes?"
            )
        return found

    def verify_token(self, token: str, **kwargs: Any) -> Claims:
        """The claims of an ID token (nonce, access_token). Nothing about it is taken on trust."""
        expected = self.expected()
        jws = idtoken.opened(token, idtoken.ID_TOKEN, expected, self._find)
        return idtoken.check_id_token(
            jws, expected, nonce=kwargs["nonce"], access_token=kwargs["access_token"], now=self.now()
        )

    def get_userinfo(self, access_token: str, id_token: str, payload: Claims) -> Claims:
        """What userinfo says, about the same person as the ID token (Core 5.3.2); {} where there is none."""
        endpoint = self.discovery.metadata(self.deadline).userinfo_endpoint
        if not endpoint:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self._ask("userinfo", "GET", endpoint, headers=headers)
        if answer.status != 200:
            code: Code = "provider_unavailable" if answer.status >= 500 else "invalid_response"
            raise SSOError(code, f"userinfo answers {answer.status}")
        found = self._said(answer)
        if found.get("sub") != payload["sub"]:
            raise SSOError("invalid_response", "userinfo is about another person than the ID token (sub)")
        return found

    def expected(self) -> Expected:
        options = self.provider.provider_options
        return Expected(
            issuer=self.discovery.issuer,
            client_id=self.provider.client_id,
            algorithms=options.allowed_algs,
            max_age=options.max_age,
        )

    def _said(self, answer: Answer) -> Claims:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/jwt":
            return _object(answer.body, "userinfo's answer")
        expected = self.expected()
        raw = answer.body.decode("ascii", "replace").strip()
        return idtoken.check_userinfo(idtoken.opened(raw, idtoken.ID_TOKEN, expected, self._find), expected)

    def _find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        return self.discovery.find(kid, algorithm, self.deadline)

    def _exchange(self, payload: dict[str, str]) -> Answer:
        metadata = self.discovery.metadata(self.deadline)
        method = auth_method(self.provider, metadata.token_auth_methods)
        client_id, secret = self.provider.client_id, self.provider.client_secret.get_secret_value()
        if method == BASIC:
            headers = {"Authorization": basic(client_id, secret)}
            form = payload
        else:
            headers = {}
            form = {**payload, "client_id": client_id, "client_secret": secret}
        return self._ask("the token endpoint", "POST", metadata.token_endpoint, headers=headers, form=form)

    def _ask(self, what: str, method: str, url: str, **sent: Any) -> Answer:
        try:
            return ask(method, url, deadline=self.deadline, **sent)
        except Unreachable as err:
            raise SSOError("provider_unavailable", f"{what}: {err}") from None


def basic(client_id: str, secret: str) -> str:
    """RFC 6749 section 2.3.1: both are form-urlencoded before they are joined."""
    joined = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(joined.encode()).decode()


def auth_method(provider: Provider, supported: tuple[str, ...] | None) -> str:
    """As configured; else as the metadata says, which means basic where it says nothing (Discovery 3)."""
    configured = provider.provider_options.token_auth_method
    if configured:
        return configured
    if supported is None or BASIC in supported:
        return BASIC
    if POST in supported:
        return POST
    raise SSOError(
        "misconfigured", "its token endpoint takes neither client_secret_basic nor client_secret_post"
    )


def refusal(answer: Answer) -> SSOError:
    """What an answer other than 200 means. Of its text only error codes that we know are repeated."""
    said = _error(answer)
    if said in SPENT:
        return SSOError(
            "expired", "the token endpoint says invalid_grant: the code is used, too old or not ours"
        )
    if said in OURS:
        return SSOError(
            "misconfigured", f"the token endpoint says {said}: look at client_id and client_secret"
        )
    if answer.status == 401:
        return SSOError(
            "misconfigured", "the token endpoint answers 401: look at client_id and client_secret"
        )
    if 300 <= answer.status < 400:
        return SSOError("invalid_response", "the token endpoint answers a redirect, which is not followed")
    if answer.status >= 500 or answer.status == 429:
        return SSOError("provider_unavailable", f"the token endpoint answers {answer.status}")
    return SSOError("invalid_response", f"the token endpoint answers {answer.status}")


def _error(answer: Answer) -> str:
    try:
        found = load_object(answer.body).get("error")
    except Malformed:
        return ""
    return found if isinstance(found, str) and answer.status < 500 else ""


def _object(body: bytes, what: str) -> dict[str, Any]:
    try:
        return load_object(body)
    except Malformed as err:
        raise SSOError("invalid_response", f"{what} is no proper JSON object: {err}") from None
