"""WeCom (企业微信): signing in by the app of a company (CorpApp), and its directory.

Not OAuth: no PKCE, no token of the person, errors inside HTTP 200. Sources: developer.work.weixin.qq.com
pages 98152, 98177, 98176, 91022, 91039, 90196, 95406. Its `errmsg` holds the caller's address: never shown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from accounts.providers.apptoken import Refused
from accounts.providers.base import Code, Finding, Returned, SSOError, SSOIdentity, Transaction
from accounts.providers.http import Deadline
from accounts.providers.vendor import Person, Vendor, email_in, number_in, page, text_in

BUSY: Final = -1
ACTIVE: Final = 1  # 2: disabled, 4: not activated, 5: left
CODES: Final[Mapping[int, Code]] = {
    BUSY: "provider_unavailable",
    40029: "expired",
    40078: "expired",
    45009: "provider_unavailable",
    45033: "provider_unavailable",
    50002: "not_a_member",
    60011: "not_a_member",
    60111: "not_a_member",
}  # what is not here is the operator's to mend
HINTS: Final[Mapping[int, str]] = {
    40001: "client_secret is not this app's",
    40013: "client_id is no corp id",
    40056: "agent_id is not this app's",
    41001: "no app token was sent",
    41004: "client_secret is empty",
    48002: "the app may not call this interface",
    50001: "the redirect domain is not among the app's trusted domains",
    50003: "the app is disabled",
    60020: "this machine's address is not among the app's trusted IPs (企业可信IP)",
    301002: "agent_id is not this app's",
}
_USERID: Final = re.compile(r"[0-9A-Za-z_\-@.]{1,64}")
_WEB: Final = "https://login.work.weixin.qq.com/wwlogin/sso/login"
_IN_APP: Final = "https://open.weixin.qq.com/connect/oauth2/authorize"


class WeCom(Vendor):
    title = "WeCom"
    host = "https://qyapi.weixin.qq.com"
    permission_missing: ClassVar[frozenset[int | str]] = frozenset({48002})
    gone: ClassVar[frozenset[int | str]] = frozenset({50002, 60011, 60111})
    stale: ClassVar[frozenset[int | str]] = frozenset({40001, 40014, 42001})
    permission_fix: ClassVar[str] = "use the app's own secret, and put the people into its visible range"

    def issuer(self) -> str:
        return f"wecom:{self.config.client_id}"

    def authorize_url(self, tx: Transaction, *, in_app: bool, lang: str) -> str:
        """Parameters in the documented order. In WeCom's own client the page needs its literal fragment."""
        app, agent = ("appid", self.config.client_id), ("agentid", self.options.agent_id)
        back, state = ("redirect_uri", tx.redirect_uri), ("state", tx.state)
        if in_app:
            kind, scope = ("response_type", "code"), ("scope", "snsapi_base")
            return page(self._in_app_page(), app, back, kind, scope, state, agent) + "#wechat_redirect"
        language = ("lang", "zh" if lang.lower().startswith("zh") else "en")
        kind = ("login_type", self.options.login_type)
        return page(self.options.authorize_endpoint or _WEB, kind, app, agent, back, state, language)

    def _in_app_page(self) -> str:
        """A private deployment has both pages on one host."""
        if not self.options.authorize_endpoint:
            return _IN_APP
        there, here = urlsplit(self.options.authorize_endpoint), urlsplit(_IN_APP)
        return f"{there.scheme}://{there.netloc}{here.path}"

    def returned_nothing(self) -> Returned:
        """Who says no comes back with the state alone (page 91022; the new login's is not documented)."""
        return Returned(None, "access_denied")

    def fetch_identity(self, tx: Transaction, code: str) -> SSOIdentity:
        deadline, said_at = Deadline.after(), time.time()
        url = self.options.userinfo_endpoint or f"{self.base}/cgi-bin/auth/getuserinfo"
        userid = _member(self._call("getuserinfo", url, deadline, code=code))
        found, groups = self.in_directory(userid, deadline)
        return self._identity(found or Person(userid, name=userid), groups, said_at)

    def person(self, subject: str, deadline: Deadline) -> Person | None:
        found = self._call("user/get", f"{self.base}/cgi-bin/user/get", deadline, userid=subject)
        userid = found.get("userid")
        if not isinstance(userid, str) or userid.lower() != subject.lower():
            raise SSOError("invalid_response", "WeCom user/get answered with another person")
        status = number_in(found, "status")
        if status is None:
            raise SSOError("invalid_response", "WeCom user/get does not say the person's status")
        if status != ACTIVE:
            return None
        return Person(
            subject=userid.lower(),
            name=text_in(found, "name"),
            email=email_in(found, "biz_mail", "email"),
            departments=_departments(found.get("department")),
            raw={name: found.get(name) for name in ("userid", "name", "department", "status")},
        )

    def parent(self, department: str, deadline: Deadline) -> str | None:
        url = f"{self.base}/cgi-bin/department/get"
        found = self._call("department/get", url, deadline, id=department).get("department")
        above = number_in(found, "parentid") if isinstance(found, dict) else None
        return str(above) if above else None

    def new_app_token(self, deadline: Deadline) -> tuple[str, Any]:
        url = self.options.token_endpoint or f"{self.base}/cgi-bin/gettoken"
        secret = self.config.client_secret.get_secret_value()
        query = {"corpid": self.config.client_id, "corpsecret": secret}
        found = self._asked("gettoken", url, deadline, query)
        token = found.get("access_token")
        if not isinstance(token, str) or not 0 < len(token) <= 512:
            raise SSOError("provider_unavailable", "WeCom gettoken answered without a token")
        return token, found.get("expires_in")

    def probe(self, deadline: Deadline) -> None:
        self._call("department/simplelist", f"{self.base}/cgi-bin/department/simplelist", deadline)

    def _call(self, what: str, url: str, deadline: Deadline, **query: str) -> dict[str, Any]:
        def once(token: str) -> dict[str, Any]:
            return self._asked(what, url, deadline, {"access_token": token, **query})

        return self.with_app_token(once, deadline)

    def _asked(self, what: str, url: str, deadline: Deadline, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer where errcode is 0; asked twice where WeCom says that it is busy."""
        try:
            return self._once(what, url, deadline, query)
        except Refused as err:
            if err.number != BUSY:
                raise
        return self._once(what, url, deadline, query)

    def _once(self, what: str, url: str, deadline: Deadline, query: Mapping[str, str]) -> dict[str, Any]:
        answer = self.ask(what, "GET", url, deadline, query=query)
        try:
            found = answer.json_object() if answer.status == 200 else {}
        except (ValueError, RecursionError):
            found = {}
        number = number_in(found, "errcode")
        if number is None:
            reason = f"WeCom {what}: HTTP {answer.status} without an errcode"
            raise SSOError("provider_unavailable", reason)
        if number == 0:
            return found
        hint = f": {HINTS[number]}" if number in HINTS else ""
        raise Refused(CODES.get(number, "misconfigured"), f"WeCom {what}: errcode {number}{hint}", number)

    def cannot(self) -> Iterator[Finding]:
        yield Finding("note", "WeCom has no PKCE; the code is bound to this browser by its state alone")
        yield Finding("note", "WeCom has no logout: signing out here leaves WeCom signed in")
        host = urlsplit(self.config.redirect_uri).netloc
        fix = f"the app's trusted domain and its web login callback domain are exactly {host}"
        yield Finding("note", "WeCom compares the host alone, not the path", "the app's page at WeCom", fix)
        if self.options.login_type != "CorpApp":
            yield Finding("error", "only apps of one's own company can sign in", "login_type", "CorpApp")
        if not self.options.agent_id:
            yield Finding("error", "agent_id is missing", "provider_options.agent_id", "the app's AgentId")


def _member(found: Mapping[str, Any]) -> str:
    """The userid, in lower case: it means the same in any. `UserId` is the old interface's, and not read."""
    userid = found.get("userid")
    if userid is None and ("openid" in found or "external_userid" in found):
        raise SSOError("not_a_member", "WeCom: somebody who is not of this company")
    if isinstance(userid, str) and "/" in userid:
        raise SSOError("not_a_member", "WeCom: somebody of a linked company")
    if not isinstance(userid, str) or not _USERID.fullmatch(userid):
        raise SSOError("invalid_response", "WeCom getuserinfo answered without a userid")
    return userid.lower()


def _departments(found: Any) -> tuple[str, ...] | None:
    """Ids as texts; None: it did not say."""
    if not isinstance(found, list):
        return None
    return tuple(str(item) for item in found if isinstance(item, int) and not isinstance(item, bool))
