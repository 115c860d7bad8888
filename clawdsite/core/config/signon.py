"""The schema of `oauth2`: what a sign-on provider is, and which of its options belong to which kind."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

from pydantic import Field, SecretStr, model_validator

from clawdsite.core.config.section import Section, key, part
from clawdsite.core.config.units import Seconds

Kind = Literal["oidc", "keycloak", "authing", "wecom", "dingtalk", "feishu", "lark"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
OIDC_KINDS: Final[tuple[Kind, ...]] = ("oidc", "keycloak", "authing")
FEISHU_KINDS: Final[tuple[Kind, ...]] = ("feishu", "lark")
VENDORS: Final[tuple[Kind, ...]] = ("wecom", "dingtalk", *FEISHU_KINDS)
OIDC_SCOPES: Final = ("openid", "profile", "email")


class ProviderOptions(Section):
    """What one provider needs besides the fields that all have."""

    agent_id: str = key("", "WeCom: AgentId of the app.")
    login_type: Literal["CorpApp", "ServiceApp"] = key("CorpApp", "WeCom: kind of app; CorpApp alone works.")
    corp_id: str = key("", "DingTalk: corpId of the only organisation that may sign in.")
    tenant_key: str = key("", "Feishu, Lark: the only tenant that may sign in.")
    allow_any_tenant: bool = key(False, "Feishu, Lark: every tenant that installed the app may sign in.")
    ancestors: bool = key(False, "Vendors: departments above a person's own count as groups too.")
    departments: bool = key(True, "Vendors: read a person's departments at sign-in.")
    authorize_endpoint: str = key("", "Instead of the preset's page for signing in.")
    token_endpoint: str = key("", "Instead of the preset's token endpoint (Feishu: v2 or v3).")
    userinfo_endpoint: str = key("", "Instead of the preset's endpoint for the person.")
    api_base: str = key("", "Instead of the preset's host of the directory, e.g. a private deployment.")
    oapi_base: str = key("", "DingTalk: instead of https://oapi.dingtalk.com.")
    allowed_algs: tuple[Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"], ...] = key(
        ("RS256",), "OIDC: algorithms an ID token may be signed with.", min_length=1
    )
    token_auth_method: Literal["", "client_secret_basic", "client_secret_post"] = key(
        "", "OIDC: how the client secret is sent. Empty: as the provider's metadata says."
    )
    groups_claim: str = key("groups", "OIDC: claim that holds the groups; dotted: realm_access.roles.")
    api_audience: str = key(
        "", "OIDC: `aud` of its access tokens that count as bearers here; not client_id. Empty: none."
    )
    allowed_hd: str = key("", "Google: the only Workspace domain (`hd` claim) that may sign in.")
    max_age: Seconds = key(0.0, "OIDC: how old the sign-in at the provider may be. 0: any age.", ge=0)


class Provider(Section):
    """One sign-on provider (reference: docs/sso.md and a page for each kind)."""

    enabled: bool = key(True, "Whether people can sign in by it.")
    name: str = key(
        "",
        "Short name, part of addresses and logs. Empty: the provider's kind.",
        pattern=r"^[a-z0-9_-]{0,32}$",
    )
    label: str = key("", "What the login page calls it. Empty: a name of its kind.")
    provider: Kind = key("oidc", "What speaks there: oidc for any OpenID provider, or a preset.")
    issuer_url: str = key("", "OIDC: the issuer, exactly as in its metadata and tokens.")
    client_id: str = key("", "OIDC: client id; WeCom: corp id; DingTalk: AppKey; Feishu, Lark: App ID.")
    client_secret: SecretStr = key(SecretStr(""), "The app's secret; from the environment or a file.")
    redirect_uri: str = key("", "Where the provider sends people back: `<public_url>/callback`, exactly.")
    scopes: tuple[str, ...] = key(
        OIDC_SCOPES, "Scopes asked for; OIDC: with openid. Vendors have none of these by default."
    )
    group_map: dict[str, str] = Field(
        {}, description="Groups of the provider -> team slugs here (and Django groups of that name)."
    )
    scope_map: dict[str, tuple[str, ...]] = Field(
        {},
        description="Team slugs or Django groups -> scopes their people have. Empty everywhere: all have "
        "chat:read, chat:write and image:upload.",
    )
    admin_groups: tuple[str, ...] = key((), "Groups of the provider whose people are administrators here.")
    link_by_verified_email: bool = key(
        False, "A first sign-in may take over the account whose e-mail the provider says is verified."
    )
    unknown_subjects: Literal["refuse", "token", "person"] = key(
        "refuse", "What an unknown subject of a bearer (api_audience) is: nobody (401), a caller, a person."
    )
    provider_options: ProviderOptions = part(ProviderOptions, "What this kind of provider needs besides.")

    @model_validator(mode="before")
    @classmethod
    def _vendors_know_other_scopes(cls, given: Any) -> Any:
        """The default is OpenID's; a vendor asks for what it needs by itself, and for more if told so."""
        if isinstance(given, dict) and given.get("provider") in VENDORS:
            return {"scopes": (), **given}
        return given

    @property
    def slug(self) -> str:
        """Its name in addresses, logs and memberships."""
        return self.name or self.provider

    @property
    def is_oidc(self) -> bool:
        return self.provider in OIDC_KINDS


_NOT_FOR_ALL: Final[dict[str, tuple[Kind, ...]]] = {
    "agent_id": ("wecom",),
    "login_type": ("wecom",),
    "corp_id": ("dingtalk",),
    "tenant_key": FEISHU_KINDS,
    "allow_any_tenant": FEISHU_KINDS,
    "oapi_base": ("dingtalk",),
    **dict.fromkeys(
        ("ancestors", "departments", "authorize_endpoint", "token_endpoint", "userinfo_endpoint", "api_base"),
        VENDORS,
    ),
}
KINDS_OF: Final[dict[str, tuple[Kind, ...]]] = {
    name: _NOT_FOR_ALL.get(name, OIDC_KINDS) for name in ProviderOptions.model_fields
}
"""Which kinds each of `provider_options` means something to."""
