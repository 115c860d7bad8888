"""From a person to a caller: what a session may do, and that a token gives no more than its person has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group

from accounts import selectors, services
from accounts.models import Team, User
from accounts.selectors import caller_for
from clawdsite.core.config import live
from clawdsite.core.errors import InvalidToken
from tests.accounts.people.coming import OTHER, config, provider, sign_in

pytestmark = pytest.mark.django_db
ALL = {"chat:read", "chat:write", "image:upload"}


@pytest.fixture
def mapped() -> Iterator[None]:
    """Each of the two providers has a scope_map."""
    corp = {"team-a": ("chat:read",), "Directors": ("chat:write", "history:team-z", "chat:delete")}
    other = {"team-c": ("image:upload",)}
    with live.override(config(provider(scope_map=corp), provider("other", scope_map=other))):
        yield


class TestSessions:
    def test_without_a_scope_map_everybody_has_the_three(self) -> None:
        bob = caller_for(User.objects.create_user("bob"))
        assert (bob.kind, bob.scopes, bob.teams, bob.leads) == ("person", ALL, frozenset(), frozenset())

    def test_each_team_opens_its_history(self, alice: User) -> None:
        found = caller_for(alice, session="s-1", issued=5.0)
        assert found.id == str(alice.pk)
        assert found.scopes == ALL | {"history:team-a"}
        assert found.teams == {"team-a"}
        assert (found.session, found.token, found.issued) == ("s-1", None, 5.0)

    def test_scope_maps_add_up_over_groups_teams_and_providers(self, mapped: None) -> None:
        alice = sign_in("alice", ["/eng/a"])
        assert caller_for(alice).scopes == {"chat:read", "history:team-a"}
        sign_in("a-17", ["c"], by="other", link_to=alice)
        assert caller_for(alice).scopes == {"chat:read", "image:upload", "history:team-a", "history:team-c"}
        sign_in("alice", ["/eng/a", "/board"])
        found = caller_for(alice)
        assert found.scopes == ALL | {"history:team-a", "history:team-c", "history:team-z"}
        assert found.teams == {"team-a", "team-c", "team-z"}

    def test_who_is_in_no_line_of_a_scope_map_may_do_nothing(self, mapped: None) -> None:
        assert caller_for(sign_in("bob", ["/eng/b"])).scopes == {"history:team-b"}
        assert caller_for(sign_in("charlie")).scopes == frozenset()

    def test_a_team_by_hand_counts_in_a_scope_map(self, mapped: None) -> None:
        charlie = sign_in("charlie")
        services.add_member(Team.objects.create(slug="team-a"), charlie, "root")
        assert caller_for(charlie).scopes == {"chat:read", "history:team-a"}

    def test_a_person_of_no_provider_is_in_no_map_and_keeps_the_three(self, mapped: None) -> None:
        root = User.objects.create_superuser("root")
        assert caller_for(root).scopes == ALL
        root.groups.add(Group.objects.create(name="Auditors"))
        assert caller_for(root).scopes == frozenset()

    def test_a_map_of_a_provider_that_is_off_counts_for_nobody(self, alice: User) -> None:
        closed = provider("other", enabled=False, scope_map={"team-a": ("chat:read",)})
        with live.override(config(provider(), closed)):
            assert caller_for(alice).scopes == ALL | {"history:team-a"}

    def test_who_is_not_active_is_no_caller(self, alice: User) -> None:
        services.deactivate(alice, "root")
        with pytest.raises(InvalidToken):
            caller_for(alice)


class TestTeams:
    def test_teams_inherit_nothing(self) -> None:
        parent = Team.objects.create(slug="parent")
        child = Team.objects.create(slug="child", parent=parent)
        bob, charlie = (User.objects.create_user(name) for name in ("bob", "charlie"))
        services.add_member(parent, bob, "root")
        services.add_member(child, charlie, "root")
        assert caller_for(bob).teams == {"parent"}
        assert caller_for(charlie).teams == {"child"}

    def test_a_lead_leads_those_teams_alone(self, alice: User) -> None:
        services.add_member(Team.objects.create(slug="team-x"), alice, "root", role="lead")
        found = caller_for(alice)
        assert found.teams == {"team-a", "team-x"}
        assert found.leads == {"team-x"}

    def test_a_lead_by_hand_leads_also_where_a_provider_says_member(self, alice: User) -> None:
        services.add_member(Team.objects.get(slug="team-a"), alice, "root", role="lead")
        assert caller_for(alice).leads == {"team-a"}
        sign_in("alice", [])
        assert caller_for(alice).leads == {"team-a"}


class TestTokens:
    def test_a_token_gives_its_own_scopes(self, alice: User) -> None:
        found = caller_for(alice, token="jti-1", scopes=frozenset({"chat:read"}))
        assert (found.scopes, found.teams) == ({"chat:read"}, frozenset())

    def test_its_history_is_of_teams_the_person_is_in(self, alice: User) -> None:
        wanted = frozenset({"chat:read", "history:team-a", "history:team-b", "history:*"})
        found = caller_for(alice, scopes=wanted)
        assert found.scopes == {"chat:read", "history:team-a"}
        assert found.teams == {"team-a"}

    def test_it_leads_no_team_that_it_does_not_name(self, alice: User) -> None:
        services.add_member(Team.objects.get(slug="team-a"), alice, "root", role="lead")
        assert caller_for(alice, scopes=frozenset({"chat:write"})).leads == frozenset()
        assert caller_for(alice, scopes=frozenset({"history:team-a"})).leads == {"team-a"}

    def test_a_token_of_nothing_gives_nothing(self, alice: User) -> None:
        assert caller_for(alice, scopes=frozenset()).scopes == frozenset()

    def test_a_scope_that_the_person_does_not_have_is_not_given(self, mapped: None) -> None:
        alice = sign_in("alice", ["/eng/a"])
        assert caller_for(alice, scopes=frozenset({"chat:read", "chat:write"})).scopes == {"chat:read"}


class TestLookingUp:
    def test_only_an_active_person_is_one(self, alice: User) -> None:
        assert selectors.person(str(alice.pk)) == alice
        services.deactivate(alice, "root")
        assert selectors.person(str(alice.pk)) is None

    @pytest.mark.parametrize("word", ["", "alice", "client:cb_1", "00000000-0000-0000-0000-000000000000"])
    def test_an_id_of_another_kind_is_nobodys(self, word: str) -> None:
        assert selectors.person(word) is None

    def test_an_identity_is_known_by_both_of_its_words(self, alice: User) -> None:
        (known,) = alice.identities.all()
        assert selectors.identity(known.issuer, "alice") == known
        assert selectors.identity(OTHER, "alice") is None
        assert selectors.identity(known.issuer, "ALICE") is None
