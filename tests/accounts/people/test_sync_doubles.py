"""Sync against the doubles of the vendors: who moved there moves here, who left there is out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts import linking, sync
from accounts.models import ExternalIdentity, User
from accounts.providers import registry
from accounts.providers.base import SSOError
from accounts.selectors import caller_for
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.people.coming import acts, config, teams
from tests.accounts.vendors.conftest import dingtalk, feishu, lark, vendor, wecom
from tests.accounts.vendors.login import At

__all__ = ["dingtalk", "feishu", "lark", "vendor", "wecom"]

pytestmark = pytest.mark.django_db
TEAM = {"wecom": "3", "dingtalk": "3", "feishu": "od-3", "lark": "od-3"}
SALES = {"wecom": "4", "dingtalk": "4", "feishu": "od-4", "lark": "od-4"}


def mapped(at: At) -> Config:
    """The vendor's departments 3 and 4 are team-a and sales."""
    lines = {f"{at.kind}:dept:{TEAM[at.kind]}": "team-a", f"{at.kind}:dept:{SALES[at.kind]}": "sales"}
    return config(at.config(group_map=lines).model_dump())


@pytest.fixture(autouse=True)
def company(vendor: At) -> Iterator[At]:
    with live.override(mapped(vendor)):
        yield vendor


def comes(at: At, name: str) -> User:
    """Signs in by the vendor's page, as a browser does."""
    sign_on = registry.get(at.kind)
    return linking.sign_in(at.sign_in(name, at.sign_on(sign_on.config)), sign_on.config)


def test_who_moved_is_in_another_team_after_the_next_sync(vendor: At) -> None:
    alice, bob = comes(vendor, "Alice"), comes(vendor, "Bob")
    assert teams(alice) == teams(bob) == {"team-a": {vendor.kind}}
    vendor.double.move(vendor.id("Alice"), SALES[vendor.kind])
    (outcome,) = sync.run_once().outcomes
    assert (outcome.asked, outcome.moved, outcome.gone, outcome.failed) == (2, 1, 0, 0)
    assert teams(alice) == {"sales": {vendor.kind}}
    assert teams(bob) == {"team-a": {vendor.kind}}
    actor, _, details = acts("person.groups")[-1]
    assert (actor, details["joined"], details["left"]) == (f"sync:{vendor.kind}", ["sales"], ["team-a"])
    assert revocations.stale_since(str(alice.pk)) > 0


def test_who_was_deleted_is_out_within_one_sync_and_others_are_not(vendor: At) -> None:
    alice, bob = comes(vendor, "Alice"), comes(vendor, "Bob")
    sessions = [caller_for(each, session=f"s-{each.pk}", issued=1.0) for each in (alice, bob)]
    vendor.double.delete(vendor.id("Alice"))
    sync.run_once()
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.is_active, bob.is_active) == (False, True)
    assert teams(alice) == {}
    assert revocations.refuses(sessions[0]) == "session has ended"
    assert revocations.refuses(sessions[1]) is None


@pytest.mark.parametrize("status", ["disabled", "left"])
def test_who_comes_back_signs_in_again(vendor: At, status: str) -> None:
    alice = comes(vendor, "Alice")
    person = vendor.double.people[vendor.id("Alice")]
    person.status = status
    sync.run_once()
    with pytest.raises(SSOError, match="not_a_member"):
        comes(vendor, "Alice")
    person.status = "active"
    assert comes(vendor, "Alice") == alice
    alice.refresh_from_db()
    assert alice.is_active
    assert teams(alice) == {"team-a": {vendor.kind}}
    assert sync.run_once().outcomes[0].off == 0


def test_while_the_vendor_is_away_everybody_stays(vendor: At) -> None:
    alice = comes(vendor, "Alice")
    vendor.double.stop()
    sync.run_once()
    alice.refresh_from_db()
    assert alice.is_active
    assert teams(alice) == {"team-a": {vendor.kind}}


def test_without_the_right_to_read_the_directory_everybody_stays(vendor: At) -> None:
    alice = comes(vendor, "Alice")
    vendor.double.switches["no_directory"] = True
    sync.run_once()
    alice.refresh_from_db()
    assert alice.is_active
    assert ExternalIdentity.objects.get().gone is None
