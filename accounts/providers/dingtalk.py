"""DingTalk (钉钉): signing in, and its directory.

Anybody with a DingTalk account can finish the sign-in: the organisation (corpId) is what lets in. No PKCE.
Sources: open.dingtalk.com "obtain user token", "users/me"; oapi getbyunionid, v2/user/get, v2/department/get.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from accounts.providers.apptoken import Refused
from accounts.providers.base import Code, Finding, SSOError, SSOIdentity, Transaction
from accounts.providers.http import Answer, Deadline
from accounts.providers.vendor import (
    Person,
    Vendor,
    email_in,
    number_in,
    page,
    subject_in,
    text_in,
    word,
)

BUSY: Final = -1
WRAPPED: Final = 88  # the number proper stands in sub_code
EMPLOYEE: Final = 0  # contact_type; anything else is not of the organisation
CODES: Final[Mapping[int, Code]] = {
    BUSY: "provider_unavailable",
    40078: "expired",
    60121: "not_a_member",
    90002: "provider_unavailable",
    90018: "provider_unavailable",
}  # what is not here is the operator's to mend
HINTS: Final[Mapping[int, str]] = {
    60011: "the app may not read the directory",
    60020: "this machine's address is not among the app's addresses",
}
_PAGE: Final = "https://login.dingtalk.com/oauth2/auth"


class DingTalk(Vendor):
    title = "DingTalk"
    host = "https://api.dingtalk.com"
    code_names: ClassVar[tuple[str, ...]] = ("authCode", "code")
    permission_missing: ClassVar[frozenset[int | str]] = frozenset({60011})
    gone: ClassVar[frozenset[int | str]] = frozenset({60121})
    stale: ClassVar[frozenset[int | str]] = frozenset({40001, 40014, 42001})
    permission_fix: ClassVar[str] = "give the app qyapi_get_member and qyapi_get_department_list"

    def issuer(self) -> str:
        return f"dingtalk:{self.options.corp_id}"

    def authorize_url(self, tx: Transaction, *, in_app: bool, lang: str) -> str:
        return page(
            self.options.authorize_endpoint or _PAGE,
            ("client_id", self.config.client_id),
            ("redirect_uri", tx.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid corpid"),
            ("state", tx.state),
            ("prompt", "consent"),
        )

    def fetch_identity(self, tx: Transaction, code: str) -> SSOIdentity:
        deadline, said_at = Deadline.after(), time.time()
        token = self._user_token(code, deadline)
        url = self.options.userinfo_endpoint or f"{self.base}/v1.0/contact/users/me"
        headers = {"x-acs-dingtalk-access-token": token}
        me = _opened("users/me", self.ask("users/me", "GET", url, deadline, headers=headers))
        subject = subject_in(me, "unionId")
        if subject is None:
            raise SSOError("invalid_response", "DingTalk users/me answered without a unionId")
        found, groups = self.in_directory(subject, deadline)
        person = Person(
            subject=subject,
            name=text_in(me, "nick") or (found.name if found else ""),
            email=email_in(me, "email") or (found.email if found else None),
            raw={"unionId": subject, "nick": me.get("nick"), **(found.raw if found else {})},
        )
        return self._identity(person, groups, said_at)

    def _user_token(self, code: str, deadline: Deadline) -> str:
        """The person's token, once the organisation is ours. SSOError(not_a_member) for any other or none."""
        url = self.options.token_endpoint or f"{self.base}/v1.0/oauth2/userAccessToken"
        body = {
            "clientId": self.config.client_id,
            "clientSecret": self.config.client_secret.get_secret_value(),
            "code": code,
            "grantType": "authorization_code",
        }
        what = "userAccessToken"
        found = _opened(what, self.ask(what, "POST", url, deadline, body=body))
        corp = found.get("corpId")
        if not self.options.corp_id or corp != self.options.corp_id:
            said = "no organisation" if not corp else "another organisation"
            raise SSOError("not_a_member", f"DingTalk: the person signed in for {said}")
        return _token(what, found)

    def person(self, subject: str, deadline: Deadline) -> Person | None:
        known = self._call("user/getbyunionid", deadline, {"unionid": subject})
        userid = subject_in(known, "userid")
        if number_in(known, "contact_type") != EMPLOYEE:
            return None
        if userid is None:
            raise SSOError("invalid_response", "DingTalk getbyunionid answered without a userid")
        found = self._call("v2/user/get", deadline, {"userid": userid, "language": "zh_CN"})
        if found.get("unionid") != subject:
            raise SSOError("invalid_response", "DingTalk user/get answered with another person")
        if found.get("active") is False:
            return None
        return Person(
            subject=subject,
            name=text_in(found, "name"),
            email=email_in(found, "org_email", "email"),
            departments=_ids(found.get("dept_id_list")),
            roles=_roles(found.get("role_list")),
            raw={name: found.get(name) for name in ("userid", "name", "dept_id_list")},
        )

    def parent(self, department: str, deadline: Deadline) -> str | None:
        if not department.isascii() or not department.isdigit():
            raise Refused("misconfigured", "a department's id is a number", "no number")
        found = self._call("v2/department/get", deadline, {"dept_id": int(department)})
        above = number_in(found, "parent_id")
        return str(above) if above else None

    def new_app_token(self, deadline: Deadline) -> tuple[str, Any]:
        secret = self.config.client_secret.get_secret_value()
        body = {"appKey": self.config.client_id, "appSecret": secret}
        url = f"{self.base}/v1.0/oauth2/accessToken"
        found = _opened("accessToken", self.ask("accessToken", "POST", url, deadline, body=body))
        return _token("accessToken", found), found.get("expireIn")

    def _call(self, what: str, deadline: Deadline, body: Mapping[str, Any]) -> dict[str, Any]:
        """`result` of an old interface (/topapi/)."""
        base = (self.options.oapi_base or "https://oapi.dingtalk.com").rstrip("/")

        def once(token: str) -> dict[str, Any]:
            query = {"access_token": token}
            answer = self.ask(what, "POST", f"{base}/topapi/{what}", deadline, query=query, body=body)
            return _result(what, answer)

        return self.with_app_token(once, deadline)

    def cannot(self) -> Iterator[Finding]:
        yield Finding("note", "DingTalk has no PKCE; the code is bound to this browser by its state alone")
        yield Finding("note", "DingTalk has no logout: signing out here leaves DingTalk signed in")
        if not self.options.corp_id:
            fix = "the corpId of the organisation, else nobody can sign in"
            yield Finding("error", "corp_id is missing", "provider_options.corp_id", fix)


