"""Acts on people and teams: the change, its audit line and its revocation, all of them or none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from accounts import audit, services
from accounts.models import AuditLine, Membership, Revocation, Team, User
from accounts.selectors import caller_for
from accounts.tokens import revocation
from accounts.tokens.revocation import revocations
from tests.accounts.people.coming import acts, ends, identity, sign_in, teams
from tests.proof import proves

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(slug="team-x")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


class TestEnding:
    def test_who_is_deactivated_is_out_and_it_is_written_down(self, bob: User, root: User) -> None:
        before = caller_for(bob, session="s-1", issued=1.0)
        services.deactivate(bob, root, reason="left")
        bob.refresh_from_db()
        assert not bob.is_active
        assert acts() == [("root", "person.deactivated", {"reason": "left"})]
        assert AuditLine.objects.get().target == f"person:{bob.pk}"
        assert ends(bob) == ["person"]
        assert revocations.refuses(before) == "session has ended"

    def test_what_was_ended_stays_so_after_the_way_back(self, bob: User, root: User) -> None:
        before = caller_for(bob, session="s-1", issued=1.0)
        services.deactivate(bob, root)
        services.reactivate(bob, root)
        bob.refresh_from_db()
        assert bob.is_active
        assert revocations.refuses(before)
        assert [action for _, action, _ in acts()] == ["person.deactivated", "person.reactivated"]

    def test_signed_out_everywhere_is_not_switched_off(self, bob: User, root: User) -> None:
        before = caller_for(bob, session="s-1", issued=1.0)
        services.sign_out_everywhere(bob, root)
        bob.refresh_from_db()
        assert bob.is_active
        assert revocations.refuses(before)
        assert acts() == [("root", "person.signed_out", {})]

    def test_a_sync_is_remembered_and_a_person_is_not(self, bob: User, root: User) -> None:
        services.deactivate(bob, "sync:wecom")
        assert User.objects.get(username="bob").switched_off_by == "sync:wecom"
        services.deactivate(bob, root)
        assert User.objects.get(username="bob").switched_off_by == ""


class TestTeams:
    def test_in_and_out_by_hand(self, team: Team, bob: User, root: User) -> None:
        services.add_member(team, bob, root)
        assert teams(bob) == {"team-x": {""}}
        services.remove_member(team, bob, root)
        assert teams(bob) == {}
        assert acts() == [
            ("root", "team.joined", {"team": "team-x", "role": "member"}),
            ("root", "team.left", {"team": "team-x"}),
        ]
        assert ends(bob) == ["rights"]
        assert revocations.stale_since(str(bob.pk)) > 0

    def test_again_changes_the_role_alone(self, team: Team, bob: User, root: User) -> None:
        services.add_member(team, bob, root)
        services.add_member(team, bob, root, role="lead")
        services.add_member(team, bob, root, role="lead")
        assert Membership.objects.get().role == "lead"
        assert [action for _, action, _ in acts()] == ["team.joined", "team.role"]

    def test_what_a_provider_gave_is_not_taken_by_hand(self, alice: User, root: User) -> None:
        before = len(acts())
        services.remove_member(Team.objects.get(slug="team-a"), alice, root)
        services.set_role(Team.objects.get(slug="team-a"), alice, "lead", root)
        assert teams(alice) == {"team-a": {"corp"}}
        assert not Membership.objects.filter(role="lead").exists()
        assert len(acts()) == before

    @proves("hard-H48")
    def test_whoever_acts_is_named_as_in_the_admin(self, bob: User) -> None:
        carol = sign_in("carol")
        assert services.actor_of(carol) == carol.get_username()
        assert services.actor_of("cli") == "cli"


ACTS: dict[str, Callable[[User, User, Team], object]] = {
    "deactivate": lambda bob, root, team: services.deactivate(bob, root),
    "sign out": lambda bob, root, team: services.sign_out_everywhere(bob, root),
    "remove": lambda bob, root, team: services.remove_member(team, bob, root),
    "demote": lambda bob, root, team: services.set_role(team, bob, "member", root),
    "move": lambda bob, root, team: services.move_identity(identity("bob"), root, root),
}


class TestAllOrNothing:
    @pytest.fixture
    def member(self, team: Team, root: User) -> User:
        bob = sign_in("bob", ["/eng/a"])
        services.add_member(team, bob, root, role="lead")
        return bob

    @pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
    @pytest.mark.parametrize("breaks", ["audit", "revocation"])
    def test_what_cannot_be_written_down_is_not_done(
        self,
        member: User,
        root: User,
        team: Team,
        act: Callable[[User, User, Team], object],
        breaks: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("no disk")

        where = (audit, "record") if breaks == "audit" else (revocation, "end")
        monkeypatch.setattr(*where, broken)
        before = everything(member)
        with pytest.raises(RuntimeError, match="no disk"), transaction.atomic():
            act(member, root, team)
        assert everything(member) == before

    @pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
    def test_a_transaction_that_is_undone_leaves_nothing(
        self, member: User, root: User, team: Team, act: Callable[[User, User, Team], object]
    ) -> None:
        before = everything(member)
        with transaction.atomic():
            act(member, root, team)
            assert everything(member) != before
            transaction.set_rollback(True)
        assert everything(member) == before


def everything(user: User) -> tuple[object, ...]:
    now = User.objects.get(pk=user.pk)
    rows = sorted(now.memberships.values_list("team__slug", "source", "role"))
    accounts = sorted(now.identities.values_list("subject", flat=True))
    return now.is_active, rows, accounts, AuditLine.objects.count(), Revocation.objects.count()
