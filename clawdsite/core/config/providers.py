"""Rules for oauth2: what every sign-on provider needs, and what two of them must not share (sso.md 0.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pydantic import SecretStr

from clawdsite.core.config import callback, grouping, kinds
from clawdsite.core.config.issuers import CLIENTS, TAKEN
from clawdsite.core.config.problems import Finding
from clawdsite.core.config.schema import Config
from clawdsite.core.config.signon import Provider
from clawdsite.core.config.tree import Path

REQUIRED: Final[dict[Path, str]] = {
    ("client_id",): "as the provider shows it",
    ("client_secret",): "from the environment, or client_secret_file",
    ("redirect_uri",): "public_url and /callback, as it is registered at the provider",
}


def judge(config: Config) -> Iterator[Finding]:
    """What the rules say of the enabled providers; a disabled one may be half written."""
    for index, provider in _enabled(config):
        for finding in _one(provider, config):
            yield replace(finding, path=("oauth2", index, *finding.path))
    yield from _same_name(config)
    yield from _same_app(config)
    yield from _same_issuer(config)
    yield from _administrators(config)


def _enabled(config: Config) -> list[tuple[int, Provider]]:
    return [(index, provider) for index, provider in enumerate(config.oauth2) if provider.enabled]


def _one(provider: Provider, config: Config) -> Iterator[Finding]:
    """The form of each text first: a value that nobody filled in says nothing else."""
    unusable = {path for path, text in _texts(provider) if _fault(text, required=path in REQUIRED)}
    for path, text in _texts(provider):
        if path in unusable:
            wrong = _fault(text, required=path in REQUIRED)
            yield Finding(path, wrong, REQUIRED.get(path, "") if not text else "")
    for rules in (callback.judge(provider, config), kinds.judge(provider), grouping.judge(provider)):
        yield from (finding for finding in rules if finding.path not in unusable)


def _texts(provider: Provider) -> Iterator[tuple[Path, str]]:
    for name in ("issuer_url", "client_id", "client_secret", "redirect_uri"):
        value = getattr(provider, name)
        yield (name,), value.get_secret_value() if isinstance(value, SecretStr) else value
    for name in type(provider.provider_options).model_fields:
        value = getattr(provider.provider_options, name)
        if isinstance(value, str):
            yield ("provider_options", name), value


def _fault(text: str, *, required: bool) -> str:
    if not text:
        return "must not be empty" if required else ""
    if "${" in text:
        return "still holds a ${...} that nothing was put in for"
    return "begins or ends with a blank" if text != text.strip() else ""


def _same_name(config: Config) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, provider in _enabled(config):
        if provider.slug in seen:
            message = f"is {provider.slug}, the name of another provider too"
            yield Finding(("oauth2", index, "name"), message, "each needs its own")
        seen.add(provider.slug)
    issuers = {issuer.name for issuer in config.auth.jwt if issuer.enabled}
    for index, provider in _enabled(config):
        if provider.provider_options.api_audience and provider.slug == CLIENTS:
            yield Finding(("oauth2", index, "name"), *TAKEN)
        if provider.provider_options.api_audience and provider.slug in issuers:
            message = f"is {provider.slug}, the name of an issuer in auth.jwt too"
            yield Finding(("oauth2", index, "name"), message, "their subjects would be the same callers")


def _same_app(config: Config) -> Iterator[Finding]:
    seen: set[tuple[str, str, str]] = set()
    for index, provider in _enabled(config):
        place = provider.issuer_url if provider.is_oidc else provider.provider
        app = place, provider.client_id, provider.provider_options.agent_id
        if provider.client_id and app in seen:
            message = "is the same app at the same provider as another entry"
            yield Finding(("oauth2", index, "client_id"), message, "keep one of the two")
        seen.add(app)


def _same_issuer(config: Config) -> Iterator[Finding]:
    """One issuer, one rule for its bearers."""
    bearers: set[str] = set()
    for index, provider in _enabled(config):
        issuer, audience = provider.issuer_url, ("oauth2", index, "provider_options", "api_audience")
        if not (provider.is_oidc and issuer):
            continue
        if issuer == config.token_issuer:
            message = "is the issuer of the gateway's own tokens too"
            yield Finding(("oauth2", index, "issuer_url"), message, "set auth.issuer to another")
        if provider.provider_options.api_audience:
            if issuer in bearers:
                message = "is a second rule for bearers of one issuer"
                yield Finding(audience, message, "keep one of the two")
            bearers.add(issuer)
    for index, known in enumerate(config.auth.jwt):
        if known.enabled and known.issuer in bearers:
            message = "is the issuer of a provider with api_audience too"
            hint = "one rule for one issuer: take this entry out, or api_audience there"
            yield Finding(("auth", "jwt", index, "issuer"), message, hint)


def _administrators(config: Config) -> Iterator[Finding]:
    if config.admin.sso_only and not any(provider.admin_groups for provider in config.providers):
        message = "would lock every administrator out: no enabled provider has admin_groups"
        yield Finding(("admin", "sso_only"), message, "name the groups in oauth2.admin_groups first")
