"""sso.sync: who moved at the vendor moves here, who left there is out within the next pass."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import linking, selectors, services, sync
from accounts.models import AuditLine, ExternalIdentity, User
from accounts.providers import registry
from accounts.providers.base import SSOError, SSOIdentity
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config, Provider
from tests.accounts.people import coming
from tests.accounts.people.coming import acts, ends, teams

WECOM = "wecom:ww1"
EVERYBODY = {"alice", "bob"}


class Directory:
    """A vendor with a list of people. asked: whom it was asked about; down: it answers nobody."""

    def __init__(self, config: Provider, issuer: str = WECOM) -> None:
        self.config, self._issuer = config, issuer
        self.people: dict[str, tuple[str, ...]] = {}
        self.broken: set[str] = set()
        self.down = False
        self.asked: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def issuer(self) -> str:
        return self._issuer

    def look_up(self, subject: str) -> SSOIdentity | None:
        self.asked.append(subject)
        self.meanwhile()
        if self.down or subject in self.broken:
            raise SSOError("provider_unavailable", "it did not answer")
        groups = self.people.get(subject)
        return None if groups is None else SSOIdentity(self._issuer, subject, groups=groups)

    def sign_in(self, who: str, *groups: str, link_to: User | None = None) -> User:
        self.people[who] = groups
        found = SSOIdentity(self._issuer, who, name=who.title(), groups=groups)
        return linking.sign_in(found, self.config, link_to=link_to)


def vendor_config(**more: Any) -> dict[str, Any]:
    return {
        "provider": "wecom",
        "client_id": "ww1",
        "client_secret": "kept-by-the-gateway-alone",
        "group_map": {"wecom:dept:2": "team-a", "wecom:dept:3": "team-b"},
        "provider_options": {"agent_id": "1000002"},
        **more,
    }


@pytest.fixture
def config() -> Iterator[Config]:
    with live.override(coming.config(vendor_config(), coming.provider())) as config:
        yield config


@pytest.fixture
def wecom(db: None, config: Config, monkeypatch: pytest.MonkeyPatch) -> Directory:
    vendor = Directory(config.providers[0])
    monkeypatch.setattr(registry, "all", lambda: (vendor, object()))
    return vendor


def one(report: sync.Report) -> sync.Outcome:
    (outcome,) = report.outcomes
    return outcome


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_who_moved_to_another_department_is_in_another_team(wecom: Directory) -> None:
    alice, bob = wecom.sign_in("alice", "wecom:dept:2"), wecom.sign_in("bob", "wecom:dept:2")
    wecom.people["alice"] = ("wecom:dept:3",)
    outcome = one(sync.run_once())
    assert (outcome.asked, outcome.moved, outcome.gone) == (2, 1, 0)
    assert teams(alice) == {"team-b": {"wecom"}}
    assert teams(bob) == {"team-a": {"wecom"}}
    assert ends(alice) == ["rights"]
    assert ends(bob) == []
    assert selectors.caller_for(alice).teams == {"team-b"}
    assert acts("person.groups")[-1][0] == "sync:wecom"


def test_who_left_is_out_and_stays_out_until_the_vendor_knows_them_again(wecom: Directory) -> None:
    alice, bob = wecom.sign_in("alice", "wecom:dept:2"), wecom.sign_in("bob")
    del wecom.people["alice"]
    outcome = one(sync.run_once())
    assert (outcome.gone, outcome.off) == (1, 1)
    assert not fresh(alice).is_active
    assert fresh(bob).is_active
    assert teams(alice) == {}
    assert ends(alice)[-1] == "person"
    assert one(sync.run_once()).gone == 0  # known already: no second line, no second end
    assert len(acts("person.deactivated")) == 1
    wecom.people["alice"] = ("wecom:dept:3",)
    assert one(sync.run_once()).back == 1
    assert fresh(alice).is_active
    assert teams(alice) == {"team-b": {"wecom"}}


def test_who_left_and_signs_in_again_is_back(wecom: Directory) -> None:
    alice = wecom.sign_in("alice")
    del wecom.people["alice"]
    sync.run_once()
    assert wecom.sign_in("alice") == alice
    assert fresh(alice).is_active
    sync.run_once()
    assert fresh(alice).is_active
    assert ExternalIdentity.objects.get(subject="alice").gone is None


def test_whom_an_administrator_switched_off_no_sync_switches_on(wecom: Directory) -> None:
    alice = wecom.sign_in("alice")
    services.deactivate(alice, "root")
    sync.run_once()
    assert wecom.asked == []
    assert not fresh(alice).is_active
    with pytest.raises(SSOError, match="not_a_member"):
        wecom.sign_in("alice")


def test_switched_off_by_hand_after_a_sync_had_done_it_stays_off(wecom: Directory) -> None:
    alice = wecom.sign_in("alice")
    del wecom.people["alice"]
    sync.run_once()
    services.deactivate(fresh(alice), "root")
    wecom.people["alice"] = ()
    sync.run_once()
    assert not fresh(alice).is_active


def test_an_administrator_may_keep_somebody_whom_the_vendor_forgot(wecom: Directory) -> None:
    alice = wecom.sign_in("alice", "wecom:dept:2")
    del wecom.people["alice"]
    sync.run_once()
    services.reactivate(fresh(alice), "root")
    sync.run_once()
    assert fresh(alice).is_active
    assert teams(alice) == {}


def test_who_has_another_account_that_counts_loses_only_what_this_one_gave(wecom: Directory) -> None:
    alice = coming.sign_in("alice", ["/eng/b"])
    wecom.sign_in("alice", "wecom:dept:2", link_to=alice)
    del wecom.people["alice"]
    outcome = one(sync.run_once())
    assert (outcome.gone, outcome.off) == (1, 0)
    assert fresh(alice).is_active
    assert teams(alice) == {"team-b": {"corp"}}


def test_an_administrator_by_hand_is_switched_off_too_but_never_the_last(
    wecom: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    roots = [User.objects.create_superuser(name) for name in ("alice", "bob")]
    for root in roots:
        wecom.sign_in(root.username, link_to=root)
    del wecom.people["alice"], wecom.people["bob"]
    outcome = one(sync.run_once())
    assert (outcome.gone, outcome.off) == (2, 1)
    assert sorted(fresh(root).is_active for root in roots) == [False, True]
    assert "the last administrator is gone there and stays switched on" in caplog.text
    assert acts("sync.refused")[0][2] == {"kept": "the last administrator"}
    assert one(sync.run_once()).off == 0
    assert len(acts("sync.refused")) == 1


def test_an_administrator_by_mapping_is_none_any_more_when_they_are_gone(wecom: Directory) -> None:
    root = wecom.sign_in("alice", "wecom:dept:2")
    ExternalIdentity.objects.update(admin=True)
    User.objects.update(is_staff=True, is_superuser=True)
    del wecom.people["alice"]
    sync.run_once()
    assert (fresh(root).is_active, fresh(root).is_superuser) == (False, False)


def test_one_who_cannot_be_looked_up_does_not_stop_the_others(wecom: Directory) -> None:
    alice, bob = wecom.sign_in("alice", "wecom:dept:2"), wecom.sign_in("bob", "wecom:dept:2")
    wecom.broken = {"alice"}
    wecom.people = {}
    outcome = one(sync.run_once())
    assert (outcome.failed, outcome.off) == (1, 1)
    assert fresh(alice).is_active
    assert teams(alice) == {"team-a": {"wecom"}}
    assert not fresh(bob).is_active


def test_a_vendor_that_is_down_changes_nobody_and_is_left_alone(
    wecom: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    people = [wecom.sign_in(f"person{number}", "wecom:dept:2") for number in range(8)]
    wecom.people, wecom.down = {}, True
    outcome = one(sync.run_once())
    assert outcome.failed == len(wecom.asked) == sync.GIVE_UP
    assert all(fresh(person).is_active and teams(person) for person in people)
    warnings = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert any("nobody was changed" in each for each in warnings)


def test_most_of_the_company_does_not_leave_at_once(
    wecom: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    people = [wecom.sign_in(f"person{number}", "wecom:dept:2") for number in range(sync.FEW + 1)]
    wecom.people = {}
    assert one(sync.run_once()).refused
    assert all(fresh(person).is_active for person in people)
    assert [each.levelname for each in caplog.records if "at once" in each.getMessage()] == ["ERROR"]
    assert acts("sync.refused") == [("sync:wecom", "sync.refused", {"gone": 11, "asked": 11})]
    assert one(sync.run_once(believe=True)).off == sync.FEW + 1
    assert not any(fresh(person).is_active for person in people)


def test_a_few_may_leave_at_once_even_if_they_are_all(wecom: Directory) -> None:
    people = [wecom.sign_in(f"person{number}") for number in range(sync.FEW)]
    wecom.people = {}
    assert one(sync.run_once()).off == sync.FEW
    assert not any(fresh(person).is_active for person in people)


def test_half_of_many_may_leave(wecom: Directory) -> None:
    for number in range(24):
        wecom.sign_in(f"person{number}")
    for number in range(12):
        del wecom.people[f"person{number}"]
    assert one(sync.run_once()).off == 12


def test_each_person_is_asked_about_once_in_an_interval_whoever_asks(wecom: Directory) -> None:
    wecom.sign_in("alice")
    wecom.sign_in("bob")
    now = timezone.now()
    sync.sync(now, every=900)
    assert set(wecom.asked) == EVERYBODY
    assert sync.sync(now + timedelta(seconds=899), every=900) == sync.Report()
    sync.sync(now + timedelta(seconds=900), every=900)
    assert len(wecom.asked) == 4


def test_another_process_that_comes_meanwhile_asks_about_nobody(wecom: Directory) -> None:
    wecom.sign_in("alice")
    wecom.sign_in("bob")
    reports: list[sync.Report] = []
    wecom.meanwhile = lambda: reports.append(sync.sync(timezone.now(), every=900))
    sync.sync(timezone.now(), every=900)
    assert reports == [sync.Report()] * 2
    assert len(wecom.asked) == 2


def test_accounts_of_another_organisation_are_not_asked_about(wecom: Directory) -> None:
    """corp_id was another one before: its people are nobody's to this one."""
    alice = wecom.sign_in("alice")
    ExternalIdentity.objects.update(issuer="wecom:ww0")
    del wecom.people["alice"]
    sync.run_once()
    assert wecom.asked == []
    assert fresh(alice).is_active


