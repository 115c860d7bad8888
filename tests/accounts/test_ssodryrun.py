"""`clawdbot sso check --as`: what the next sign-in would make of somebody, and why; nothing is written."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import linking
from accounts.models import Membership, Team
from accounts.providers.base import Finding, SSOIdentity
from clawdsite.core.config import live
from tests.accounts.ssobench import Bench, bench
from tests.proof import proves

__all__ = ["bench"]


def words(found: list[Finding]) -> str:
    return "\n".join(f"{one.level} {one.where}: {one.what}" for one in found)


def come(bench: Bench, subject: str, *groups: str, slug: str = "wecom") -> Any:
    with live.override(bench.config(slug)):
        provider = bench.config(slug).providers[0]
        issuer = bench.op.issuer if slug == "oidc" else f"wecom:{bench.doubles['wecom'].app}"
        return linking.sign_in(SSOIdentity(issuer, subject, name="Alice", groups=groups), provider)


@proves("promise-M8")
def test_a_stranger_that_the_vendor_knows_is_shown_with_teams_and_scopes_and_why(bench: Bench) -> None:
    bench.change("wecom", scope_map={"team-a": ["chat:read", "chat:write"]})
    told = words(bench.check("wecom", "Alice"))
    assert "note person: Nobody here has the id alice" in told
    assert "ok person: It knows Alice" in told
    assert "ok groups: It says the groups: wecom:dept:3." in told
    assert "ok teams: In team-a: group_map of wecom:dept:3." in told
    assert "ok scopes: May chat:write: scope_map of team-a." in told
    assert "ok scopes: Sees the history of team-a: as a member." in told
    assert "error" not in told


@proves("promise-M8")
def test_it_is_what_then_happens_and_nothing_is_written(bench: Bench) -> None:
    user = come(bench, "alice", "wecom:dept:3")
    Membership.objects.create(user=user, team=Team.objects.create(slug="by-hand"))
    user.groups.add(Group.objects.create(name="Friends"))
    bench.change("wecom", group_map={"wecom:dept:3": "team-a", "wecom:dept:4": "sales"})
    bench.doubles["wecom"].move("alice", "4")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        told = words(bench.check("wecom", "alice"))
    assert {one["sql"].split()[0] for one in asked} == {"SELECT"}
    assert "In sales: group_map of wecom:dept:4." in told
    assert "In by-hand: by hand." in told
    assert "No more by it: team-a" in told
    come(bench, "alice", "wecom:dept:4")
    assert set(user.memberships.values_list("team__slug", flat=True)) == {"sales", "by-hand"}


def test_whom_the_vendor_does_not_know_is_refused(bench: Bench) -> None:
    come(bench, "alice", "wecom:dept:3")
    bench.doubles["wecom"].delete("alice")
    for subject in ("alice", "nobody"):
        told = words(bench.check("wecom", subject))
        assert "error person: Refused as not a member" in told
        assert "scopes" not in told


def test_who_is_switched_off_here_is_refused_and_who_the_sync_switched_off_comes_back(bench: Bench) -> None:
    user = come(bench, "alice", "wecom:dept:3")
    user.is_active, user.switched_off_by = False, "root"
    user.save()
    assert "error person: Refused: the person is switched off here." in words(bench.check("wecom", "alice"))
    user.switched_off_by = "sync:wecom"
    user.save()
    told = words(bench.check("wecom", "alice"))
    assert "signing in switches them on again" in told
    assert "In team-a" in told


def test_openid_cannot_be_asked_so_the_last_word_counts(bench: Bench) -> None:
    told = words(bench.check("oidc", "alice-1"))
    assert "note person: The first sign-in makes a person." in told
    come(bench, "alice-1", "/eng", slug="oidc")
    told = words(bench.check("oidc", "alice-1"))
    assert "Groups as it last said them: team-a." in told
    assert "In team-a: group_map of /eng." in told
    assert "May chat:read: by default" in told


def test_an_administrator_by_the_mapping_is_named(bench: Bench) -> None:
    bench.change("wecom", admin_groups=["wecom:dept:3"])
    assert "An administrator: admin_groups." in words(bench.check("wecom", "bob"))


def test_a_vendor_that_is_away_is_an_error_of_the_dry_run_too(bench: Bench) -> None:
    bench.doubles["wecom"].stop()
    assert "error the directory: It could not be asked about them" in words(bench.check("wecom", "alice"))
