"""An OpenID provider that can be bent, the vendors' doubles, and the configuration that names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from accounts import ssocheck
from accounts.models import Team
from accounts.providers.base import Finding
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config, Provider
from tests.doubles import vendors
from tests.doubles.forging import CLIENT_ID, SECRET, Answer, Forging
from tests.doubles.vendor import VendorDouble

CALLBACK = "http://localhost:8080/callback"


@dataclass
class Bench:
    """changes: to the entries of the configuration, by provider."""

    op: Forging
    doubles: dict[str, VendorDouble]
    folder: Path
    patch: pytest.MonkeyPatch
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def change(self, slug: str, **values: Any) -> None:
        self.changes.setdefault(slug, {}).update(values)

    def entry(self, slug: str) -> dict[str, Any]:
        if slug == "oidc":
            sound: dict[str, Any] = {
                "issuer_url": self.op.issuer,
                "client_id": CLIENT_ID,
                "client_secret": SECRET,
                "redirect_uri": CALLBACK,
                "group_map": {"/eng": "team-a"},
            }
        else:
            kind = "od-3" if slug == "feishu" else "3"
            sound = vendors.provider(
                self.doubles[slug], slug, CALLBACK, group_map={f"{slug}:dept:{kind}": "team-a"}
            )
        given = dict(self.changes.get(slug, {}))
        options = {**sound.get("provider_options", {}), **given.pop("provider_options", {})}
        return {**sound, **given, "provider_options": options}

    def config(self, *slugs: str) -> Config:
        server = {"public_url": "http://localhost:8080"}
        entries = [Provider.model_validate(self.entry(slug)) for slug in slugs]
        return Config.model_validate({"mode": "development", "server": server, "oauth2": entries})

    def check(self, slug: str, subject: str | None = None) -> list[Finding]:
        with live.override(self.config(slug)):
            found = ssocheck.check(slug, subject)
        return list(found[-1].findings)


def honest_page(op: Forging) -> Answer:
    return Answer(302, headers={"Location": f"{CALLBACK}?error=login_required&iss={op.issuer}"})


@pytest.fixture
def bench(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    Team.objects.create(slug="team-a", name="Team A")
    with ExitStack() as stack:
        op = stack.enter_context(Forging())
        op.answers["/authorize"] = honest_page(op)
        made = {kind: stack.enter_context(vendors.make(kind)) for kind in ("wecom", "dingtalk", "feishu")}
        yield Bench(op, made, tmp_path, monkeypatch)
