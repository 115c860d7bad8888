"""What sso.sync asks: is this person still there, and where (the same for all four vendors)."""

from __future__ import annotations

import pytest

from accounts.providers.base import Directory
from tests.accounts.vendors.login import At, refused
from tests.doubles.dingtalk import BY_UNIONID
from tests.doubles.feishu import USERS
from tests.doubles.vendor import Reply
from tests.doubles.wecom import USER_GET

TEAM = {"wecom": "3", "dingtalk": "3", "feishu": "od-3", "lark": "od-3"}
SALES = {"wecom": "4", "dingtalk": "4", "feishu": "od-4", "lark": "od-4"}


def path_of(vendor: At) -> str:
    """Where the directory is asked about alice."""
    paths = {"wecom": USER_GET, "dingtalk": BY_UNIONID}
    return paths.get(vendor.kind, USERS + vendor.id("Alice"))


def test_each_vendor_can_be_asked(vendor: At) -> None:
    assert isinstance(vendor.sign_on(), Directory)


def test_alice_is_who_she_was_when_she_signed_in(vendor: At) -> None:
    signed_in, looked_up = vendor.sign_in("Alice"), vendor.sign_on().look_up(vendor.id("Alice"))
    assert looked_up is not None
    assert (looked_up.issuer, looked_up.subject) == (signed_in.issuer, signed_in.subject)
    assert looked_up.groups == signed_in.groups == (f"{vendor.kind}:dept:{TEAM[vendor.kind]}",)
    assert looked_up.said_at >= signed_in.said_at > 0


def test_a_move_is_seen(vendor: At) -> None:
    alice = vendor.id("Alice")
    vendor.double.move(alice, SALES[vendor.kind])
    found = vendor.sign_on().look_up(alice)
    assert found is not None
    assert found.groups == (f"{vendor.kind}:dept:{SALES[vendor.kind]}",)


def test_a_department_that_moved_has_others_above_it(vendor: At) -> None:
    vendor.double.move_department(TEAM[vendor.kind], SALES[vendor.kind])
    found = vendor.sign_on(ancestors=True).look_up(vendor.id("Alice"))
    assert found is not None
    assert found.groups is not None
    assert found.groups[:2] == tuple(f"{vendor.kind}:dept:{one[vendor.kind]}" for one in (TEAM, SALES))


def test_a_person_without_departments_has_no_groups(vendor: At) -> None:
    vendor.double.move(vendor.id("Alice"))
    found = vendor.sign_on().look_up(vendor.id("Alice"))
    assert found is not None
    assert found.groups == ()


def test_who_was_deleted_is_gone(vendor: At) -> None:
    alice = vendor.id("Alice")
    vendor.double.delete(alice)
    assert vendor.sign_on().look_up(alice) is None


@pytest.mark.parametrize("status", ["disabled", "left", "outside"])
def test_who_is_disabled_left_or_outside_is_gone(vendor: At, status: str) -> None:
    alice = vendor.id("Alice")
    vendor.double.people[alice].status = status
    assert vendor.sign_on().look_up(alice) is None


def test_where_departments_are_off_a_person_who_left_is_still_noticed(vendor: At) -> None:
    alice, sign_on = vendor.id("Alice"), vendor.sign_on(departments=False)
    found = sign_on.look_up(alice)
    assert found is not None
    assert found.groups == ()
    vendor.double.delete(alice)
    assert sign_on.look_up(alice) is None


def test_without_permission_nobody_is_taken_for_gone(vendor: At) -> None:
    vendor.double.switches["no_directory"] = True
    with refused("misconfigured"):
        vendor.sign_on().look_up(vendor.id("Alice"))


@pytest.mark.parametrize("reply", [Reply(502, b"<html>"), Reply(200, b"{}"), Reply(404, b"not found")])
def test_while_the_vendor_is_broken_nobody_is_taken_for_gone(vendor: At, reply: Reply) -> None:
    vendor.double.say(path_of(vendor), reply)
    with refused("provider_unavailable"):
        vendor.sign_on().look_up(vendor.id("Alice"))


def test_while_the_vendor_is_away_nobody_is_taken_for_gone(vendor: At) -> None:
    sign_on, alice = vendor.sign_on(), vendor.id("Alice")
    vendor.double.stop()
    with refused("provider_unavailable"):
        sign_on.look_up(alice)


def test_a_lost_app_token_is_fetched_again(vendor: At) -> None:
    sign_on, alice = vendor.sign_on(), vendor.id("Alice")
    assert sign_on.look_up(alice)
    vendor.double.forget_app_tokens()
    assert sign_on.look_up(alice)


@pytest.mark.parametrize("kind", ["feishu", "lark"])
def test_people_of_any_tenant_cannot_be_looked_up(kind: str, request: pytest.FixtureRequest) -> None:
    at: At = request.getfixturevalue(kind)
    with refused("misconfigured"):
        at.sign_on(tenant_key="", allow_any_tenant=True).look_up(at.id("Alice"))
