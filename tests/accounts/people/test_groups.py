"""What a provider says of groups becomes groups, teams and administration here; what is by hand stays."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group

from accounts import linking, services
from accounts.models import Membership, Team, User
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from tests.accounts.people.coming import (
    BEGAN,
    MAPS,
    acts,
    config,
    ends,
    groups,
    identity,
    provider,
    sign_in,
    teams,
)
from tests.proof import proves

pytestmark = pytest.mark.django_db


def says(who: str, *said: str, by: str = "corp", at: float = 0.0) -> None:
    """A bearer or a sync brings these groups."""
    linking.apply_groups(identity(who, by), said, at)


class TestMapped:
    def test_a_name_of_group_map_is_a_group_and_where_it_is_a_slug_a_team(self) -> None:
        alice = sign_in("alice", ["/eng/a", "/board"])
        assert groups(alice) == {"team-a", "Directors"}
        assert teams(alice) == {"team-a": {"corp"}}

    @proves("sso-E15")
    def test_what_is_not_mapped_counts_for_nothing(self) -> None:
        alice = sign_in("alice", ["/ENG/A", "/eng", "team-a", "*", "", "/eng/a/"])
        assert (groups(alice), teams(alice)) == (set(), {})
        assert not Group.objects.exists()
        assert not Team.objects.exists()

    def test_ten_thousand_groups_are_read(self) -> None:
        alice = sign_in("alice", [f"/g/{number}" for number in range(10_000)] + ["/eng/b"])
        assert teams(alice) == {"team-b": {"corp"}}

    @proves("sso-E15")
    def test_a_group_that_is_gone_there_is_gone_here_at_the_next_sign_in(self, alice: User) -> None:
        sign_in("alice", ["/eng/b"])
        assert (groups(alice), teams(alice)) == ({"team-b"}, {"team-b": {"corp"}})
        changed = {"joined": ["team-b"], "left": ["team-a"], "groups": ["team-b"], "no_more": ["team-a"]}
        assert acts("person.groups")[-1] == ("login:corp", "person.groups", changed)
        assert ends(alice) == ["rights"]
        assert revocations.stale_since(str(alice.pk)) > 0

    def test_the_same_again_is_no_change(self, alice: User) -> None:
        before = len(acts())
        sign_in("alice", ["/eng/a"])
        assert len(acts()) == before
        assert ends(alice) == []

    def test_a_team_by_scope_map_is_a_team_too(self) -> None:
        scopes = {"Directors": ("chat:read", "history:team-z", "history:*", "history:UP")}
        with live.override(config(provider(scope_map=scopes))):
            assert teams(sign_in("alice", ["/board"])) == {"team-z": {"corp"}}

    def test_a_line_taken_out_of_group_map_takes_what_it_gave(self, alice: User) -> None:
        with live.override(config(provider(group_map={"/eng/b": "team-b"}))):
            says("alice", "/eng/a", "/eng/b")
        assert (groups(alice), teams(alice)) == ({"team-b"}, {"team-b": {"corp"}})

    def test_silence_keeps_what_was(self, alice: User) -> None:
        sign_in("alice", None)
        assert teams(alice) == {"team-a": {"corp"}}
        assert identity("alice").groups == ["team-a"]


class TestByHand:
    def test_a_membership_by_hand_stays(self, alice: User) -> None:
        for slug in ("team-a", "team-b"):
            team, _made = Team.objects.get_or_create(slug=slug)
            services.add_member(team, alice, "root", role="lead")
        says("alice")
        assert teams(alice) == {"team-a": {""}, "team-b": {""}}
        assert set(alice.memberships.values_list("role", flat=True)) == {Membership.Role.LEAD}

    def test_a_group_that_no_map_gives_stays(self, alice: User) -> None:
        alice.groups.add(Group.objects.create(name="Auditors"))
        says("alice")
        assert groups(alice) == {"Auditors"}

    def test_a_group_that_a_map_gives_is_the_maps(self, alice: User) -> None:
        """Whoever is put by hand into a group of group_map is in it until the provider's next word."""
        alice.groups.add(Group.objects.get_or_create(name="team-b")[0])
        says("alice", "/eng/a")
        assert groups(alice) == {"team-a"}


