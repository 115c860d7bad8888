"""The certified OpenID provider, started on loopback, and a browser's walk through its pages.

    op.issuer, op.client_id, op.client_secret, op.redirect_uri
    op.entry(name="corp", ...)                   the mapping that stands under `oauth2:`
    op.sign_in(client, url, "alice") -> str      from our authorize URL to the callback URL it sends back
    op.sign_out(client, url) -> str              from our logout URL to where it sends back
    op.set("alice", groups=["staff"])            other claims from now on
    op.client_token("chat:read") -> str          an at+jwt of its machine client, aud `op.audience`
    op.bearer("alice") -> str                    the same of a person, with a claim `groups`

`client` is an httpx.Client (it carries the provider's cookies); it never asks the callback itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import html
import json
import re
import secrets
import shutil
import subprocess
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qs, quote_plus, urlencode, urljoin, urlsplit

import httpx
import pytest

HERE: Final = Path(__file__).parent
REDIRECT: Final = "http://localhost:8080/callback"
ACCOUNTS: Final[dict[str, dict[str, Any]]] = {
    "alice": {"name": "Alice", "groups": ["/eng/team-a", "staff"]},
    "bob": {"name": "Bob", "groups": ["/eng/team-a"]},
    "charlie": {"name": "Charlie", "email_verified": False},
}
PATIENCE: Final = 20.0  # seconds for a start or a change


@dataclass
class Op:
    """One running provider. name: part of its key's kid and its cookies' names."""

    name: str = "corp"
    redirect_uri: str = REDIRECT
    back: str = "http://localhost:8080/login"
    backchannel: str = ""
    client_id: str = "clawdbot"
    client_secret: str = "a secret+of: the% provider's"
    machine_id: str = "machine"
    machine_secret: str = "a secret of the machine's"
    audience: str = "clawdbot-api"
    port: int = 0
    issuer: str = ""
    _node: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        install()
        wanted = {
            "name": self.name,
            "port": self.port,
            "accounts": ACCOUNTS,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uris": [self.redirect_uri],
            "post_logout_redirect_uris": [self.back],
            "backchannel": self.backchannel,
            "machine_id": self.machine_id,
            "machine_secret": self.machine_secret,
            "audience": self.audience,
            "resource": f"urn:{self.audience}",
        }
        self._node = subprocess.Popen(
            ["node", "op.mjs", json.dumps(wanted)],
            cwd=HERE,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.issuer = self._heard("ready")

    def stop(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            for pipe in (node.stdin, node.stdout):
                assert pipe is not None
                pipe.close()
            node.wait(PATIENCE)

    def entry(self, **changes: Any) -> dict[str, Any]:
        """What an operator writes for it under `oauth2:`."""
        found = {
            "provider": "oidc",
            "issuer_url": self.issuer,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": self.redirect_uri,
            "scopes": ["openid", "profile", "email", "groups"],
        }
        return found | changes

    def set(self, account: str, **claims: Any) -> None:
        assert self._node is not None
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps({"account": account, "claims": claims}) + "\n")
        self._node.stdin.flush()
        assert self._heard("account") == account

    def sign_in(self, client: httpx.Client, url: str, account: str) -> str:
        """Follows redirects and answers the pages for signing in and consent, as a person would."""
        return self._walk(client, url, self.redirect_uri, {"login": account, "password": "x"})

    def sign_out(self, client: httpx.Client, url: str) -> str:
        return self._walk(client, url, self.back, {"logout": "yes"})

    def client_token(self, scope: str = "chat:read chat:write") -> str:
        form = {"grant_type": "client_credentials", "scope": scope}
        auth = (self.machine_id, self.machine_secret)
        return str(httpx.post(f"{self.issuer}/token", data=form, auth=auth).json()["access_token"])

    def bearer(self, account: str, scope: str = "openid chat:read chat:write") -> str:
        verifier = secrets.token_hex(32)
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        resource = f"urn:{self.audience}"
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "resource": resource,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with httpx.Client() as client:
            back = self.sign_in(client, f"{self.issuer}/auth?{urlencode(asked)}", account)
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(back).query)["code"][0],
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
            "resource": resource,
        }
        auth = (quote_plus(self.client_id), quote_plus(self.client_secret))
        return str(httpx.post(f"{self.issuer}/token", data=form, auth=auth).json()["access_token"])

    def _walk(self, client: httpx.Client, url: str, until: str, typed: dict[str, str]) -> str:
        for _ in range(12):
            answer = client.get(url, follow_redirects=False)
            while answer.status_code == 200:
                action, hidden = form_of(answer.text)
                answer = client.post(urljoin(url, action), data={**hidden, **typed}, follow_redirects=False)
            if answer.status_code not in (302, 303):
                raise AssertionError(f"the provider answered {answer.status_code}: {answer.text[:500]}")
            url = urljoin(url, answer.headers["Location"])
            if url.startswith(until):
                return url
        raise AssertionError(f"the provider did not come to an end at {url}")

    def _heard(self, word: str) -> str:
        """The next line's word; AssertionError where the provider ends or is silent."""
        assert self._node is not None
        assert self._node.stdout is not None
        watch = threading.Timer(PATIENCE, self._node.kill)
        watch.start()
        try:
            line = self._node.stdout.readline()
        finally:
            watch.cancel()
        assert line, f"the OpenID provider ended ({self._node.poll()}); try `node tests/op/op.mjs '{{...}}'`"
        return str(json.loads(line)[word])


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and its hidden fields."""
    action = re.search(r'<form[^>]* action="([^"]+)"', page)
    assert action, f"a page without a form: {page[:500]}"
    fields = re.findall(r"<input[^>]*>", page)
    hidden = {}
    for each in fields:
        found = {name: html.unescape(text) for name, text in re.findall(r'(\w+)="([^"]*)"', each)}
        if found.get("type") == "hidden":
            hidden[found["name"]] = found["value"]
    return html.unescape(action[1]), hidden


def install() -> None:
    """The locked packages, once for every process; the visible reason where there is no node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm: `apt-get install nodejs npm` (tests/op, the OpenID provider)")
    locked = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".installed"
    with _alone():
        if not stamp.exists() or stamp.read_text() != locked:
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True)
            stamp.write_text(locked)


@contextmanager
def _alone() -> Iterator[IO[str]]:
    """One process at a time."""
    with (HERE / "package.json").open() as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield door


@contextmanager
def running(name: str = "corp", **changes: Any) -> Iterator[Op]:
    found = Op(name=name, **changes)
    found.start()
    try:
        yield found
    finally:
        found.stop()
