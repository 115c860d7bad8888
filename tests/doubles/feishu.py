"""A double of Feishu and Lark: pages of open.feishu.cn named beside each rule; see README.md here."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tests.doubles.vendor import Asked, Department, Grant, Person, Reply, VendorDouble

PAGE = "/open-apis/authen/v1/authorize"
TOKEN = "/open-apis/authen/v2/oauth/token"
TOKEN_V3 = "/oauth/v3/token"
ME = "/open-apis/authen/v1/user_info"
APP_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"
USERS = "/open-apis/contact/v3/users/"
DEPARTMENTS = "/open-apis/contact/v3/departments/"
ORDER = ["client_id", "response_type", "redirect_uri", "state", "code_challenge", "code_challenge_method"]
TOKEN_MEMBERS = ["client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"]
LIVES = 7200
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


class FeishuDouble(VendorDouble):
    """app: the App ID. A person's `status` `outside`: of another tenant.

    Switches: status_200 (errors come with HTTP 200), no_directory, no_departments (the field is missing),
    no_status, me (members that user_info answers instead).
    """

    title: ClassVar[str] = "Feishu"
    departments_begin: ClassVar[tuple[Department, ...]] = (
        Department("od-2", "Engineering", "0"),
        Department("od-3", "Team A", "od-2"),
        Department("od-4", "Sales", "0"),
    )
    tenant_key = "736588c92lxf175d"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._user_tokens: dict[str, str] = {}

    def options(self) -> dict[str, Any]:
        return {
            "tenant_key": self.tenant_key,
            "authorize_endpoint": self.url + PAGE,
            "api_base": self.url,
        }

    def answer(self, asked: Asked) -> Reply:
        known = {
            ("GET", PAGE): self.page,
            ("POST", TOKEN): self.token,
            ("POST", TOKEN_V3): self.token_v3,
            ("GET", ME): self.me,
            ("POST", APP_TOKEN): self.app_token,
        }
        if (asked.method, asked.path) in known:
            return known[asked.method, asked.path](asked)
        if asked.method == "GET" and asked.path.startswith(USERS):
            return self.user(asked)
        if asked.method == "GET" and asked.path.startswith(DEPARTMENTS):
            return self.department(asked)
        self.fault(f"{asked.method} {asked.path} is no interface")
        return Reply(404, b"404 page not found", "text/plain")

    def page(self, asked: Asked) -> Reply:
        """Page "obtain the authorization code" (2026-03-19): S256; the default would be plain."""
        wrong = ""
        if [name for name in asked.names if name != "scope"] != ORDER:
            wrong = f"parameters {' '.join(asked.names)} instead of {' '.join(ORDER)}"
        elif asked.one("client_id") != self.app or asked.one("response_type") != "code":
            wrong = "client_id or response_type"
        elif asked.one("code_challenge_method") != "S256" or len(asked.one("code_challenge")) != 43:
            wrong = "the challenge is not S256"
        elif any(":" not in scope for scope in asked.one("scope").split()):
            wrong = "20027 a scope that the app does not have"
        elif not self.redirect_allowed(asked.one("redirect_uri")):
            wrong = "20029 redirect_uri is not registered"
        if wrong:
            self.fault(f"page to sign in: {wrong}")
            return Reply(400, b"bad request", "text/plain")
        return self.page_to_sign_in(asked)

    # Answers: `code` 0 or an error, with HTTP 400 or 200

    def refuse(self, code: int, status: int = 400, flat: bool = False) -> Reply:
        text = "something that no page may show (from ip 203.0.113.9)"
        more = {"error": "invalid_grant", "error_description": text} if flat else {"msg": text}
        return self.as_json({"code": code, **more}, 200 if self.switches.get("status_200") else status)

    def good(self, **data: Any) -> Reply:
        return self.as_json({"code": 0, "msg": "success", "data": data})

    def body(self, asked: Asked, names: list[str]) -> dict[str, Any] | None:
        """The JSON body with exactly these members."""
        if asked.headers.get("content-type", "").split(";")[0] != "application/json":
            self.fault(f"{asked.path} wants JSON")
            return None
        return self._members(asked, asked.json, names)

    def _members(self, asked: Asked, found: Any, names: list[str]) -> dict[str, Any] | None:
        if not isinstance(found, dict) or sorted(found) != sorted(names):
            self.fault(f"{asked.path} wants exactly {' '.join(names)}")
            return None
        return found

    def token(self, asked: Asked) -> Reply:
        """Page "obtain user_access_token", v2: JSON, flat."""
        found = self.body(asked, TOKEN_MEMBERS)
        return self.refuse(20001, flat=True) if found is None else self._exchange(found, strict=False)

    def token_v3(self, asked: Asked) -> Reply:
        """v3: JSON or form; refuses a verifier where no challenge was given."""
        form = asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        sent = dict(parse_qsl(asked.body.decode())) if form else asked.json
        found = self._members(asked, sent, TOKEN_MEMBERS)
        return self.refuse(20001, flat=True) if found is None else self._exchange(found, strict=True)

    def _exchange(self, found: dict[str, Any], *, strict: bool) -> Reply:
        if found["grant_type"] != "authorization_code":
            return self.refuse(20036, flat=True)
        if found["client_id"] != self.app:
            return self.refuse(20048, flat=True)
        if found["client_secret"] != self.secret:
            return self.refuse(20002, flat=True)
        if (grant := self.take(found["code"])) is None:
            return self.refuse(20003, flat=True)
        if grant.asked and found["redirect_uri"] != grant.asked["redirect_uri"]:
            self.fault("20071 redirect_uri differs from the page's")
            return self.refuse(20071, flat=True)
        if not self._proved(grant, found["code_verifier"], strict):
            self.fault("20049 the verifier does not fit the challenge")
            return self.refuse(20049, flat=True)
        return self._user_token(grant)

    def _proved(self, grant: Grant, verifier: str, strict: bool) -> bool:
        """RFC 7636 section 4.6."""
        challenge = grant.asked.get("code_challenge", "")
        if not challenge:
            return not strict
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return bool(_VERIFIER.fullmatch(verifier)) and made == challenge

    def _user_token(self, grant: Grant) -> Reply:
        token = f"eyJ{secrets.token_urlsafe(1200)}"  # looks like a JWT, and is none to us
        self._user_tokens[token] = grant.person
        return self.as_json(
            {
                "code": 0,
                "access_token": token,
                "expires_in": LIVES,
                "scope": "auth:user.id:read",
                "token_type": "Bearer",
            }
        )

    def me(self, asked: Asked) -> Reply:
        """Page "obtain user information" (authen/v1/user_info)."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        person = self.people.get(self._user_tokens.get(token, ""))
        if person is None:
            self.fault("user_info without a token of a person")
            return self.refuse(99991668)
        if "me" in self.switches:
            return self.good(**self.switches["me"])
        tenant = "another" if person.status == "outside" else self.tenant_key
        found = {
            "name": person.name,
            "en_name": person.name,
            "avatar_url": "",
            "open_id": f"ou-{person.id}",
            "union_id": person.id,
            "tenant_key": tenant,
        }
        return self.good(**found, **({"email": person.email} if person.email else {}))

    def app_token(self, asked: Asked) -> Reply:
        """Page "obtain tenant_access_token of a custom app": not inside `data`."""
        found = self.body(asked, ["app_id", "app_secret"])
        if found is None or (found["app_id"], found["app_secret"]) != (self.app, self.secret):
            return self.refuse(10014)
        with self.lock:
            token = next((one for one, until in self._app_tokens.items() if until > self.now() + 1800), None)
            if token is None:
                token = f"t-{secrets.token_hex(16)}"
                self._app_tokens[token] = self.now() + LIVES
            left = int(self._app_tokens[token] - self.now())
        return self.as_json({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": left})

    def refused(self, asked: Asked, *names: str) -> Reply | None:
        if asked.names != list(names):
            self.fault(f"{asked.path} takes {' '.join(names)}")
            return self.refuse(40001)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if self._app_tokens.get(token, 0) <= self.now():
            return self.refuse(99991663)
        return self.refuse(99991672) if self.switches.get("no_directory") else None

    def user(self, asked: Asked) -> Reply:
        """contact/v3/users/:user_id; resigned people stay readable for a while (unverified)."""
        if refused := self.refused(asked, "user_id_type", "department_id_type"):
            return refused
        person = self.people.get(asked.path.removeprefix(USERS))
        if person is None:
            return self.refuse(41012)
        if person.status == "outside":
            return self.refuse(41050)
        return self.good(user=self._details(person))

    def _details(self, person: Person) -> dict[str, Any]:
        found: dict[str, Any] = {"union_id": person.id, "open_id": f"ou-{person.id}", "name": person.name}
        if not self.switches.get("no_departments"):
            found["department_ids"] = person.departments
        if not self.switches.get("no_status"):
            found["status"] = {
                "is_frozen": person.status == "disabled",
                "is_resigned": person.status == "left",
                "is_activated": True,
            }
        return found

    def department(self, asked: Asked) -> Reply:
        if refused := self.refused(asked, "department_id_type"):
            return refused
        found = self.departments.get(asked.path.removeprefix(DEPARTMENTS))
        if found is None:
            return self.refuse(40004)
        row = {"open_department_id": found.id, "name": found.name, "parent_department_id": found.parent}
        return self.good(department=row)


class LarkDouble(FeishuDouble):
    """The same interfaces at Lark's hosts; apps, tenants and ids are its own."""

    title: ClassVar[str] = "Lark"
    tenant_key = "lark588c92lxf175d"
