"""Feishu (飞书) and Lark: signing in, and the directory of the app's own tenant.

The nearest to RFC 6749 of the vendors, with PKCE (S256). `code` in an answer is a status, never a code to
sign in with. Sources: open.feishu.cn authorize page (2026-03-19), v2 token page, authen/v1/user_info,
auth/v3/tenant_access_token/internal, contact/v3/users, contact/v3/departments.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import quote

from accounts.providers.apptoken import AppTokens, Refused, tokens
from accounts.providers.base import Code, Finding, SSOError, SSOIdentity, Transaction
from accounts.providers.http import Answer, Deadline
from accounts.providers.vendor import Person, Vendor, email_in, number_in, page, subject_in, text_in
from clawdsite.core.config.schema import Provider

ROOT: Final = "0"
CODES: Final[Mapping[int, Code]] = {
    20003: "expired",
    20004: "expired",
    20024: "expired",
    20065: "expired",
    20049: "invalid_response",
    20008: "not_a_member",
    20009: "not_a_member",
    20010: "not_a_member",
    20066: "not_a_member",
    20050: "provider_unavailable",
    20072: "provider_unavailable",
    1000004: "provider_unavailable",
    1000005: "provider_unavailable",
    99991400: "provider_unavailable",
    41012: "not_a_member",
    41050: "not_a_member",
}  # what is not here is the operator's to mend
HINTS: Final[Mapping[int, str]] = {
    20002: "client_secret is not this app's",
    20048: "client_id is no app",
    20049: "PKCE failed (with token_endpoint on v3: try v2)",
    20069: "the app is disabled",
    20071: "redirect_uri is not the registered one",
    20009: "the app is not installed in the person's tenant",
    20010: "the person is outside the app's availability",
    99991672: "the app lacks a permission",
    99991679: "the person did not grant a permission",
}
# by kind: the page for signing in, and the host of everything else
HOSTS: Final[Mapping[str, tuple[str, str]]] = {
    "feishu": ("https://accounts.feishu.cn/open-apis/authen/v1/authorize", "https://open.feishu.cn"),
    "lark": ("https://accounts.larksuite.com/open-apis/authen/v1/authorize", "https://open.larksuite.com"),
}


class Feishu(Vendor):
    pkce = True
    permission_missing: ClassVar[frozenset[int | str]] = frozenset({99991672, 99991679})
    gone: ClassVar[frozenset[int | str]] = frozenset({41012, 41050})
    stale: ClassVar[frozenset[int | str]] = frozenset({99991661, 99991663, 99991668, 99991671})
    permission_fix: ClassVar[str] = (
        "give the app contact:contact.base:readonly, contact:department.base:readonly, "
        "contact:department.organize:readonly and contact:user.department:readonly, and publish it"
    )

    def __init__(self, config: Provider, *, cache: AppTokens = tokens) -> None:
        self.title = config.provider.capitalize()
        self.page, self.host = HOSTS[config.provider]
        super().__init__(config, cache=cache)

    def issuer(self) -> str:
        """Empty where every tenant may come: each has its own then."""
        if self.options.allow_any_tenant or not self.options.tenant_key:
            return ""
        return self._issuer(self.options.tenant_key)

    def _issuer(self, tenant: str) -> str:
        return f"{self.kind}:{tenant}"

    def authorize_url(self, tx: Transaction, *, in_app: bool, lang: str) -> str:
        # The default scopes are OpenID's; Feishu's have a colon, and none needs asking to know who it is.
        scopes = " ".join(scope for scope in self.config.scopes if ":" in scope)
        return page(
            self.options.authorize_endpoint or self.page,
            ("client_id", self.config.client_id),
            ("response_type", "code"),
            ("redirect_uri", tx.redirect_uri),
            *((("scope", scopes),) if scopes else ()),
            ("state", tx.state),
            ("code_challenge", _challenge(tx)),
            ("code_challenge_method", "S256"),  # the vendor's default would be `plain`
        )

    def fetch_identity(self, tx: Transaction, code: str) -> SSOIdentity:
        deadline, said_at = Deadline.after(), time.time()
        me = self._me(self._user_token(tx, code, deadline), deadline)
        tenant, subject = subject_in(me, "tenant_key"), subject_in(me, "union_id")
        if tenant is None or subject is None:
            missing = "tenant_key" if tenant is None else "union_id"
            raise SSOError("invalid_response", f"{self.title} user_info answered without {missing}")
        ours = tenant == self.options.tenant_key
        if not ours and not self.options.allow_any_tenant:
            raise SSOError("not_a_member", f"{self.title}: somebody of another tenant")
        # The app's token opens the directory of its own tenant alone.
        found, groups = self.in_directory(subject, deadline) if ours else (None, ())
        return SSOIdentity(
            issuer=self._issuer(tenant),
            subject=subject,
            email=email_in(me, "enterprise_email", "email") or (found.email if found else None),
            name=text_in(me, "name", "en_name") or (found.name if found else "") or subject,
            groups=groups,
            said_at=said_at,
            raw={name: me.get(name) for name in ("union_id", "tenant_key", "name")},
        )

    def _user_token(self, tx: Transaction, code: str, deadline: Deadline) -> str:
        url = self.options.token_endpoint or f"{self.base}/open-apis/authen/v2/oauth/token"
        body = {
            "grant_type": "authorization_code",
            "client_id": self.config.client_id,
            "client_secret": self.config.client_secret.get_secret_value(),
            "code": code,
            "redirect_uri": tx.redirect_uri,
            "code_verifier": _verifier(tx),
        }
        found = self._opened("token", self.ask("token", "POST", url, deadline, body=body))
        token, kind = found.get("access_token"), found.get("token_type")
        if not isinstance(token, str) or not 0 < len(token) <= 8192:
            raise SSOError("invalid_response", f"{self.title} token answered without a token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise SSOError("invalid_response", f"{self.title} token is of a kind that is not understood")
        return token

    def _me(self, token: str, deadline: Deadline) -> dict[str, Any]:
        url = self.options.userinfo_endpoint or f"{self.base}/open-apis/authen/v1/user_info"
        headers = {"Authorization": f"Bearer {token}"}
        return self._inside("user_info", self.ask("user_info", "GET", url, deadline, headers=headers))

    def look_up(self, subject: str) -> SSOIdentity | None:
        if not self.issuer():
            reason = "people of any tenant may sign in, and other tenants' directories are closed"
            raise SSOError("misconfigured", f"{self.title}: {reason}")
        return super().look_up(subject)

    def person(self, subject: str, deadline: Deadline) -> Person | None:
        path = f"users/{quote(subject, safe='')}"
        kinds = {"user_id_type": "union_id", "department_id_type": "open_department_id"}
        found = self._call("contact/v3/users", path, deadline, kinds).get("user")
        if not isinstance(found, dict) or found.get("union_id") != subject:
            raise SSOError("invalid_response", f"{self.title} contact/v3/users answered with another person")
        if not _active(found.get("status")):
            return None
        departments = found.get("department_ids")
        return Person(
            subject=subject,
            name=text_in(found, "name", "en_name"),
            email=email_in(found, "enterprise_email", "email"),
            departments=_texts(departments) if isinstance(departments, list) else None,
            raw={name: found.get(name) for name in ("union_id", "name", "department_ids")},
        )

    def parent(self, department: str, deadline: Deadline) -> str | None:
        if department == ROOT:
            return None
        path = f"departments/{quote(department, safe='')}"
        kinds = {"department_id_type": "open_department_id"}
        found = self._call("contact/v3/departments", path, deadline, kinds).get("department")
        above = found.get("parent_department_id") if isinstance(found, dict) else None
        return above if isinstance(above, str) and above else None

    def new_app_token(self, deadline: Deadline) -> tuple[str, Any]:
        what, url = "tenant_access_token", f"{self.base}/open-apis/auth/v3/tenant_access_token/internal"
        secret = self.config.client_secret.get_secret_value()
        body = {"app_id": self.config.client_id, "app_secret": secret}
        found = self._opened(what, self.ask(what, "POST", url, deadline, body=body))
        token = found.get("tenant_access_token")
        if not isinstance(token, str) or not 0 < len(token) <= 4096:
            raise SSOError("provider_unavailable", f"{self.title} {what} answered without a token")
        return token, found.get("expire")

    def _call(self, what: str, path: str, deadline: Deadline, query: Mapping[str, str]) -> dict[str, Any]:
        url = f"{self.base}/open-apis/contact/v3/{path}"

        def once(token: str) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            return self._inside(what, self.ask(what, "GET", url, deadline, headers=headers, query=query))

        return self.with_app_token(once, deadline)

    def _opened(self, what: str, answer: Answer) -> dict[str, Any]:
        """The answer where its status is 0, whatever HTTP says; an error may come with 200 as with 400."""
        try:
            found = answer.json_object()
        except (ValueError, RecursionError):
            found = {}
        number = number_in(found, "code")
        if number is None or (number == 0 and answer.status != 200):
            reason = f"{self.title} {what}: HTTP {answer.status} without a status of its own"
            raise SSOError("provider_unavailable", reason)
        if number == 0:
            return found
        away = answer.status == 429 or answer.status >= 500
        code = "provider_unavailable" if away else CODES.get(number, "misconfigured")
        hint = f": {HINTS[number]}" if number in HINTS else ""
        raise Refused(code, f"{self.title} {what}: code {number}{hint}", number)

    def _inside(self, what: str, answer: Answer) -> dict[str, Any]:
        found = self._opened(what, answer).get("data")
        if not isinstance(found, dict):
            raise SSOError("invalid_response", f"{self.title} {what} answered without data")
        return found

    def cannot(self) -> Iterator[Finding]:
        yield Finding("note", f"{self.title} has no logout: signing out here leaves {self.title} signed in")
        if self.options.allow_any_tenant:
            what = "every tenant that installed the app may sign in; sso.sync cannot ask about them"
            yield Finding("warning", what, "provider_options.allow_any_tenant", "name the tenant_key instead")
        elif not self.options.tenant_key:
            fix = "the tenant_key of the company, else nobody can sign in"
            yield Finding("error", "tenant_key is missing", "provider_options.tenant_key", fix)


def _verifier(tx: Transaction) -> str:
    if not tx.code_verifier:
        raise SSOError("misconfigured", "the sign-in was begun without a PKCE verifier")
    return tx.code_verifier


def _challenge(tx: Transaction) -> str:
    digest = hashlib.sha256(_verifier(tx).encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _active(status: Any) -> bool:
    """A status that the app may not read is no reason to refuse: the person is in the directory."""
    if not isinstance(status, dict):
        return True
    ended = any(status.get(name) is True for name in ("is_frozen", "is_resigned", "is_exited"))
    return not ended and status.get("is_activated") is not False


def _texts(found: list[Any]) -> tuple[str, ...]:
    return tuple(item for item in found if isinstance(item, str) and item)