class TestTwoProviders:
    """alice comes by corp (a) and by other (a, c)."""

    @pytest.fixture(autouse=True)
    def both(self, alice: User) -> None:
        sign_in("a-17", ["a", "c"], by="other", link_to=alice)

    def test_each_gives_its_own(self, alice: User) -> None:
        assert teams(alice) == {"team-a": {"corp", "other"}, "team-c": {"other"}}

    def test_each_takes_its_own_alone(self, alice: User) -> None:
        says("alice")
        assert teams(alice) == {"team-a": {"other"}, "team-c": {"other"}}
        assert groups(alice) == {"team-a", "team-c"}
        says("a-17", by="other")
        assert (groups(alice), teams(alice)) == (set(), {})

    def test_two_accounts_at_one_provider_add_up(self, alice: User) -> None:
        sign_in("alice.second", ["/eng/b"], link_to=alice)
        assert teams(alice)["team-a"] == {"corp", "other"}
        says("alice.second")
        assert teams(alice) == {"team-a": {"corp", "other"}, "team-c": {"other"}}

    def test_what_a_stranger_to_the_configuration_gave_is_left_alone(self, alice: User) -> None:
        with live.override(config(provider())):
            says("alice")
            says("a-17", by="other")
        assert teams(alice) == {"team-a": {"other"}, "team-c": {"other"}}


class TestTime:
    def test_an_older_word_changes_nothing(self) -> None:
        alice = sign_in("alice", ["/eng/a"], at=BEGAN)
        says("alice", "/eng/b", at=BEGAN - 1)
        assert teams(alice) == {"team-a": {"corp"}}
        says("alice", "/eng/b", at=BEGAN)
        assert teams(alice) == {"team-b": {"corp"}}

    def test_a_word_of_the_future_is_of_now(self, alice: User) -> None:
        """A provider's clock that is ahead does not shut out what it says next."""
        says("alice", "/eng/b", at=time.time() + 3600)
        says("alice", at=time.time() + 1)
        assert teams(alice) == {}


class TestAdministrators:
    def test_admin_groups_make_one_and_unmake_one(self) -> None:
        alice = sign_in("alice", ["/admins"])
        assert (alice.is_staff, alice.is_superuser) == (True, True)
        again = sign_in("alice", [])
        assert (again.is_staff, again.is_superuser) == (False, False)
        assert [details for _, _, details in acts("person.administrator")] == [
            {"administrator": True},
            {"administrator": False},
        ]
        assert ends(alice) == ["rights"]

    def test_one_by_hand_is_neither_made_nor_unmade(self, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
        sign_in("alice", ["/admins"])
        assert sign_in("alice", []).is_superuser
        assert acts("person.administrator") == []

    def test_one_by_two_providers_is_one_until_neither_says_so(self, alice: User) -> None:
        sign_in("alice", ["/admins"])
        sign_in("a-17", ["/admins"], by="other", link_to=alice)
        assert sign_in("alice", []).is_superuser
        assert not sign_in("a-17", [], by="other").is_superuser
        assert len(acts("person.administrator")) == 2

    def test_silence_keeps_an_administrator(self) -> None:
        sign_in("alice", ["/admins"])
        assert sign_in("alice", None).is_superuser

    def test_admin_groups_are_exact(self) -> None:
        with live.override(config(provider(admin_groups=("/Admins",), group_map=MAPS["corp"]))):
            assert not sign_in("alice", ["/admins", "/Admins/", "Admins"]).is_superuser


class TestMoved:
    """An account that becomes another person's brings its teams, and not the administration."""

    def test_its_teams_go_with_it(self, alice: User) -> None:
        bob = sign_in("bob", ["/eng/b"])
        services.move_identity(identity("alice"), bob, "root")
        assert (groups(alice), teams(alice)) == (set(), {})
        assert teams(bob) == {"team-a": {"corp"}, "team-b": {"corp"}}
        assert "person" in ends(alice)
        (actor, _, details), *_ = acts("identity.moved")
        assert (actor, details) == ("root", {"from": str(alice.pk), "to": str(bob.pk)})
        assert sign_in("alice") == bob

    def test_administration_is_asked_for_again(self, alice: User) -> None:
        sign_in("alice", ["/admins"])
        bob = sign_in("bob")
        services.move_identity(identity("alice"), bob, "root")
        for who, is_one in ((alice, False), (bob, False)):
            who.refresh_from_db()
            assert who.is_superuser is is_one
        assert sign_in("alice", ["/admins"]) == bob
        bob.refresh_from_db()
        assert bob.is_superuser

    def test_an_administrator_by_hand_who_takes_one_over_stays_one(self, alice: User) -> None:
        sign_in("alice", ["/admins"])
        root = User.objects.create_superuser("root")
        services.move_identity(identity("alice"), root, root)
        says("alice")
        root.refresh_from_db()
        assert root.is_superuser

    def test_to_its_own_person_is_no_move(self, alice: User) -> None:
        before = len(acts())
        services.move_identity(identity("alice"), alice, "root")
        assert len(acts()) == before
