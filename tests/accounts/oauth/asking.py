"""Asking the gateway's own address in this process, as a program would: httpx, the entry, Django."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any
from urllib.parse import quote_plus

import httpx

from accounts import clients
from accounts.models import OAuthClient

GRANT = {"grant_type": "client_credentials"}
FORM = "application/x-www-form-urlencoded"


def ask(method: str, path: str, *, address: str = "192.0.2.7", **options: Any) -> httpx.Response:
    """One request, from this address; nothing of the machine's own proxies or cookies is in it."""

    async def one() -> httpx.Response:
        from clawdsite.asgi import django_app
        from clawdsite.entry import Entry

        transport = httpx.ASGITransport(Entry(django_app), client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(one())


def post(path: str, form: Any = None, **options: Any) -> httpx.Response:
    return ask("POST", path, data=form, **options)


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of RFC 6749 section 2.3.1: both halves urlencoded, then joined and packed."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


class Machine:
    """A machine client as its owner has it: id and secret."""

    def __init__(self, name: str = "build", scopes: str = "chat:read chat:write", **terms: Any) -> None:
        self.row, self.secret = clients.make(name, scopes.split(), by="cli", **terms)

    @property
    def client_id(self) -> str:
        return self.row.client_id

    @property
    def stored(self) -> OAuthClient:
        return OAuthClient.objects.get(pk=self.row.pk)

    def post(self, path: str, form: Any = None, **options: Any) -> httpx.Response:
        """With its credentials in the header."""
        headers = basic(self.client_id, options.pop("secret", self.secret)) | options.pop("headers", {})
        return post(path, form, headers=headers, **options)

    def ask_token(self, **more: Any) -> httpx.Response:
        return self.post("/oauth/token", GRANT | more)

    def token(self, **more: Any) -> str:
        answer = self.ask_token(**more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


def claims_of(token: str) -> dict[str, Any]:
    return dict(json.loads(_part(token, 1)))


def header_of(token: str) -> dict[str, Any]:
    return dict(json.loads(_part(token, 0)))


def _part(token: str, place: int) -> bytes:
    part = token.split(".")[place]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