def test_nobody_is_changed_when_the_server_stops_meanwhile(wecom: Directory) -> None:
    alice = wecom.sign_in("alice")
    del wecom.people["alice"]
    stop = threading.Event()
    wecom.meanwhile = stop.set
    sync.sync(timezone.now(), every=0, stopping=stop.is_set)
    assert fresh(alice).is_active


def test_openid_providers_are_never_asked(wecom: Directory) -> None:
    coming.sign_in("alice")
    assert sync.run_once() == sync.Report()


def test_no_line_of_the_audit_log_or_the_log_names_what_the_vendor_said(
    wecom: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    wecom.sign_in("alice")
    wecom.broken = {"alice"}
    sync.run_once()
    assert "alice" not in caplog.text
    assert not AuditLine.objects.filter(target__contains="alice").exists()


def test_the_thread_goes_on_after_a_pass_that_failed(
    monkeypatch: pytest.MonkeyPatch, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    passes: list[int] = []
    third = threading.Event()

    def one_pass(now: Any, **_: Any) -> None:
        passes.append(len(passes))
        if len(passes) == 3:
            third.set()
        if len(passes) == 1:
            raise RuntimeError("a bug")

    monkeypatch.setattr(sync, "sync", one_pass)
    monkeypatch.setattr(sync, "TICK", 0.001)
    monkeypatch.setattr(connection, "close", lambda: None)
    syncing = sync.Syncing()
    syncing.start()
    syncing.start()
    assert third.wait(10)
    syncing.stop()
    assert [each.getMessage() for each in caplog.records if each.exc_info] == ["people could not be synced"]


def test_the_thread_asks_nobody_while_sync_is_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`sso.sync: 0`, until a reload says otherwise."""
    asked = threading.Event()
    monkeypatch.setattr(sync, "sync", lambda now, **_: asked.set())
    monkeypatch.setattr(sync, "TICK", 0.001)
    monkeypatch.setattr(connection, "close", lambda: None)
    syncing = sync.Syncing()
    with live.override(coming.config(sso={"sync": 0})):
        syncing.start()
        assert not asked.wait(0.1)
        with live.override(coming.config(sso={"sync": 60})):
            assert asked.wait(10)
        syncing.stop()
