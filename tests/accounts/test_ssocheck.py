"""`clawdbot sso check` names each fault with its fix, and prints no secret."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from accounts import ssocheck
from accounts.providers import http
from accounts.providers.base import Finding
from clawdsite.cli import sso
from clawdsite.core.config import live
from tests.accounts.forge import jwk
from tests.accounts.oidc.certificates import self_signed
from tests.accounts.ssobench import CALLBACK, Bench, bench
from tests.doubles.forging import CLIENT_ID, SECRET, Answer, as_json
from tests.doubles.forging_keys import published, short_key
from tests.proof import proves

__all__ = ["bench"]

pytestmark = pytest.mark.django_db

METADATA = "/.well-known/openid-configuration"


Bend = Callable[[Bench], None]


def says(**metadata: Any) -> Bend:
    return lambda bench: bench.op.metadata.update(metadata)


def answers(path: str, answer: Answer) -> Bend:
    return lambda bench: bench.op.answers.update({path: answer})


def written(slug: str, **values: Any) -> Bend:
    return lambda bench: bench.change(slug, **values)


def switched(kind: str, name: str) -> Bend:
    return lambda bench: bench.doubles[kind].switches.update({name: True})


def issuer_with_a_slash(bench: Bench) -> None:
    bench.op.metadata["issuer"] = bench.op.issuer + "/"


def clock_behind(bench: Bench) -> None:
    date = email.utils.formatdate(time.time() - 300, usegmt=True)
    bench.op.answers[METADATA] = Answer(200, as_json(bench.op.said_metadata()).body, headers={"Date": date})


def certificate_ends(bench: Bench) -> None:
    server, trusting = self_signed(bench.folder)
    bench.op.serve_tls(server)
    bench.patch.setattr(http, "trust", lambda: trusting)


def untrusted(bench: Bench) -> None:
    server, _ = self_signed(bench.folder)
    bench.op.serve_tls(server)


def other_keys(bench: Bench) -> None:
    bench.op.keys = [published("ES256", "first", kid="first")]


def weak_key(bench: Bench) -> None:
    bench.op.keys.append(jwk(short_key(), kid="short"))


def refusing(bench: Bench) -> None:
    where = f"{CALLBACK}?error=invalid_scope"
    bench.op.answers["/authorize"] = Answer(302, headers={"Location": where})


@dataclass(frozen=True)
class Fault:
    """What is broken at which provider, and what must be said: the place, words of it, words of the fix."""

    slug: str
    bend: Bend
    where: str
    what: str
    fix: str


DOWN = Answer(503)
FAULTS = {
    "issuer off by a slash": Fault(
        "oidc", issuer_with_a_slash, "issuer_url", "character by character", "Copy"
    ),
    "issuer down": Fault("oidc", answers(METADATA, DOWN), "issuer_url", "503", "firewall"),
    "not trusted": Fault("oidc", untrusted, "issuer_url", "certificate", "SSL_CERT_FILE"),
    "certificate ends": Fault("oidc", certificate_ends, "issuer_url", "certificate ends", "renewed"),
    "clock": Fault("oidc", clock_behind, "clock", "behind", "NTP"),
    "keys away": Fault("oidc", answers("/jwks", DOWN), "jwks_uri", "503", "firewall"),
    "no usable key": Fault("oidc", other_keys, "provider_options.allowed_algs", "None of its keys", "Allow"),
    "weak key": Fault("oidc", weak_key, "jwks_uri", "unsound", "replaced"),
    "no PKCE": Fault(
        "oidc",
        says(code_challenge_methods_supported=["plain"]),
        "code_challenge_methods_supported",
        "PKCE",
        "S256",
    ),
    "HS256": Fault(
        "oidc",
        says(id_token_signing_alg_values_supported=["HS256"]),
        "provider_options.allowed_algs",
        "HS256",
        "RS256",
    ),
    "scopes": Fault("oidc", says(scopes_supported=["openid"]), "scopes", "profile, email", "Define"),
    "not registered": Fault(
        "oidc", answers("/authorize", Answer(400)), "redirect_uri", "not registered", CALLBACK
    ),
    "flow not allowed": Fault("oidc", refusing, "scopes", "invalid_scope", "code flow"),
    "secret": Fault(
        "oidc",
        written("oidc", client_secret="a-secret-of-before"),
        "client_secret",
        "could not be proved",
        "anew",
    ),
    "redirect off by a slash": Fault(
        "oidc", written("oidc", redirect_uri=CALLBACK + "/"), "redirect_uri", "slash too many", CALLBACK
    ),
    "redirect of another port": Fault(
        "oidc",
        written("oidc", redirect_uri="http://localhost:9090/callback"),
        "redirect_uri",
        "another scheme or port",
        CALLBACK,
    ),
    "team misspelt": Fault(
        "oidc", written("oidc", group_map={"/eng": "team-aa"}), "group_map", "'team-aa' is no team", "team-a?"
    ),
    "scope misspelt": Fault(
        "oidc",
        written("oidc", scope_map={"team-a": ["chat:reed"]}),
        "scope_map.team-a.0",
        "no scope",
        "chat:read",
    ),
    "line for nobody": Fault(
        "oidc",
        written("oidc", scope_map={"team-a": ["chat:read"], "team-b": ["chat:write"]}),
        "scope_map.team-b",
        "no team or group",
        "team-a?",
    ),
    "people without rights": Fault(
        "oidc",
        written("oidc", group_map={"/eng": "team-a", "/ops": "ops"}, scope_map={"team-a": ["chat:read"]}),
        "scope_map",
        "'ops' alone may do nothing",
        "ops: [chat:read",
    ),
    "bearers of sign-in": Fault(
        "oidc",
        written("oidc", provider_options={"api_audience": CLIENT_ID}),
        "provider_options.api_audience",
        "must differ from client_id",
        "audience of the API's own",
    ),
    "wecom's secret": Fault(
        "wecom",
        written("wecom", client_secret="another-secret-of-the-vendor"),
        "client_id, client_secret",
        "40001",
        "compare",
    ),
    "wecom's trusted address": Fault(
        "wecom",
        switched("wecom", "ip_refused"),
        "the app's page at the vendor",
        "企业可信IP",
        "mend it there",
    ),
    "wecom's agent": Fault(
        "wecom",
        written("wecom", provider_options={"agent_id": ""}),
        "provider_options.agent_id",
        "missing",
        "AgentId",
    ),
    "dingtalk's permissions": Fault(
        "dingtalk",
        switched("dingtalk", "no_directory"),
        "the app's permissions",
        "directory",
        "qyapi_get_member",
    ),
    "a department that is none": Fault(
        "dingtalk",
        written("dingtalk", group_map={"dingtalk:dept:99": "team-a"}),
        "group_map",
        "dingtalk:dept:99",
        "is the id right",
    ),
    "dingtalk's gate": Fault(
        "dingtalk",
        written("dingtalk", provider_options={"corp_id": ""}),
        "provider_options.corp_id",
        "missing",
        "corpId",
    ),
    "a group that is none": Fault(
        "feishu", written("feishu", group_map={"Team A": "team-a"}), "group_map", "never says", "feishu:dept:"
    ),
    "administrators that are none": Fault(
        "feishu", written("feishu", admin_groups=["Bosses"]), "admin_groups", "never says", "feishu:dept:"
    ),
    "feishu for everybody": Fault(
        "feishu",
        written("feishu", provider_options={"tenant_key": "", "allow_any_tenant": True}),
        "provider_options.allow_any_tenant",
        "every tenant",
        "tenant_key",
    ),
}


def printed(found: list[Finding]) -> str:
    return "\n".join(sso.told(ssocheck.Checked("x", "oidc", tuple(found))))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@proves("promise-M8", "promise-S24")
def test_each_seeded_fault_is_named_with_its_fix_and_no_secret(bench: Bench, fault: Fault) -> None:
    before = {(one.level, one.where, one.what) for one in bench.check(fault.slug)}
    fault.bend(bench)
    found = bench.check(fault.slug)
    new = [one for one in found if (one.level, one.where, one.what) not in before and one.level != "ok"]
    (named,) = [one for one in new if one.where == fault.where and fault.what in one.what]
    assert fault.fix in named.fix
    assert named.level in ("error", "warning") or fault.slug == "oidc"
    text = printed(found)
    assert named.what in text
    assert named.fix in text
    for secret in (
        SECRET,
        "a-secret-of-before",
        "another-secret-of",
        *(d.secret for d in bench.doubles.values()),
    ):
        assert secret not in text


@proves("promise-M8")
def test_there_are_more_than_twenty_faults() -> None:
    assert len(FAULTS) >= 20


@proves("promise-M8")
@pytest.mark.parametrize("slug", ["oidc", "wecom", "dingtalk", "feishu"])
def test_a_sound_provider_has_nothing_to_mend(bench: Bench, slug: str) -> None:
    found = bench.check(slug)
    assert [one for one in found if one.level in ("warning", "error")] == []
    assert any(CALLBACK in one.what and one.level == "ok" for one in found)


def test_a_team_that_the_first_person_makes_is_a_fact_to_know(bench: Bench) -> None:
    bench.change("oidc", group_map={"/eng": "research"})
    assert [one.level for one in bench.check("oidc") if "'research'" in one.what] == ["note"]


def test_all_enabled_providers_are_asked_and_a_disabled_one_by_its_name(bench: Bench) -> None:
    bench.change("dingtalk", enabled=False)
    with live.override(bench.config("oidc", "wecom", "dingtalk")):
        assert [one.provider for one in ssocheck.check()] == ["oidc", "wecom"]
        (named,) = ssocheck.check("dingtalk")
        assert any("switched off" in one.what for one in named.findings)
        with pytest.raises(ssocheck.NoProvider, match="configured: oidc, wecom, dingtalk"):
            ssocheck.check("wecome")


def test_what_a_provider_puts_into_its_answers_is_looked_at_before_it_is_told(bench: Bench) -> None:
    bench.op.metadata["issuer"] = f"https://{SECRET.replace(' ', '+')}/{SECRET}"
    assert SECRET not in printed(bench.check("oidc"))
