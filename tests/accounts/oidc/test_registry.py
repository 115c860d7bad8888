"""The providers of the configuration in force."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.providers import registry
from accounts.providers.oidc import OIDC
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.oidc.asking import entry


def config(*names: str, **changes: Any) -> Config:
    made = tuple(entry(f"https://{name}.example", name=name, **changes) for name in names)
    return Config(mode="development", oauth2=made)


def test_each_enabled_provider_is_there_by_its_name_in_the_files_order() -> None:
    with live.override(config("corp", "partner")):
        assert [each.config.slug for each in registry.all()] == ["corp", "partner"]
        assert registry.get("partner").issuer() == "https://partner.example"
        assert registry.get("corp") is registry.get("corp")
        with pytest.raises(KeyError):
            registry.get("nobody")


def test_a_disabled_provider_is_none() -> None:
    with live.override(config("corp", enabled=False)):
        assert registry.all() == ()


def test_a_reload_changes_what_changed_and_keeps_the_rest() -> None:
    with live.override(config("corp", "partner")):
        before = registry.get("corp"), registry.get("partner")
    changed = config("corp", "partner")
    new = entry("https://corp.example", name="corp", client_secret="another")
    with live.override(changed.model_copy(update={"oauth2": (new, changed.oauth2[1])})):
        after = registry.get("corp"), registry.get("partner")
    assert after[0] is not before[0]
    assert after[1] is before[1]
    assert isinstance(before[0], OIDC)
    assert isinstance(after[0], OIDC)
    assert after[0].discovery is before[0].discovery, "what an issuer published outlives the reload"


@pytest.mark.parametrize("kind", ["oidc", "keycloak", "authing"])
def test_every_openid_kind_speaks_openid(kind: str) -> None:
    assert isinstance(registry.make(entry("https://corp.example", provider=kind)), OIDC)
