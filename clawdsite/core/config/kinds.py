"""Rules for one kind of provider: what it needs besides, and what means nothing to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from clawdsite.core.config.addresses import EXPOSED, readable_on_the_way, url_fault
from clawdsite.core.config.problems import Finding
from clawdsite.core.config.signon import FEISHU_KINDS, KINDS_OF, OIDC_SCOPES, Provider, ProviderOptions

ENDPOINTS: Final = ("authorize_endpoint", "token_endpoint", "userinfo_endpoint", "api_base", "oapi_base")
GOOGLE: Final = "https://accounts.google.com"
DISCOVERY: Final = "/.well-known/openid-configuration"
SCOPE: Final = re.compile(r"[!#-\[\]-~]+")  # RFC 6749 section 3.3
BEARERS: Final = "it issues no tokens that could be checked here"


def judge(provider: Provider) -> Iterator[Finding]:
    """What is wrong with the parts of a provider that differ by kind."""
    yield from _options_of_others(provider)
    yield from _endpoints(provider.provider_options)
    yield from _scopes(provider)
    if provider.is_oidc:
        yield from _issuer(provider.issuer_url)
        yield from _who(provider)
    else:
        yield from _vendor(provider)
        yield from _wecom(provider) if provider.provider == "wecom" else _tenant(provider)


def _options_of_others(provider: Provider) -> Iterator[Finding]:
    options, kind = provider.provider_options, provider.provider
    for name, field in ProviderOptions.model_fields.items():
        if kind in KINDS_OF[name] or getattr(options, name) == field.default:
            continue
        hint = f"it is an option of {_listed(KINDS_OF[name])}"
        if kind == "wecom" and name == "corp_id":
            hint = "WeCom's corp id is client_id"
        elif name == "api_audience":
            hint = BEARERS
        yield Finding(("provider_options", name), f"does not go with {kind}", hint)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else words[0]


def _endpoints(options: ProviderOptions) -> Iterator[Finding]:
    for name in ENDPOINTS:
        url = getattr(options, name)
        if url and (wrong := url_fault(url)):
            yield Finding(("provider_options", name), wrong)
        elif url and readable_on_the_way(url):
            yield Finding(("provider_options", name), EXPOSED, "use https")


def _scopes(provider: Provider) -> Iterator[Finding]:
    for index, scope in enumerate(provider.scopes):
        if not SCOPE.fullmatch(scope):
            yield Finding(("scopes", index), "is no scope", "one scope an item, without blanks")
        elif scope in OIDC_SCOPES and provider.provider in ("wecom", *FEISHU_KINDS):
            yield Finding(("scopes", index), f"means nothing to {provider.provider}", refused=False)
    if provider.is_oidc and "openid" not in provider.scopes:
        yield Finding(("scopes",), "must hold openid", "without it there is no ID token")


def _issuer(url: str) -> Iterator[Finding]:
    place = ("issuer_url",)
    if not url:
        yield Finding(place, "must not be empty", "the issuer, exactly as in its metadata and tokens")
    elif wrong := url_fault(url):
        yield Finding(place, wrong)
    elif readable_on_the_way(url):
        yield Finding(place, EXPOSED, "use https")
    elif url.endswith(DISCOVERY):
        yield Finding(place, "is the address of its metadata", f"leave {DISCOVERY} out")
    elif _is_for_all_of_entra(url):
        yield Finding(place, "is no issuer of tokens", "name the tenant: its id in place of that word")


def _is_for_all_of_entra(url: str) -> bool:
    parts = urlsplit(url)
    tenant = parts.path.strip("/").partition("/")[0]
    return parts.hostname == "login.microsoftonline.com" and tenant in (
        "common",
        "organizations",
        "consumers",
        "{tenantid}",
    )


def _who(provider: Provider) -> Iterator[Finding]:
    """Whose tokens count as bearers, and whether strangers can sign in."""
    audience = provider.provider_options.api_audience
    if audience and audience == provider.client_id:
        hint = "an audience of the API's own, else tokens made for signing in would be bearers"
        yield Finding(("provider_options", "api_audience"), "must differ from client_id", hint)
    if provider.issuer_url == GOOGLE and not provider.provider_options.allowed_hd:
        message = "is empty: everybody with a Google account may sign in"
        yield Finding(("provider_options", "allowed_hd"), message, "name the domain", refused=False)
    if not audience and provider.unknown_subjects != "refuse":
        message = "does nothing without provider_options.api_audience"
        yield Finding(("unknown_subjects",), message, refused=False)


def _vendor(provider: Provider) -> Iterator[Finding]:
    kind = provider.provider
    if provider.issuer_url:
        hint = "it has none; for an OpenID provider in front of it say provider: oidc"
        yield Finding(("issuer_url",), f"does not go with {kind}", hint)
    if provider.unknown_subjects != "refuse":
        yield Finding(("unknown_subjects",), f"does not go with {kind}", BEARERS)
    if provider.link_by_verified_email:
        message = f"does nothing with {kind}: it verifies no e-mail address"
        yield Finding(("link_by_verified_email",), message, refused=False)
    if not provider.provider_options.departments and (provider.group_map or provider.admin_groups):
        message = "without departments there are no groups for group_map and admin_groups"
        yield Finding(("provider_options", "departments"), message, refused=False)


def _wecom(provider: Provider) -> Iterator[Finding]:
    options = provider.provider_options
    if options.login_type != "CorpApp":
        message = "only CorpApp works: apps of service providers are not supported"
        yield Finding(("provider_options", "login_type"), message)
    elif not options.agent_id:
        yield Finding(("provider_options", "agent_id"), "must not be empty", "AgentId of the app")
    elif not re.fullmatch(r"[0-9]{1,20}", options.agent_id):
        yield Finding(("provider_options", "agent_id"), "expected the app's AgentId, a number")


def _tenant(provider: Provider) -> Iterator[Finding]:
    """Without a gate, anybody who has an account at the vendor could sign in."""
    options, kind = provider.provider_options, provider.provider
    if kind == "dingtalk":
        if not options.corp_id:
            hint = "corpId of the only organisation that may sign in"
            yield Finding(("provider_options", "corp_id"), "must not be empty", hint)
    elif options.allow_any_tenant:
        if options.tenant_key:
            message = "given together with tenant_key"
            yield Finding(("provider_options", "allow_any_tenant"), message, "keep one of the two")
        else:
            message = f"every tenant of {kind} that installed the app may sign in"
            yield Finding(("provider_options", "allow_any_tenant"), message, refused=False)
    elif not options.tenant_key:
        hint = "the only tenant that may sign in, or allow_any_tenant: true on purpose"
        yield Finding(("provider_options", "tenant_key"), "must not be empty", hint)
