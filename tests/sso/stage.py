"""Two certified OpenID providers, the doubles of three vendors, and what a gateway's `oauth2` says of them.

with Stage(port) as stage, Process(**stage.parts()) as gateway: ...
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx

from tests.doubles import vendors
from tests.doubles.vendor import VendorDouble
from tests.op.provider import Op, running

VENDORS: Final = ("wecom", "dingtalk", "feishu")
OPENID: Final = ("corp", "partner")
ALL: Final = (*OPENID, *VENDORS)
LABELS: Final = {
    "corp": "Corporate sign-on",
    "partner": "Partners",
    "wecom": "企业微信",
    "dingtalk": "钉钉",
    "feishu": "飞书",
}
OPENID_MAPS: Final = {
    "corp": {"/eng/team-a": "team-a", "staff": "everyone"},
    "partner": {"/eng/team-a": "partners"},
}
STEP: Final = 0.2  # seconds between two looks: the pages count how often they are asked


class Stage:
    """port: the gateway's. vendors_from: the first of the vendors' ports; 0: free ones."""

    def __init__(self, port: int, vendors_from: int = 0) -> None:
        self.url = f"http://localhost:{port}"
        self.port, self.vendors_from = port, vendors_from
        self.ops: dict[str, Op] = {}
        self.doubles: dict[str, VendorDouble] = {}
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        back, callback = f"{self.url}/login", f"{self.url}/callback"
        with ExitStack() as stack:
            for slug in OPENID:
                told = f"http://127.0.0.1:{self.port}/auth/{slug}/backchannel"
                found = running(slug, redirect_uri=callback, back=back, backchannel=told)
                self.ops[slug] = stack.enter_context(found)
            for place, kind in enumerate(VENDORS):
                double = vendors.make(kind, self.vendors_from and self.vendors_from + place)
                self.doubles[kind] = stack.enter_context(double)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def oauth2(self) -> list[dict[str, Any]]:
        found = [
            self.ops[slug].entry(name=slug, label=LABELS[slug], group_map=OPENID_MAPS[slug])
            for slug in OPENID
        ]
        found[0] |= {"provider_options": {"api_audience": self.ops["corp"].audience}}
        for kind, double in self.doubles.items():
            prefix = "od-" if kind == "feishu" else ""
            places = {f"{kind}:dept:{prefix}3": "team-a", f"{kind}:dept:{prefix}4": "sales"}
            entry = vendors.provider(double, kind, f"{self.url}/callback", group_map=places)
            found.append({"label": LABELS[kind], **entry})
        return found

    def parts(self, **server: Any) -> dict[str, Any]:
        """Keys of config.yaml; the vendors are asked about their people each second."""
        return {"server": {"port": self.port, **server}, "oauth2": self.oauth2(), "sso": {"sync": "1s"}}

    def browser(self) -> Browser:
        """A fresh one; closed with the stage."""
        return Browser(self, self.stack.enter_context(httpx.Client(timeout=20, trust_env=False)))

    def id(self, kind: str, name: str) -> str:
        """alice's id at this vendor."""
        return next(one.id for one in self.doubles[kind].people.values() if one.name == name.capitalize())


@dataclass
class Browser:
    """Somebody's, with the cookies of every site."""

    stage: Stage
    client: httpx.Client

    def sign_in(self, slug: str, name: str) -> Browser:
        done = self.attempt(slug, name)
        assert (done.status_code, done.headers["Location"]) == (302, "/"), done.text
        return self

    def attempt(self, slug: str, name: str) -> httpx.Response:
        """From the login page by the provider's tile and its pages -> what the callback answers."""
        page = self.client.get(f"{self.stage.url}/login", params={"lang": "en"})
        assert page.status_code == 200
        tile = re.search(rf'href="([^"]*/auth/{slug}/start[^"]*)"', page.text)
        assert tile, f"the login page has no tile of {slug}"
        begun = self.client.get(urljoin(self.stage.url, unescape(tile[1])))
        assert begun.status_code == 302, begun.text
        return self.client.get(self._agree(slug, begun.headers["Location"], name))

    def _agree(self, slug: str, url: str, name: str) -> str:
        """What the person does at the provider -> the callback's address."""
        if slug in OPENID:
            return self.stage.ops[slug].sign_in(self.client, url, name)
        page = self.client.get(url)
        assert page.status_code == 200, page.text
        links = re.findall(r'href="([^"]+)">([^<]+)', page.text)
        link = next(unescape(href) for href, text in links if name.capitalize() in text)
        return str(self.client.get(str(page.url.join(link))).headers["Location"])

    def session(self) -> dict[str, Any] | None:
        """What /api/session says; None: nobody is signed in."""
        answer = self.client.get(f"{self.stage.url}/api/session")
        if answer.status_code == 401:
            return None
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def teams(self) -> list[str] | None:
        found = self.session()
        return None if found is None else list(found["teams"])

    def token(self) -> str:
        """The short bearer of this session."""
        facts = self.session()
        assert facts is not None
        headers = {"Origin": self.stage.url, "X-CSRFToken": facts["csrf_token"]}
        given = self.client.post(f"{self.stage.url}/api/auth/token", headers=headers)
        assert given.status_code == 200, given.text
        return str(given.json()["access_token"])


def until(met: Callable[[], bool], patience: float) -> float:
    """Seconds until it was met; another process decides when."""
    begun = time.monotonic()
    while not met():
        assert time.monotonic() - begun < patience, "it did not happen in time"
        threading.Event().wait(STEP)
    return time.monotonic() - begun
