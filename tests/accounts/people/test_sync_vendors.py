"""A sync against doubles of all four vendors: a department moves people, a deletion puts them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from accounts import linking, sync
from accounts.models import User
from accounts.providers import registry
from clawdsite.core.config import live
from tests.accounts.people import coming
from tests.accounts.people.coming import ends, teams
from tests.accounts.vendors.conftest import vendor
from tests.accounts.vendors.login import At

__all__ = ["vendor"]


@dataclass
class Company:
    """alice, signed in, and the two departments that group_map knows: hers, and another."""

    at: At
    alice: User
    slug: str
    here: str
    there: str


@pytest.fixture
def company(db: None, vendor: At, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    double = vendor.double
    here = double.people[vendor.id("Alice")].departments[0]
    there = next(each for each in double.departments if each != here)
    maps = {f"{vendor.kind}:dept:{here}": "team-a", f"{vendor.kind}:dept:{there}": "team-b"}
    sign_on = vendor.sign_on(vendor.config(group_map=maps))
    with live.override(coming.config().model_copy(update={"oauth2": (sign_on.config,)})):
        monkeypatch.setattr(registry, "all", lambda: (sign_on,))
        alice = linking.sign_in(vendor.sign_in("Alice", sign_on), sign_on.config)
        yield Company(vendor, alice, sign_on.config.slug, here, there)


def test_a_department_moved_at_the_vendor_changes_teams_at_the_next_sync(company: Company) -> None:
    assert teams(company.alice) == {"team-a": {company.slug}}
    company.at.double.move(company.at.id("Alice"), company.there)
    (outcome,) = sync.run_once().outcomes
    assert (outcome.asked, outcome.moved, outcome.failed) == (1, 1, 0)
    assert teams(company.alice) == {"team-b": {company.slug}}
    assert ends(company.alice) == ["rights"]


def test_a_person_deleted_at_the_vendor_is_out_at_the_next_sync(company: Company) -> None:
    company.at.double.delete(company.at.id("Alice"))
    (outcome,) = sync.run_once().outcomes
    assert outcome.off == 1
    assert not User.objects.get(pk=company.alice.pk).is_active
    assert ends(company.alice)[-1] == "person"
