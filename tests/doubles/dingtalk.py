"""A double of DingTalk: pages "obtain user token", "users/me" and the old interfaces below /topapi/."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar
from urllib.parse import unquote

from tests.doubles.vendor import Asked, Department, Person, Reply, VendorDouble

PAGE = "/oauth2/auth"
USER_TOKEN = "/v1.0/oauth2/userAccessToken"
ME = "/v1.0/contact/users/me"
APP_TOKEN = "/v1.0/oauth2/accessToken"
BY_UNIONID = "/topapi/user/getbyunionid"
USER_GET = "/topapi/v2/user/get"
DEPARTMENT_GET = "/topapi/v2/department/get"
PAGE_ORDER = ["client_id", "redirect_uri", "response_type", "scope", "state", "prompt"]
TOKEN_HEADER = "x-acs-dingtalk-access-token"
LIVES = 7200


class DingTalkDouble(VendorDouble):
    """app: the AppKey. A person's `status` `outside`: an external contact of the organisation.

    Switches: code_names (("authCode",) unless set), corp (corpId of token answers; None: missing),
    no_user_read, no_directory, wrapped (errors as errcode 88 with sub_code), no_union (no unionId).
    """

    title: ClassVar[str] = "DingTalk"
    departments_begin: ClassVar[tuple[Department, ...]] = (
        Department("1", "Company"),
        Department("2", "Engineering", "1"),
        Department("3", "Team A", "2"),
        Department("4", "Sales", "1"),
    )
    corp_id = "dingcorp0001"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._user_tokens: dict[str, str] = {}

    def options(self) -> dict[str, Any]:
        return {
            "corp_id": self.corp_id,
            "authorize_endpoint": self.url + PAGE,
            "api_base": self.url,
            "oapi_base": self.url,
        }

    def answer(self, asked: Asked) -> Reply:
        known = {
            ("GET", PAGE): self.page,
            ("POST", USER_TOKEN): self.user_token,
            ("GET", ME): self.me,
            ("POST", APP_TOKEN): self.app_token,
            ("POST", BY_UNIONID): self.by_unionid,
            ("POST", USER_GET): self.user_get,
            ("POST", DEPARTMENT_GET): self.department_get,
        }
        if (asked.method, asked.path) not in known:
            self.fault(f"{asked.method} {asked.path} is no interface")
            return self.refuse(404, "InvalidAction.NotFound")
        return known[asked.method, asked.path](asked)

    def page(self, asked: Asked) -> Reply:
        """Page "obtain the sign-in page": PAGE_ORDER, response_type=code, prompt=consent."""
        wrong = ""
        if asked.names != PAGE_ORDER:  # that the order is enforced is unverified: README
            wrong = f"parameters {' '.join(asked.names)} instead of {' '.join(PAGE_ORDER)}"
        elif asked.one("client_id") != self.app or asked.one("response_type") != "code":
            wrong = "client_id or response_type"
        elif asked.one("scope") not in ("openid", "openid corpid") or asked.one("prompt") != "consent":
            wrong = "scope or prompt"
        elif not self.redirect_allowed(asked.one("redirect_uri")):
            wrong = "redirect_uri is not registered"
        if wrong:
            self.fault(f"page to sign in: {wrong}")
            return Reply(400, b"bad request", "text/plain")
        return self.page_to_sign_in(asked)

    def agreement(self, code: str, state: str) -> dict[str, str]:
        names = self.switches.get("code_names", ("authCode",))
        return {**dict.fromkeys(names, code), "state": state}

    # New interfaces: JSON in and out, errors as HTTP 4xx with a word

    def refuse(self, status: int, code: str, **more: Any) -> Reply:
        text = "不合法 (from ip 203.0.113.9)"
        return self.as_json({"code": code, "requestid": "B5C2D1F0", "message": text, **more}, status)

    def body(self, asked: Asked, *names: str) -> dict[str, Any] | None:
        """The JSON body with exactly these members."""
        if asked.headers.get("content-type", "").split(";")[0] != "application/json":
            self.fault(f"{asked.path} wants JSON")
            return None
        found = asked.json
        if not isinstance(found, dict) or sorted(found) != sorted(names):
            self.fault(f"{asked.path} wants exactly {' '.join(names)}")
            return None
        return found

    def user_token(self, asked: Asked) -> Reply:
        """The official SDK's request has clientId, clientSecret, code, grantType (and refreshToken)."""
        found = self.body(asked, "clientId", "clientSecret", "code", "grantType")
        if found is None or found["grantType"] != "authorization_code":
            return self.refuse(400, "invalidParameter")
        if (found["clientId"], found["clientSecret"]) != (self.app, self.secret):
            return self.refuse(400, "invalidClientIdOrSecret")
        if (grant := self.take(found["code"])) is None:
            return self.refuse(400, "invalidParameter.authCode.notFound")
        token = secrets.token_hex(16)
        self._user_tokens[token] = grant.person
        members = {"accessToken": token, "refreshToken": secrets.token_hex(16), "expireIn": LIVES}
        corp = self.switches.get("corp", self.corp_id)
        if corp is not None and "corpid" in unquote(grant.asked.get("scope", "corpid")):
            members["corpId"] = corp
        return self.as_json(members)

    def me(self, asked: Asked) -> Reply:
        if "authorization" in asked.headers:
            self.fault("users/me wants x-acs-dingtalk-access-token, not Authorization")
            return self.refuse(401, "InvalidAuthentication")
        person = self.people.get(self._user_tokens.get(asked.headers.get(TOKEN_HEADER, ""), ""))
        if person is None:
            self.fault("users/me without a token of a person")
            return self.refuse(401, "InvalidAuthentication")
        if self.switches.get("no_user_read"):
            detail = {"requiredScopes": ["Contact.User.Read"]}
            word = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
            return self.refuse(403, word, accessdenieddetail=detail)
        found = {"nick": person.name, "openId": f"open{person.id}", "avatarUrl": "", "visitor": False}
        if person.email:
            found |= {"email": person.email, "mobile": "150xxxx9144", "stateCode": "86"}
        if not self.switches.get("no_union"):
            found["unionId"] = person.id
        return self.as_json(found)

    def app_token(self, asked: Asked) -> Reply:
        found = self.body(asked, "appKey", "appSecret")
        if found is None or (found["appKey"], found["appSecret"]) != (self.app, self.secret):
            return self.refuse(400, "invalidClientIdOrSecret")
        with self.lock:
            for token, until in self._app_tokens.items():
                if until > self.now():
                    return self.as_json({"accessToken": token, "expireIn": int(until - self.now())})
            token = secrets.token_hex(16)
            self._app_tokens[token] = self.now() + LIVES
        return self.as_json({"accessToken": token, "expireIn": LIVES})

    # Old interfaces: HTTP 200, numbers in errcode

    def error(self, number: int, text: str) -> Reply:
        members: dict[str, Any] = {"errcode": number, "errmsg": text, "request_id": "x"}
        if self.switches.get("wrapped"):
            members = {**members, "errcode": 88, "sub_code": str(number), "sub_msg": text}
        return self.as_json(members)

    def good(self, result: dict[str, Any]) -> Reply:
        return self.as_json({"errcode": 0, "errmsg": "ok", "result": result, "request_id": "x"})

    def refused(self, asked: Asked) -> Reply | None:
        if asked.names != ["access_token"]:
            self.fault(f"{asked.path} takes access_token in the query")
            return self.error(40014, "不合法的access_token")
        until = self._app_tokens.get(asked.one("access_token"))
        if until is None:
            return self.error(40014, "不合法的access_token")
        if until <= self.now():
            return self.error(42001, "access_token已过期")
        if self.switches.get("no_directory"):
            return self.error(60011, "没有调用该接口的权限")
        return None

    def by_unionid(self, asked: Asked) -> Reply:
        if refused := self.refused(asked):
            return refused
        if (found := self.body(asked, "unionid")) is None:
            return self.error(40035, "不合法的参数")
        person = self.people.get(found["unionid"])
        if person is None or person.status == "left":
            return self.error(60121, "找不到该用户")
        kind = 1 if person.status == "outside" else 0
        return self.good({"contact_type": kind, "userid": f"user-{person.id}"})

    def user_get(self, asked: Asked) -> Reply:
        if refused := self.refused(asked):
            return refused
        if (found := self.body(asked, "userid", "language")) is None:
            return self.error(40035, "不合法的参数")
        person = self.people.get(found["userid"].removeprefix("user-"))
        if person is None:
            return self.error(60121, "找不到该用户")
        return self.good(self._details(person))

    def _details(self, person: Person) -> dict[str, Any]:
        return {
            "userid": f"user-{person.id}",
            "unionid": person.id,
            "name": person.name,
            "dept_id_list": [int(one) for one in person.departments],
            "leader_in_dept": [{"dept_id": int(one), "leader": False} for one in person.departments],
            "role_list": [{"id": int(one), "name": "role", "group_name": "roles"} for one in person.roles],
            "active": person.status != "disabled",
            "admin": False,
            "boss": False,
        }

    def department_get(self, asked: Asked) -> Reply:
        if refused := self.refused(asked):
            return refused
        if (body := self.body(asked, "dept_id")) is None:
            return self.error(40035, "不合法的参数")
        found = self.departments.get(str(body["dept_id"]))
        if found is None:
            return self.error(60003, "部门不存在")
        row: dict[str, Any] = {"dept_id": int(found.id), "name": found.name}
        return self.good(row | ({"parent_id": int(found.parent)} if found.parent else {}))
