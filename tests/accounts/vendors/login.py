"""A browser that signs in at a double, and what a provider makes of the way back."""

from __future__ import annotations

import re
import secrets
import string
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from accounts.providers.apptoken import AppTokens
from accounts.providers.base import SSOError, SSOIdentity, Transaction
from accounts.providers.registry import make as made
from accounts.providers.vendor import Vendor
from clawdsite.core.config.schema import Provider
from tests.doubles.vendor import VendorDouble
from tests.doubles.vendors import provider

CALLBACK = "https://chat.example.com/callback"
WXWORK = "Mozilla/5.0 (iPhone) AppleWebKit/605.1 wxwork/4.1.22 MicroMessenger/7.0.1 Language/zh"
LETTERS = string.ascii_letters + string.digits


def words(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def transaction(sign_on: Vendor) -> Transaction:
    return Transaction(
        provider=sign_on.config.slug,
        issuer=sign_on.issuer(),
        state=words(32),
        nonce=None,
        code_verifier=words(64) if sign_on.pkce else None,
        redirect_uri=sign_on.config.redirect_uri,
        next="/",
        created=time.time(),
    )


def open_page(url: str, agent: str = "Mozilla/5.0") -> httpx.Response:
    return httpx.get(url, headers={"User-Agent": agent}, trust_env=False)


def press(page: httpx.Response, button: str) -> dict[str, list[str]]:
    """The callback's parameters after pressing a button whose text holds that word."""
    assert page.status_code == 200, page.text
    links = re.findall(r'href="([^"]+)">([^<]+)', page.text)
    link = next(unescape(href) for href, text in links if button in text)
    back = httpx.get(str(page.url.join(link)), trust_env=False).headers["Location"]
    assert back.startswith(CALLBACK)
    return parse_qs(urlsplit(back).query, keep_blank_values=True)


class At:
    """A double, and the provider that is configured to use it."""

    def __init__(self, double: VendorDouble, kind: str) -> None:
        self.double, self.kind = double, kind
        self.cache = AppTokens(double.now)

    def config(self, **more: Any) -> Provider:
        return Provider.model_validate(provider(self.double, self.kind, CALLBACK, **more))

    def sign_on(self, config: Provider | None = None, **options: Any) -> Vendor:
        sign_on = made(config or self.config(provider_options=options))
        assert isinstance(sign_on, Vendor)
        return type(sign_on)(sign_on.config, cache=self.cache)

    def sign_in(self, person: str, sign_on: Vendor | None = None) -> SSOIdentity:
        """The whole way of one person: page, button, callback, identity."""
        sign_on = sign_on or self.sign_on()
        tx = transaction(sign_on)
        query = press(open_page(sign_on.authorize_url(tx, in_app=False, lang="en")), person)
        assert query["state"] == [tx.state]
        return self.finish(sign_on, tx, query)

    def finish(self, sign_on: Vendor, tx: Transaction, query: Mapping[str, Sequence[str]]) -> SSOIdentity:
        returned = sign_on.returned(query)
        assert returned.code
        assert returned.error is None
        sign_on.check_return(tx, query)
        return sign_on.fetch_identity(tx, returned.code)

    def id(self, name: str) -> str:
        """alice's id at this vendor."""
        return next(one.id for one in self.double.people.values() if one.name == name)


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[SSOError]]:
    """The sign-in comes to nothing with this code, and what is told holds nothing of the vendor's text."""
    with pytest.raises(SSOError) as caught:
        yield caught
    assert caught.value.code == code, caught.value
    told = str(caught.value)
    assert "203.0.113" not in told
    assert "hint" not in told
