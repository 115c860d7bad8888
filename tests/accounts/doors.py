"""Configurations that accept the forged tokens, and the verdict over a token as a plain value."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from accounts.caller import Caller
from accounts.tokens.verify import identify
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import InvalidToken
from tests.accounts.forge import AUD, ISS, SECRET


@cache
def shared_dir() -> str:
    """One data_dir, and so one signing key, for every test that does not need its own."""
    folder = tempfile.TemporaryDirectory(prefix="accounts-")
    _kept.append(folder)
    return folder.name


_kept: list[tempfile.TemporaryDirectory[str]] = []


def issuer(**changes: Any) -> dict[str, Any]:
    """An entry of auth.jwt that accepts HS256 tokens of ISS."""
    return {"issuer": ISS, "audience": AUD, "algorithms": ["HS256"], "secret": SECRET} | changes


def rs_issuer(**changes: Any) -> dict[str, Any]:
    """The same for RS256; give jwks_url or public_key."""
    return issuer(algorithms=["RS256"], secret="") | changes


def accepting(*issuers: dict[str, Any], data_dir: Path | str | None = None, **sections: Any) -> Config:
    auth = {"jwt": issuers} | sections.pop("auth", {})
    return Config(data_dir=str(data_dir or shared_dir()), auth=auth, **sections)


@dataclass(frozen=True)
class Verdict:
    """caller, or the details of a 401."""

    caller: Caller | None = None
    details: str = ""

    @property
    def refused(self) -> bool:
        return self.caller is None

    @property
    def who(self) -> Caller | None:
        return None if self.caller is None else bare(self.caller)


def bare(caller: Caller) -> Caller:
    """The caller without what names this one proof: jti, iat, and the identity behind it."""
    return replace(caller, token=None, issued=0.0, identity=None)


def judge(config: Config, raw: str) -> Verdict:
    """What the product says of this token; anything but a caller or a 401 comes through as it is."""
    with live.override(config):
        try:
            return Verdict(caller=asyncio.run(identify(raw)))
        except InvalidToken as err:
            return Verdict(details=_details(err))


def _details(err: InvalidToken) -> str:
    assert err.status == 401
    assert err.headers()["WWW-Authenticate"] == 'Bearer realm="clawdbot", error="invalid_token"'
    assert err.details
    return err.details
