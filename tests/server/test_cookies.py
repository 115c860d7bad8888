"""Cookies as a browser is given them, for an https and an http address (H-09)."""

from __future__ import annotations

import json
import os
import shutil
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.proof import proves
from tests.server import tables, warm

ASKING = """
import json, os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from django.test import Client
from accounts.models import User
User.objects.create_superuser("root", "correct horse battery")
secure = sys.argv[2] == "https"
browser = Client(headers={"host": "localhost", "origin": sys.argv[2] + "://localhost:8443"})
found = []
for way in (
    lambda: browser.get("/login", {"lang": "zh"}, secure=secure),
    lambda: browser.get("/auth/wecom/start", secure=secure),
    lambda: browser.post("/login", {"username": "root", "password": "correct horse battery"}, secure=secure),
    lambda: browser.get("/admin/", secure=secure),
):
    answer = way()
    found += [morsel.OutputString() for morsel in answer.cookies.values()]
print(json.dumps(found))
"""
WECOM = {
    "provider": "wecom",
    "client_id": "ww1",
    "client_secret": "kept-by-the-gateway-alone",
    "provider_options": {"agent_id": "1000002", "api_base": "http://127.0.0.1:9"},
}


def cookies(folder: Path, scheme: str) -> dict[str, Any]:
    """Every cookie of a sign-in, by its name."""
    address = f"{scheme}://localhost:8443"
    config = {
        "mode": "development",
        "data_dir": str(folder / "var"),
        "database_url": f"sqlite:///{folder}/clawdbot.sqlite3",
        "server": {"public_url": address},
        "oauth2": [WECOM | {"redirect_uri": f"{address}/callback"}],
    }
    file = folder / "config.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(config))
    shutil.copyfile(tables.ready(), folder / "clawdbot.sqlite3")
    done = warm.run(["-c", ASKING, str(file), scheme], dict(os.environ))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = {}
    for line in json.loads(done.stdout.splitlines()[-1]):
        found |= SimpleCookie(line)
    return found


@proves("hard-H09")
@pytest.mark.parametrize(("scheme", "prefix"), [("https", "__Host-"), ("http", "")])
def test_cookies_are_as_closed_as_the_address_allows(tmp_path: Path, scheme: str, prefix: str) -> None:
    found = cookies(tmp_path, scheme)
    names = {f"{prefix}clawdbot{rest}" for rest in ("", "-csrf", "-familiar")} | {"clawdbot-lang"}
    assert set(found) == names
    for name, cookie in found.items():
        assert bool(cookie["secure"]) is (scheme == "https"), name
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax"), name
        assert bool(cookie["httponly"]) is (not name.endswith("-csrf")), name
