"""A double of WeCom. Numbers in comments are pages of developer.work.weixin.qq.com; see README.md here."""

from __future__ import annotations

import re
import secrets
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.doubles.vendor import Asked, Department, Person, Reply, VendorDouble

WEB = "/wwlogin/sso/login"
IN_APP = "/connect/oauth2/authorize"
GETTOKEN = "/cgi-bin/gettoken"
GETUSERINFO = "/cgi-bin/auth/getuserinfo"
USER_GET = "/cgi-bin/user/get"
DEPARTMENT_GET = "/cgi-bin/department/get"
DEPARTMENT_LIST = "/cgi-bin/department/simplelist"
IP = "203.0.113.9"
LIVES = 7200
STATUS = {"active": 1, "disabled": 2, "left": 5}
WEB_ORDER = ["login_type", "appid", "agentid", "redirect_uri", "state", "lang"]  # 98152
IN_APP_ORDER = ["appid", "redirect_uri", "response_type", "scope", "state", "agentid"]  # 91022
STATE = re.compile(r"[A-Za-z0-9]{1,128}")  # 91022: letters and digits, at most 128 bytes


class WeComDouble(VendorDouble):
    """app: the corp id. Switches: per_minute (most gettoken calls), ip_refused, no_directory, old_app
    (directory answers hold e-mail), userinfo (members of the next getuserinfo answers instead)."""

    title: ClassVar[str] = "WeCom"
    departments_begin: ClassVar[tuple[Department, ...]] = (
        Department("1", "Company"),
        Department("2", "Engineering", "1"),
        Department("3", "Team A", "2"),
        Department("4", "Sales", "1"),
    )
    agent_id = "1000002"

    def options(self) -> dict[str, Any]:
        return {"agent_id": self.agent_id, "authorize_endpoint": self.url + WEB, "api_base": self.url}

    def answer(self, asked: Asked) -> Reply:
        known = {
            WEB: self.web,
            IN_APP: self.in_app,
            GETTOKEN: self.gettoken,
            GETUSERINFO: self.getuserinfo,
            USER_GET: self.user_get,
            DEPARTMENT_GET: self.department_get,
            DEPARTMENT_LIST: self.department_list,
        }
        if asked.method != "GET" or asked.path not in known:
            self.fault(f"{asked.method} {asked.path} is no interface")
            return Reply(404, b"404 page not found", "text/plain")
        return known[asked.path](asked)

    # Pages

    def web(self, asked: Asked) -> Reply:
        wrong = "" if asked.one("login_type") == "CorpApp" else "login_type"
        wrong = wrong or ("" if asked.one("lang") in ("zh", "en") else "lang")  # 98152
        return self._page(asked, WEB_ORDER, wrong)

    def in_app(self, asked: Asked) -> Reply:
        if "wxwork" not in asked.headers.get("user-agent", ""):
            self.fault("the page for WeCom's own client was opened by another browser")
            return Reply(400, "请在企业微信客户端打开链接".encode(), "text/plain; charset=utf-8")
        wrong = "" if asked.one("response_type") == "code" else "response_type"
        wrong = wrong or ("" if asked.one("scope") in ("snsapi_base", "snsapi_privateinfo") else "scope")
        return self._page(asked, IN_APP_ORDER, wrong)

    def _page(self, asked: Asked, order: list[str], wrong: str) -> Reply:
        if asked.names != order:  # that the order is enforced is unverified: README
            wrong = f"parameters {' '.join(asked.names)} instead of {' '.join(order)}"
        elif not STATE.fullmatch(asked.one("state")):
            wrong = "state is not of letters and digits"
        elif asked.one("appid") != self.app or asked.one("agentid") != self.agent_id:
            wrong = "appid or agentid"
        if wrong:
            self.fault(f"page to sign in: {wrong}")
            return Reply(400, b"bad request", "text/plain")
        if not self.redirect_allowed(asked.one("redirect_uri")):
            self.fault("redirect_uri is not of the trusted domain")
            return Reply(200, "redirect_uri参数错误".encode(), "text/plain; charset=utf-8")
        return self.page_to_sign_in(asked)

    def redirect_allowed(self, uri: str) -> bool:
        """Host and port alone count (98152)."""
        hosts = {urlsplit(one).netloc for one in self.redirect_uris}
        return not hosts or urlsplit(uri).netloc in hosts

    def refusal(self, state: str) -> dict[str, str]:
        """The older form's way: state alone. The new one's is unverified."""
        return {"state": state}

    # Interfaces: HTTP 200 whatever happens, errmsg with a hint and the caller's address

    def error(self, number: int, text: str) -> Reply:
        more = f"hint: [16559620961498930171536{number}], from ip: {IP}"
        url = f"https://open.work.weixin.qq.com/devtool/query?e={number}"
        return self.as_json({"errcode": number, "errmsg": f"{text}, {more}, more info at {url}"})

    def good(self, **members: Any) -> Reply:
        return self.as_json({"errcode": 0, "errmsg": "ok", **members})

    def gettoken(self, asked: Asked) -> Reply:
        """91039: the same token while it is valid."""
        if asked.names != ["corpid", "corpsecret"]:
            self.fault("gettoken takes corpid and corpsecret")
            return self.error(41004, "corpsecret missing")
        per_minute = self.switches.get("per_minute")
        if per_minute is not None and self.count(GETTOKEN) > per_minute:
            return self.error(45009, "api freq out of limit")
        if asked.one("corpid") != self.app:
            return self.error(40013, "invalid corpid")
        if asked.one("corpsecret") != self.secret:
            return self.error(40001, "invalid credential")
        with self.lock:
            for token, until in self._app_tokens.items():
                if until > self.now():
                    return self.good(access_token=token, expires_in=int(until - self.now()))
            token = f"accesstoken{secrets.token_hex(16)}"
            self._app_tokens[token] = self.now() + LIVES
        return self.good(access_token=token, expires_in=LIVES)

    def refused(self, asked: Asked, *names: str) -> Reply | None:
        """What every business call is refused for."""
        if asked.names != ["access_token", *names]:
            self.fault(f"{asked.path} takes access_token {' '.join(names)}")
            return self.error(41001, "access_token missing")
        until = self._app_tokens.get(asked.one("access_token"))
        if until is None:
            return self.error(40014, "invalid access_token")
        if until <= self.now():
            return self.error(42001, "access_token expired")
        if self.switches.get("ip_refused"):
            return self.error(60020, "not allow to access from your ip")
        return None

    def getuserinfo(self, asked: Asked) -> Reply:
        """98177: a member's userid and nothing else; 98176 for others: openid, and errcode 0."""
        if refused := self.refused(asked, "code"):
            return refused
        if (grant := self.take(asked.one("code"))) is None:
            return self.error(40029, "invalid code")
        if "userinfo" in self.switches:
            return self.good(**self.switches["userinfo"])
        person = self.people.get(grant.person)
        if person is None:
            return self.error(50002, "user not in visible range")
        if person.status == "outside":
            return self.good(openid=f"o{person.id}", external_userid=f"wm{person.id}")
        return self.good(userid=person.id)

    def user_get(self, asked: Asked) -> Reply:
        """90196; apps made since 2022-06-20 get neither e-mail nor telephone (96067)."""
        if refused := self.refused(asked, "userid"):
            return refused
        if self.switches.get("no_directory"):
            return self.error(48002, "api forbidden")
        person = self._member(asked.one("userid"))
        if person is None or person.status == "outside":
            return self.error(60111, "userid not found")
        found: dict[str, Any] = {
            "userid": person.id,
            "name": person.name,
            "department": [int(one) for one in person.departments],
            "order": [0 for _ in person.departments],
            "is_leader_in_dept": [0 for _ in person.departments],
            "main_department": int(person.departments[0]) if person.departments else 1,
            "status": STATUS[person.status],
            "extattr": {"attrs": []},
        }
        if self.switches.get("old_app"):
            found |= {"email": person.email, "biz_mail": person.email, "mobile": "13800000000"}
        return self.good(**found)

    def _member(self, userid: str) -> Person | None:
        """userid means the same in any case (90196)."""
        return next((one for one in self.people.values() if one.id.lower() == userid.lower()), None)

    def department_get(self, asked: Asked) -> Reply:
        """95406."""
        if refused := self.refused(asked, "id"):
            return refused
        if self.switches.get("no_directory"):
            return self.error(48002, "api forbidden")
        found = self.departments.get(asked.one("id"))
        if found is None:
            return self.error(60003, "department not found")
        return self.good(
            department={
                "id": int(found.id),
                "name": found.name,
                "department_leader": [],
                "parentid": int(found.parent or 0),
                "order": 10,
            }
        )

    def department_list(self, asked: Asked) -> Reply:
        """95406."""
        if refused := self.refused(asked):
            return refused
        if self.switches.get("no_directory"):
            return self.error(48002, "api forbidden")
        rows = [
            {"id": int(one.id), "parentid": int(one.parent or 0), "order": 10}
            for one in self.departments.values()
        ]
        return self.good(department_id=rows)
