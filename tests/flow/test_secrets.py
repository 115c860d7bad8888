"""A day in a started gateway, and nothing secret of it in the log or the database."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.accounts.oauth.asking import GRANT, basic
from tests.doubles import vendors
from tests.proof import proves
from tests.server import warm
from tests.server.process import Process, free_port

PASSWORD = "never-written-down-4711"
MAKING = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import User
User.objects.create_superuser("root", sys.argv[2])
"""


def beside(gateway: Process, *words: str) -> str:
    """A command beside the started gateway -> what it wrote, standard output first."""
    done = warm.run(words, os.environ | gateway.env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() + "\n" + done.stderr.strip()


class Day:
    """What was secret in it, by name."""

    def __init__(self, gateway: Process, doubles: dict[str, Any]) -> None:
        self.gateway, self.doubles = gateway, doubles
        self.secrets: dict[str, str] = {}

    def sign_in(self, kind: str) -> None:
        """By a vendor's double; its code, state and secret are to be seen nowhere."""
        with httpx.Client(timeout=20, trust_env=False) as browser:
            begun = browser.get(f"{self.gateway.url}/auth/{kind}/start")
            page = browser.get(begun.headers["Location"])
            links = re.findall(r'href="([^"]+)">([^<]+)', page.text)
            link = next(unescape(href) for href, text in links if "Alice" in text)
            back = browser.get(str(page.url.join(link))).headers["Location"]
            query = parse_qs(urlsplit(back).query)
            done = browser.get(back)
            assert (done.status_code, done.headers["Location"]) == (302, "/"), done.text
            code = query.get("code") or query["authCode"]
            self.secrets |= {f"{kind} code": code[0], f"{kind} secret": self.doubles[kind].secret}
            self.secrets[f"{kind} state"] = query["state"][0]
            facts = browser.get(f"{self.gateway.url}/api/session").json()
            headers = {"Origin": self.gateway.url, "X-CSRFToken": facts["csrf_token"]}
            token = browser.post(f"{self.gateway.url}/api/auth/token", headers=headers).json()
            self.secrets[f"{kind} bearer"] = token["access_token"]
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            assert browser.get(f"{self.gateway.url}/v1/models", headers=bearer).status_code != 401

    def by_password(self) -> None:
        beside(self.gateway, "-c", MAKING, str(self.gateway.config_file), PASSWORD)
        self.secrets["password"], self.secrets["wrong password"] = PASSWORD, "nor-this-one-0815"
        with httpx.Client(base_url=self.gateway.url, timeout=20, trust_env=False) as browser:
            for password in (self.secrets["wrong password"], PASSWORD):
                page = browser.get("/login").text
                field = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
                assert field
                form = {"username": "root", "password": password, "csrfmiddlewaretoken": field[1]}
                done = browser.post("/login", data=form, headers={"Origin": self.gateway.url})
            assert done.status_code == 302
            self.secrets["session"] = browser.cookies["clawdbot"]

    def as_a_machine(self) -> None:
        told = beside(
            self.gateway, "manage.py", "client", "create", "nightly", "--scope", "chat:read",
            "--config", str(self.gateway.config_file),
        )  # fmt: skip
        secret, client_id = told.split("\n")[0], told.split("client_id: ")[1].split()[0]
        self.secrets["client secret"] = secret
        with httpx.Client(base_url=self.gateway.url, timeout=20, trust_env=False) as client:
            for sent in (secret, secret[:-1] + "x"):
                got = client.post("/oauth/token", data=GRANT, headers=basic(client_id, sent))
                assert got.status_code == (200 if sent == secret else 401)
                if sent == secret:
                    self.secrets["client token"] = got.json()["access_token"]
            self.secrets["basic"] = basic(client_id, secret)["Authorization"].split()[1]
            told = client.post(
                "/oauth/introspect",
                data={"token": self.secrets["client token"]},
                headers=basic(client_id, secret),
            )
            assert told.json()["active"] is True


@pytest.fixture
def day() -> Iterator[Day]:
    port = free_port()
    back = f"http://127.0.0.1:{port}/callback"
    doubles = {kind: vendors.make(kind) for kind in ("wecom", "dingtalk", "feishu")}
    for double in doubles.values():
        double.__enter__()
    entries = [vendors.provider(double, kind, back) for kind, double in doubles.items()]
    server = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    try:
        with Process(
            server=server, oauth2=entries, logging={"level": "debug", "format": "json"}
        ) as gateway:
            yield Day(gateway, doubles)
    finally:
        for double in doubles.values():
            double.__exit__(None, None, None)


@proves("hard-H21", "hard-H37", "hard-H38", "hard-H49")
def test_nothing_secret_of_a_day_is_in_the_log_or_the_database(day: Day) -> None:
    for kind in day.doubles:
        day.sign_in(kind)
    day.by_password()
    day.as_a_machine()
    day.gateway.term()
    assert day.gateway.ended() == 0
    log = "\n".join([*day.gateway.out, *day.gateway.log])
    rows = b"".join(path.read_bytes() for path in day.gateway.folder.glob("clawdbot.sqlite3*"))
    assert len(day.secrets) > 15
    tokens = [one for double in day.doubles.values() for one in double._app_tokens]
    assert tokens != []
    day.secrets |= {f"app token {number}": one for number, one in enumerate(tokens)}
    assert "/callback" in log
    assert b"nightly" in rows
    assert [name for name, secret in day.secrets.items() if secret in log] == []
    names_of_rows = {"session"}  # a session's row is found by its key
    assert {name for name, secret in day.secrets.items() if secret.encode() in rows} <= names_of_rows
