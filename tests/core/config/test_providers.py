"""Sign-on providers that cannot be right are refused at the start, by line, key and fix (sso.md 0.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.core.config.files import bad, good, warned
from tests.proof import proves

ENV = {"APP_SECRET": "of-the-app-and-nobody-else", "PLAIN": "${NEVER}", "JWT_SECRET": "n" * 32}
HERE = "https://chat.example.com"
COMMON = {"client_id": "clawdbot", "client_secret": "${APP_SECRET}", "redirect_uri": f"{HERE}/callback"}
KINDS: dict[str, dict[str, object]] = {
    "oidc": {"provider": "oidc", "issuer_url": "https://sso.example.com/realms/corp"},
    "wecom": {"provider": "wecom", "provider_options": {"agent_id": "1000002"}},
    "dingtalk": {"provider": "dingtalk", "provider_options": {"corp_id": "ding1"}},
    "feishu": {"provider": "feishu", "provider_options": {"tenant_key": "t1"}},
    "lark": {"provider": "lark", "provider_options": {"tenant_key": "t1"}},
}
GONE = object()


def entry(kind: str = "oidc", **changed: object) -> dict[str, object]:
    """A sound provider of this kind with these keys set, or taken out (GONE); options are put in."""
    made = {**COMMON, **KINDS[kind], **changed}
    options = {**KINDS[kind].get("provider_options", {}), **changed.get("provider_options", {})}  # type: ignore[dict-item]
    made["provider_options"] = {name: value for name, value in options.items() if value is not GONE}
    return {name: value for name, value in made.items() if value is not GONE}


def text(*entries: dict[str, object], **more: object) -> str:
    """A production file with these providers, each on a line of its own from line 1 on."""
    rest = {"server": {"public_url": HERE}, "max_connections": 4, "auth": {"jwt": []}} | more
    lines = "".join(f"  - {yaml.safe_dump(one, default_flow_style=True, width=9999)}" for one in entries)
    return f"oauth2:\n{lines}{yaml.safe_dump(rest)}"


def refused(folder: Path, provider: dict[str, object], **more: object) -> list[str]:
    """Key (below the provider) and message of each problem, which all stand in its line."""
    found = bad(folder, text(provider, **more), ENV)
    assert all(line.startswith("2: oauth2[0].") for line in found), found
    return [line.removeprefix("2: oauth2[0].") for line in found]


def told(folder: Path, *entries: dict[str, object], **more: object) -> list[str]:
    """The warnings about providers."""
    found = warned(folder, text(*entries, **more), ENV)
    return [line.replace("oauth2[0].", "") for line in found if not line.startswith("auth.jwt: no issuer")]


@proves("sso-J1")
@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_provider_of_each_kind_is_accepted_without_a_word(tmp_path: Path, kind: str) -> None:
    assert told(tmp_path, entry(kind)) == []
    assert good(tmp_path, text(entry(kind)), ENV).config.providers[0].slug == kind


@pytest.mark.parametrize(
    ("kind", "scopes"), [("oidc", ("openid", "profile", "email")), ("wecom", ()), ("feishu", ())]
)
def test_a_vendor_does_not_ask_for_what_openid_asks_for(
    tmp_path: Path, kind: str, scopes: tuple[str, ...]
) -> None:
    assert good(tmp_path, text(entry(kind)), ENV).config.providers[0].scopes == scopes
    asked = entry(kind, scopes=["openid", "more"])
    assert good(tmp_path, text(asked), ENV).config.providers[0].scopes == ("openid", "more")


REFUSED: list[tuple[str, dict[str, object], str]] = [
    # ---- what each needs
    ("oidc", {"client_id": ""}, "client_id: must not be empty"),
    ("oidc", {"client_id": GONE}, "client_id: must not be empty"),
    ("wecom", {"client_secret": GONE}, "client_secret: must not be empty"),
    ("oidc", {"client_secret": "${EMPTY:-}"}, "client_secret: must not be empty"),
    ("feishu", {"redirect_uri": GONE}, "redirect_uri: must not be empty"),
    ("oidc", {"client_secret": "${NOT_SET}"}, "client_secret: the environment variable NOT_SET is not set"),
    ("oidc", {"client_secret": "${PLAIN}"}, "client_secret: still holds a ${...}"),
    ("oidc", {"client_secret": "$${APP_SECRET}"}, "client_secret: still holds a ${...}"),
    ("oidc", {"client_secret": "${APP_SECRET} "}, "client_secret: begins or ends with a blank"),
    ("oidc", {"client_id": "clawdbot "}, "client_id: begins or ends with a blank"),
    ("oidc", {"issuer_url": "https://sso.example.com "}, "issuer_url: begins or ends with a blank"),
    ("feishu", {"provider_options": {"tenant_key": "t1\t"}},
     "provider_options.tenant_key: begins or ends with a blank"),
    # ---- redirect_uri
    ("oidc", {"redirect_uri": "http://chat.example.com/callback"}, "redirect_uri: is plain http"),
    ("oidc", {"redirect_uri": f"{HERE}/callback#x"}, "redirect_uri: must not have ? or #"),
    ("oidc", {"redirect_uri": f"{HERE}/callback#"}, "redirect_uri: must not have ? or #"),
    ("oidc", {"redirect_uri": f"{HERE}/callback?x=1"}, "redirect_uri: must not have ? or #"),
    ("oidc", {"redirect_uri": f"{HERE}/callback?"}, "redirect_uri: must not have ? or #"),
    ("oidc", {"redirect_uri": f"{HERE}/callback/"}, "redirect_uri: has a slash too many at its end"),
    ("oidc", {"redirect_uri": f"{HERE}/Callback"}, "redirect_uri: must have the path /callback"),
    ("oidc", {"redirect_uri": f"{HERE}/auth/oidc/callback"}, "redirect_uri: must have the path /callback"),
    ("oidc", {"redirect_uri": HERE}, "redirect_uri: must have the path /callback"),
    ("oidc", {"redirect_uri": "/callback"}, "redirect_uri: expected an address"),
    ("oidc", {"redirect_uri": "https://u@chat.example.com/callback"}, "redirect_uri: must not hold a name"),
    ("oidc", {"redirect_uri": f"{HERE}:8443/callback"},
     "redirect_uri: has another scheme or port than server.public_url"),
    # ---- OpenID
    ("oidc", {"issuer_url": GONE}, "issuer_url: must not be empty"),
    ("oidc", {"provider": "keycloak", "issuer_url": ""}, "issuer_url: must not be empty"),
    ("oidc", {"provider": "authing", "issuer_url": ""}, "issuer_url: must not be empty"),
    ("oidc", {"issuer_url": "http://sso.example.com"}, "issuer_url: is plain http to another machine"),
    ("oidc", {"issuer_url": "https://sso.example.com?a=b"}, "issuer_url: must not have ? or #"),
    ("oidc", {"issuer_url": "https://sso.example.com#a"}, "issuer_url: must not have ? or #"),
    ("oidc", {"issuer_url": "accounts.google.com"}, "issuer_url: expected an address"),
    ("oidc", {"issuer_url": "https://sso.example.com/.well-known/openid-configuration"},
     "issuer_url: is the address of its metadata"),
    ("oidc", {"issuer_url": "https://login.microsoftonline.com/common/v2.0"},
     "issuer_url: is no issuer of tokens (name the tenant"),
    ("oidc", {"issuer_url": HERE}, "issuer_url: is the issuer of the gateway's own tokens too"),
    ("oidc", {"scopes": ["profile", "email"]}, "scopes: must hold openid"),
    ("oidc", {"scopes": []}, "scopes: must hold openid"),
    ("oidc", {"scopes": ["openid", "profile email"]}, "scopes[1]: is no scope"),
    ("oidc", {"provider_options": {"allowed_algs": ["HS256"]}}, "provider_options.allowed_algs[0]: expected"),
    ("oidc", {"provider_options": {"allowed_algs": ["RS256", "none"]}},
     "provider_options.allowed_algs[1]: expected"),
    ("oidc", {"provider_options": {"allowed_algs": []}}, "provider_options.allowed_algs: must not be empty"),
    ("oidc", {"provider_options": {"api_audience": "clawdbot"}},
     "provider_options.api_audience: must differ from client_id"),
    # ---- vendors
    ("wecom", {"issuer_url": "https://sso.example.com"}, "issuer_url: does not go with wecom"),
    ("lark", {"issuer_url": "https://sso.example.com"}, "issuer_url: does not go with lark"),
    ("wecom", {"provider_options": {"api_audience": "api"}},
     "provider_options.api_audience: does not go with wecom (it issues no tokens"),
    ("dingtalk", {"unknown_subjects": "person"}, "unknown_subjects: does not go with dingtalk"),
    ("wecom", {"provider_options": {"agent_id": GONE}}, "provider_options.agent_id: must not be empty"),
    ("wecom", {"provider_options": {"agent_id": "app"}}, "provider_options.agent_id: expected the app's"),
    ("wecom", {"provider_options": {"login_type": "ServiceApp"}},
     "provider_options.login_type: only CorpApp works"),
    ("dingtalk", {"provider_options": {"corp_id": GONE}}, "provider_options.corp_id: must not be empty"),
    ("feishu", {"provider_options": {"tenant_key": GONE}}, "provider_options.tenant_key: must not be empty"),
    ("lark", {"provider_options": {"tenant_key": ""}}, "provider_options.tenant_key: must not be empty"),
    ("feishu", {"provider_options": {"allow_any_tenant": True}},
     "provider_options.allow_any_tenant: given together with tenant_key"),
    # ---- options of another kind
    ("oidc", {"provider_options": {"agent_id": "1"}},
     "provider_options.agent_id: does not go with oidc (it is an option of wecom)"),
    ("oidc", {"provider_options": {"tenant_key": "t"}},
     "provider_options.tenant_key: does not go with oidc (it is an option of feishu and lark)"),
    ("oidc", {"provider_options": {"token_endpoint": "https://sso.example.com/token"}},
     "provider_options.token_endpoint: does not go with oidc"),
    ("wecom", {"provider_options": {"corp_id": "ww1"}},
     "provider_options.corp_id: does not go with wecom (WeCom's corp id is client_id)"),
    ("feishu", {"provider_options": {"groups_claim": "roles"}},
     "provider_options.groups_claim: does not go with feishu (it is an option of oidc, keycloak and "
     "authing)"),
    # ---- endpoints
    ("wecom", {"provider_options": {"api_base": "http://qy.example.com"}},
     "provider_options.api_base: is plain http to another machine (use https)"),
    ("dingtalk", {"provider_options": {"oapi_base": "oapi.example.com"}},
     "provider_options.oapi_base: expected an address"),
    ("feishu", {"provider_options": {"token_endpoint": "https://f.example.com/token?v=3"}},
     "provider_options.token_endpoint: must not have ? or #"),
    # ---- groups
    ("oidc", {"group_map": {"/eng": "Team A"}}, "group_map./eng: expected a team's slug"),
    ("oidc", {"group_map": {"/eng": ""}}, "group_map./eng: expected a team's slug"),
    ("oidc", {"group_map": {"/eng": "a" * 65}}, "group_map./eng: expected a team's slug"),
    ("oidc", {"group_map": {"/eng": "team-a\n"}}, "group_map./eng: expected a team's slug"),
    ("oidc", {"group_map": {"/eng ": "team-a"}}, "group_map./eng : begins or ends with a blank"),
    ("oidc", {"group_map": {"": "team-a"}}, "group_map.: must not be empty"),
    ("oidc", {"admin_groups": ["/it", " /it"]}, "admin_groups[1]: begins or ends with a blank"),
    ("oidc", {"admin_groups": [""]}, "admin_groups[0]: must not be empty"),
    ("oidc", {"scope_map": {"-team": ["chat:read"]}}, "scope_map.-team: expected a team's slug"),
    ("oidc", {"scope_map": {"team-a": ["chat:raed"]}},
     "scope_map.team-a[0]: is no scope (did you mean chat:read? known are chat:read, chat:write, "
     "image:upload and history:<team>)"),
    ("oidc", {"scope_map": {"team-a": ["chat:read", "history:Team A"]}}, "scope_map.team-a[1]: is no scope"),
    ("oidc", {"scope_map": {"team-a": ["history:"]}}, "scope_map.team-a[0]: is no scope"),
    ("oidc", {"scope_map": {"team-a": "chat:read"}}, "scope_map.team-a: expected a list"),
    # ---- slips
    ("wecom", {"provider": "wechat"}, "provider: expected oidc, keycloak"),
    ("wecom", {"provider_options": {"agent_id": GONE, "agentid": "1000002"}},
     "provider_options.agentid: unknown key (did you mean oauth2.provider_options.agent_id?)"),
    ("wecom", {"agent_id": "1000002", "provider_options": {"agent_id": GONE}},
     "agent_id: unknown key (did you mean oauth2.provider_options.agent_id?)"),
    ("oidc", {"client_secret": GONE, "client_secrt": "${APP_SECRET}"},
     "client_secrt: unknown key (did you mean oauth2.client_secret?)"),
    ("oidc", {"name": "a b"}, "name: may hold a-z"),
]  # fmt: skip


@proves("sso-J1")
@pytest.mark.parametrize("mode", ["production", "development"])
@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [pytest.param(*each, id=f"{each[0]}-{each[2].split(':')[0]}") for each in REFUSED],
)
def test_what_cannot_be_right_is_refused_by_its_key_alone(
    tmp_path: Path, kind: str, changed: dict[str, object], said: str, mode: str
) -> None:
    (found,) = refused(tmp_path, entry(kind, **changed), mode=mode)
    assert found.startswith(said)


@proves("sso-J2")
def test_no_refusal_quotes_a_secret(tmp_path: Path) -> None:
    for secret in ("${PLAIN}${APP_SECRET}", " ${APP_SECRET}", "$${${APP_SECRET}"):
        (found,) = refused(tmp_path, entry(client_secret=secret))
        assert "of-the-app" not in found
        assert "NEVER" not in found


@proves("sso-J1")
def test_a_provider_that_is_off_may_be_half_written(tmp_path: Path) -> None:
    half = {"enabled": False, "provider": "wecom", "client_secret": "${NOT_SET}", "redirect_uri": "soon"}
    mounted = {"enabled": False, "client_secret_file": "not-there-yet"}
    config = good(tmp_path, text(half, mounted, entry()), ENV).config
    assert [provider.provider for provider in config.providers] == ["oidc"]
    (found,) = bad(tmp_path, text(half | {"agent": "1"}), ENV)
    assert found.startswith("2: oauth2[0].agent: unknown key"), "but no key in it is unknown"


def test_a_variable_that_is_missing_elsewhere_is_not_forgiven(tmp_path: Path) -> None:
    off = text({"enabled": False, "client_secret": "${NOT_SET}"}, secret_key="${NOT_SET}")
    (found,) = bad(tmp_path, off, ENV)
    assert "secret_key: the environment variable NOT_SET is not set" in found


def test_an_empty_entry_is_told_all_that_it_needs(tmp_path: Path) -> None:
    keys = {line.split(": ")[1] for line in bad(tmp_path, "oauth2: {enabled: true}", ENV)}
    assert keys == {f"oauth2.{key}" for key in ("issuer_url", "client_id", "client_secret", "redirect_uri")}


# ---- where people come back ---------------------------------------------------------------------


@proves("sso-J1")
@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"])
def test_loopback_needs_no_https(tmp_path: Path, url: str) -> None:
    local = entry(redirect_uri=f"{url}/callback", issuer_url="http://localhost:8180/realms/x")
    assert told(tmp_path, local, server={"public_url": url}) == []


@proves("sso-J1")
def test_plain_http_on_purpose_is_a_warning(tmp_path: Path) -> None:
    server = {"public_url": "http://chat.example.com", "allow_http": True}
    found = told(tmp_path, entry(redirect_uri="http://chat.example.com/callback"), server=server)
    assert "redirect_uri: is plain http to another machine" in found


@proves("sso-J1")
@pytest.mark.parametrize(
    ("uri", "server", "words"),
    [
        ("https://other.example.com/callback", {"public_url": HERE}, "leads to another address than"),
        ("http://127.0.0.1:8080/callback", {"port": 8080}, "leads to another address than"),
        ("http://localhost:3000/callback", {"port": 8080}, "leads to another address than"),
        ("http://localhost:8080/callback", {"port": 8080}, ""),
        ("http://localhost:3000/callback", {"port": 0}, ""),
        ("https://CHAT.example.com:443/callback", {"public_url": HERE}, ""),
    ],
)
def test_another_address_is_a_warning(
    tmp_path: Path, uri: str, server: dict[str, object], words: str
) -> None:
    found = [line for line in told(tmp_path, entry(redirect_uri=uri), server=server) if "redirect" in line]
    assert [words in line for line in found] == ([True] if words else [])


# ---- several ------------------------------------------------------------------------------------


def problems(folder: Path, *entries: dict[str, object], **more: object) -> list[str]:
    return bad(folder, text(*entries, **more), ENV)


@proves("sso-J1")
def test_providers_share_neither_name_nor_app(tmp_path: Path) -> None:
    assert problems(tmp_path, entry("wecom"), entry("wecom", client_id="ww2")) == [
        "3: oauth2[1].name: is wecom, the name of another provider too (each needs its own)"
    ]
    assert problems(tmp_path, entry(name="a"), entry(name="b")) == [
        "3: oauth2[1].client_id: is the same app at the same provider as another entry (keep one of the two)"
    ]
    good(tmp_path, text(entry(), entry(enabled=False)), ENV)
    good(tmp_path, text(entry(name="a"), entry(name="b", client_id="second")), ENV)


@proves("sso-J1")
def test_one_issuer_has_one_rule_for_its_bearers(tmp_path: Path) -> None:
    bearers = entry(name="a", provider_options={"api_audience": "api"})
    known = {"issuer": bearers["issuer_url"], "audience": "api", "secret": "${JWT_SECRET}"}
    (found,) = problems(tmp_path, bearers, auth={"jwt": [known]})
    assert "auth.jwt[0].issuer: is the issuer of a provider with api_audience too" in found
    second = bearers | {"name": "b", "client_id": "second"}
    (found,) = problems(tmp_path, bearers, second)
    assert "oauth2[1].provider_options.api_audience: is a second rule for bearers" in found
    good(tmp_path, text(entry(), auth={"jwt": [known]}), ENV)
    good(tmp_path, text(bearers, auth={"jwt": [known | {"enabled": False}]}), ENV)


@proves("sso-J1")
def test_callers_of_an_issuer_and_of_a_provider_have_names_of_their_own(tmp_path: Path) -> None:
    known = {"name": "sso", "issuer": "https://j.example.com", "audience": "x", "secret": "${JWT_SECRET}"}
    bearers = entry(name="sso", provider_options={"api_audience": "api"})
    (found,) = problems(tmp_path, bearers, auth={"jwt": [known]})
    assert "oauth2[0].name: is sso, the name of an issuer in auth.jwt too" in found
    good(tmp_path, text(entry(name="sso"), auth={"jwt": [known]}), ENV)


def test_nobodys_callers_are_named_like_machine_clients(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, entry(name="client", provider_options={"api_audience": "api"}))
    assert "oauth2[0].name: is how machine clients are named" in found
    good(tmp_path, text(entry(name="client")), ENV)


@proves("sso-J1")
def test_nobody_is_locked_out_of_the_admin(tmp_path: Path) -> None:
    only = {"sso_only": True}
    admins = {"admin_groups": ["/it"]}
    for entries in ([entry()], [entry(**admins, enabled=False)]):
        (found,) = problems(tmp_path, *entries, admin=only)
        assert "admin.sso_only: would lock every administrator out" in found
    good(tmp_path, text(entry(**admins), admin=only), ENV)


@pytest.mark.parametrize(
    ("kind", "changed", "warning"),
    [
        ("feishu", {"provider_options": {"tenant_key": GONE, "allow_any_tenant": True}},
         "provider_options.allow_any_tenant: every tenant of feishu that installed the app may sign in"),
        ("oidc", {"unknown_subjects": "person"},
         "unknown_subjects: does nothing without provider_options.api_audience"),
        ("wecom", {"link_by_verified_email": True},
         "link_by_verified_email: does nothing with wecom: it verifies no e-mail address"),
        ("oidc", {"issuer_url": "https://accounts.google.com"},
         "provider_options.allowed_hd: is empty: everybody with a Google account may sign in"),
        ("feishu", {"scopes": ["openid"]}, "scopes[0]: means nothing to feishu"),
        ("wecom", {"group_map": {"2": "team-a"}, "provider_options": {"departments": False}},
         "provider_options.departments: without departments there are no groups for group_map and "
         "admin_groups"),
    ],
)  # fmt: skip
def test_what_has_no_effect_or_too_much_of_it_is_a_warning(
    tmp_path: Path, kind: str, changed: dict[str, object], warning: str
) -> None:
    assert told(tmp_path, entry(kind, **changed)) == [warning]


def test_a_domain_of_google_is_no_reason_to_warn(tmp_path: Path) -> None:
    google = entry(issuer_url="https://accounts.google.com", provider_options={"allowed_hd": "example.com"})
    assert told(tmp_path, google) == []


def test_maps_take_every_form_that_means_something(tmp_path: Path) -> None:
    maps = entry(
        "wecom",
        group_map={"2": "team-a", "研发": "team_b", "/eng/Team A": "0"},
        scope_map={"team-a": ["chat:read", "chat:write", "image:upload", "history:team_b"], "0": []},
        admin_groups=["3", "IT Ops"],
    )
    provider = good(tmp_path, text(maps), ENV).config.providers[0]
    assert provider.group_map["研发"] == "team_b"
    assert provider.scope_map["0"] == ()
