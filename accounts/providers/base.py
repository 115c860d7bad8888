"""What a sign-on provider is to the rest: it takes a transaction and a code and yields an identity.

Pure interface: no Django. Each provider's file fulfils `SignOn`; the vendors' also `Directory`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, runtime_checkable

from clawdsite.core.config.schema import Provider

Code = Literal[
    "denied",                # the person said no, or the provider did
    "expired",               # code or transaction too old, or used already
    "provider_unavailable",  # it did not answer, or said that it is busy
    "not_a_member",          # of this organisation, tenant or visible range; or disabled there
    "email_conflict",        # an account with this e-mail exists and may not be linked
    "misconfigured",         # the operator must mend something; the log says what
    "invalid_response",      # it answered what must not be believed
]  # fmt: skip
CODES: Final[tuple[Code, ...]] = (
    "denied",
    "expired",
    "provider_unavailable",
    "not_a_member",
    "email_conflict",
    "misconfigured",
    "invalid_response",
)
LIFETIME: Final = 600.0  # seconds a transaction is good for


class SSOError(Exception):
    """A sign-in that came to nothing.

    code: what the person is told, from the closed set. detail: for the operator's log and the failure's
    record: what was wrong and where to mend it; never a secret, code, token or the provider's free text.
    """

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Transaction:
    """One sign-in attempt: kept in the session under its state, taken out once, good for 600 s.

    provider: the provider's slug. created: Unix seconds. next: where to go afterwards (validated).
    link: id of the signed-in person who is adding this identity to their account, else None.
    """

    provider: str
    issuer: str
    state: str
    nonce: str | None
    code_verifier: str | None
    redirect_uri: str
    next: str
    created: float
    link: str | None = None


@dataclass(frozen=True, slots=True)
class SSOIdentity:
    """Who the provider says this is.

    issuer: OIDC: `iss`; vendors: `wecom:<corpid>`, `dingtalk:<corpid>`, `feishu:<tenant_key>`, `lark:<..>`.
    subject: OIDC: `sub`; WeCom: userid in lower case; DingTalk: unionId; Feishu, Lark: union_id.
    groups: as the provider names them, before group_map; None: it did not say, so keep what is known.
    said_at: Unix seconds the groups are as of; 0: now.
    id_token: kept in the session for RP-initiated logout (id_token_hint); empty where there is none.
    raw: claims for the log at debug level, without tokens.
    """

    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    name: str = ""
    groups: tuple[str, ...] | None = ()
    sid: str | None = None
    said_at: float = 0.0
    id_token: str = field(default="", repr=False)
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back to the callback, once its parameters were looked at. Exactly one is not None."""

    code: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `clawdbot sso check` found: what is wrong, where (a configuration key or a place at
    the provider) and the fix. level `note` is a fact to know (what a vendor cannot do)."""

    level: Literal["ok", "note", "warning", "error"]
    what: str
    where: str = ""
    fix: str = ""


class SignOn(Protocol):
    """A provider for signing in. Blocking calls: a view's thread makes them; 5 s a call, 10 s altogether."""

    config: Provider
    pkce: bool
    uses_nonce: bool

    def issuer(self) -> str:
        """What this provider's identities carry as issuer, known without asking anybody ('' if not)."""

    def authorize_url(self, tx: Transaction, *, in_app: bool, lang: str) -> str:
        """Where to send the browser. in_app: it is the vendor's own client. SSOError (OIDC: discovery)."""

    def returned(self, query: Mapping[str, Sequence[str]]) -> Returned:
        """Code or error among the callback's parameters, each single. SSOError(invalid_response)."""

    def check_return(self, tx: Transaction, query: Mapping[str, Sequence[str]]) -> None:
        """RFC 9207: `iss` of the answer, before anything is sent. SSOError(invalid_response)."""

    def fetch_identity(self, tx: Transaction, code: str) -> SSOIdentity:
        """The code's person. SSOError."""

    def logout_url(self, id_token: str, state: str, back: str) -> str | None:
        """Where to send the browser so that the provider signs out too; None where it cannot."""

    def check(self) -> list[Finding]:
        """What `clawdbot sso check` says of it: asks the provider, changes nothing, never raises."""


@runtime_checkable
class Directory(Protocol):
    """A vendor that can be asked about a known person at any time, for `sso.sync`."""

    def look_up(self, subject: str) -> SSOIdentity | None:
        """The person as of now (groups filled in); None: gone, disabled or outside. SSOError otherwise."""