def _token(what: str, found: Mapping[str, Any]) -> str:
    token = found.get("accessToken")
    if not isinstance(token, str) or not 0 < len(token) <= 4096:
        raise SSOError("invalid_response", f"DingTalk {what} answered without a token")
    return token


def _opened(what: str, answer: Answer) -> dict[str, Any]:
    """The JSON of a new interface; its errors are HTTP 4xx with a word in `code`."""
    try:
        found = answer.json_object()
    except (ValueError, RecursionError):
        raise SSOError("provider_unavailable", f"DingTalk {what}: HTTP {answer.status}, no JSON") from None
    if answer.status == 200:
        return found
    said = word(found.get("code"))
    detail = f"DingTalk {what}: HTTP {answer.status} {said}{_wanted(found)}"
    if answer.status in (408, 429) or answer.status >= 500:
        raise Refused("provider_unavailable", detail, said)
    expired = said.lower().startswith("invalidparameter.authcode")
    raise Refused("expired" if expired else "misconfigured", detail, said)


def _wanted(found: Mapping[str, Any]) -> str:
    """The permissions that the app lacks."""
    lacking = found.get("accessdenieddetail")
    scopes = lacking.get("requiredScopes") if isinstance(lacking, dict) else None
    names = [word(scope) for scope in scopes[:8]] if isinstance(scopes, list) else []
    return f", the app lacks {' '.join(names)}" if names else ""


def _result(what: str, answer: Answer) -> dict[str, Any]:
    """The `result` of an old interface; its errors are numbers inside HTTP 200."""
    try:
        found = answer.json_object() if answer.status == 200 else {}
    except (ValueError, RecursionError):
        found = {}
    number = number_in(found, "errcode")
    if number is None:
        reason = f"DingTalk {what}: HTTP {answer.status} without an errcode"
        raise SSOError("provider_unavailable", reason)
    inner = str(found.get("sub_code", ""))
    if number == WRAPPED and inner.isascii() and inner.isdigit() and len(inner) < 12:
        number = int(inner)
    if number != 0:
        hint = f": {HINTS[number]}" if number in HINTS else ""
        code = CODES.get(number, "misconfigured")
        raise Refused(code, f"DingTalk {what}: errcode {number}{hint}", number)
    result = found.get("result")
    if not isinstance(result, dict):
        raise SSOError("invalid_response", f"DingTalk {what} answered without a result")
    return result


def _ids(found: Any) -> tuple[str, ...] | None:
    """Ids as texts; None: it did not say."""
    if not isinstance(found, list):
        return None
    return tuple(str(item) for item in found if isinstance(item, int) and not isinstance(item, bool))


def _roles(found: Any) -> tuple[str, ...]:
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return _ids([row.get("id") for row in rows]) or ()
