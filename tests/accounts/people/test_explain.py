"""What one person can see, and why: the page's facts, and `clawdbot explain-access`, which never disagree."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import explain, services
from accounts.explain import Because
from accounts.models import OAuthClient, Team, User
from accounts.selectors import caller_for
from clawdsite.cli import explain_access
from clawdsite.core.config import live
from tests.accounts.people.coming import BEGAN, CORP, config, provider, sign_in

pytestmark = pytest.mark.django_db
SCOPES = {"team-a": ("chat:read",), "Directors": ("chat:read", "chat:write")}


@pytest.fixture
def mapped() -> Any:
    with live.override(
        config(provider(scope_map=SCOPES), provider("other", scope_map={"x": ("chat:read",)}))
    ):
        yield


def why_of_scopes(user: User) -> dict[str, tuple[Because, ...]]:
    return {scope.name: scope.why for scope in explain.access(user).scopes}


class TestTeams:
    def test_each_source_of_a_team_is_named(self, alice: User) -> None:
        services.add_member(Team.objects.get(slug="team-a"), alice, "root", role="lead")
        (team,) = explain.access(alice).teams
        assert (team.slug, team.leads) == ("team-a", True)
        assert team.why == (Because("hand"), Because("group", "corp", ("/eng/a",)))

    def test_each_line_of_group_map_that_may_have_given_it_is_named(self) -> None:
        lines = {"/eng/a": "team-a", "/eng/leads": "team-a", "/eng/b": "team-b"}
        with live.override(config(provider(group_map=lines))):
            alice = sign_in("alice", ["/eng/leads"])
            assert explain.access(alice).teams[0].why == (Because("group", "corp", ("/eng/a", "/eng/leads")),)

    def test_a_team_by_scope_map_names_the_group_behind_it(self) -> None:
        with live.override(config(provider(scope_map={"Directors": ("history:team-z",)}))):
            (team,) = explain.access(sign_in("alice", ["/board"])).teams
        assert (team.slug, team.why) == ("team-z", (Because("group", "corp", ("/board",)),))

    def test_a_provider_that_is_configured_no_more_is_said_to_be_so(self, alice: User) -> None:
        with live.override(config(provider("other"))):
            told = explain.access(alice)
        assert told.teams[0].why == (Because("group", "corp", known=False),)
        assert [account.known for account in told.accounts] == [False]


class TestScopes:
    def test_they_are_what_a_session_has(self, alice: User, mapped: None) -> None:
        for user in (alice, sign_in("bob", ["/board"]), User.objects.create_user("charlie")):
            assert set(why_of_scopes(user)) == caller_for(user).scopes

    def test_by_default(self, alice: User) -> None:
        found = why_of_scopes(alice)
        assert found["chat:read"] == found["image:upload"] == (Because("default"),)
        assert found["history:team-a"] == (Because("team", said=("team-a",)),)

    def test_by_scope_map(self, mapped: None) -> None:
        found = why_of_scopes(sign_in("alice", ["/eng/a", "/board"]))
        assert found["chat:read"] == (Because("scope_map", "corp", ("Directors", "team-a")),)
        assert found["chat:write"] == (Because("scope_map", "corp", ("Directors",)),)
        assert "image:upload" not in found

    def test_of_a_person_of_no_provider(self, mapped: None) -> None:
        assert why_of_scopes(User.objects.create_user("root"))["chat:write"] == (Because("local"),)


class TestThePerson:
    def test_accounts_with_what_is_known_of_them(self) -> None:
        alice = sign_in("alice", ["/eng/a", "/board"], at=BEGAN)
        (account,) = explain.access(alice).accounts
        assert (account.provider, account.issuer, account.subject) == ("corp", CORP, "alice")
        assert account.groups == ("Directors", "team-a")
        assert account.groups_at is not None
        assert account.groups_at.timestamp() == BEGAN
        assert account.last_login is not None
        assert timezone.now() - account.last_login < timedelta(minutes=1)

    def test_administrators_by_mapping_and_by_hand(self) -> None:
        assert explain.access(sign_in("bob")).administrator == ()
        mapped = explain.access(sign_in("alice", ["/admins"]))
        assert mapped.administrator == (Because("admin_groups", "corp", ("/admins",)),)
        root = User.objects.create_superuser("root")
        sign_in("root", link_to=root)
        assert explain.access(root).administrator == (Because("hand"),)

    def test_who_is_switched_off_and_by_whom(self, alice: User) -> None:
        services.deactivate(alice, "sync:corp")
        told = explain.access(alice)
        assert (told.active, told.off_by) == (False, "sync:corp")

    def test_groups_and_clients(self, alice: User) -> None:
        alice.groups.add(Group.objects.create(name="Auditors"))
        OAuthClient.objects.create(name="build", owner=alice, scopes="chat:read chat:write")
        told = explain.access(alice)
        assert told.groups == ("Auditors", "team-a")
        assert [(each.name, each.scopes) for each in told.clients] == [("build", ("chat:read", "chat:write"))]


Asked = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Asked:
    """The command -> exit code, what it prints, what it complains of."""

    def asked(person: str) -> tuple[int, str, str]:
        code = explain_access.run(argparse.Namespace(person=person))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return asked


class TestTheCommand:
    def test_it_says_everything_of_one_person(self, ask: Asked) -> None:
        alice = sign_in("alice", ["/eng/a", "/admins"], at=BEGAN)
        services.add_member(Team.objects.create(slug="team-x"), alice, "root", role="lead")
        code, out, err = ask("corp:alice")
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert lines[0] == f"person          Alice ({alice.username}), id {alice.pk}"
        assert lines[1] == "active          yes"
        assert lines[2] == "administrator   by corp: admin_groups (/admins)"
        assert lines[3].startswith("signs in by     corp: alice, last 20")
        assert lines[3].endswith("groups team-a as of 2023-11-14T22:13+00:00")
        assert lines[4] == "groups here     team-a"
        assert lines[5:7] == [
            "teams           team-a: by corp: group_map of /eng/a",
            "                team-x (lead): by hand",
        ]
        assert lines[7] == "scopes          chat:read: by default: no provider has a scope_map"
        assert lines[-2] == "                image:upload: by default: no provider has a scope_map"
        assert lines[-1] == "answers for     none"

    def test_every_reason_has_words(self, ask: Asked, mapped: None) -> None:
        User.objects.create_user("root", "correct horse battery")
        sign_in("alice", ["/board"])
        assert "chat:read: by corp: scope_map of Directors" in ask("Alice")[1]
        told = ask("root")[1]
        assert "chat:read: a person of no provider has them all" in told
        assert "signs in by     a password here" in told

    def test_what_does_not_count_is_said_first(self, ask: Asked, alice: User) -> None:
        services.deactivate(alice, "sync:corp")
        assert "no: switched off by sync:corp; nothing below counts" in ask("Alice")[1]
        services.deactivate(alice, "cli")
        assert (
            ask("Alice")[1].splitlines()[1] == "active          no: switched off here; nothing below counts"
        )

    @pytest.mark.parametrize(
        "word", ["{id}", "{username}", "Alice", "aLICE", "corp:alice", "alice", "A@example.com"]
    )
    def test_a_person_is_found_by_any_name(self, ask: Asked, word: str) -> None:
        alice = sign_in("alice", email="a@example.com")
        sign_in("bob")
        code, out, _ = ask(word.format(id=alice.pk, username=alice.username))
        assert code == 0
        assert f"id {alice.pk}" in out

    def test_of_several_each_is_listed(self, ask: Asked) -> None:
        one, other = sign_in("alice"), sign_in("alice", by="other")
        code, out, err = ask("Alice")
        assert (code, out) == (2, "")
        assert "may be one of several" in err
        assert all(str(each.pk) in err for each in (one, other))
        assert "other:alice" in err

    def test_of_none_the_nearest_are_listed(self, ask: Asked, alice: User) -> None:
        sign_in("zoe")
        code, _, err = ask("Alcie")
        assert code == 2
        assert "there is no person Alcie" in err
        assert str(alice.pk) in err
        assert "Zoe" not in err
        assert ask("00000000-0000-0000-0000-000000000000")[0] == 2

    def test_a_database_without_tables_is_said_in_a_line(
        self, ask: Asked, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(_: str) -> Any:
            raise explain_access.DatabaseError("no such table, and a secret")

        monkeypatch.setattr(explain_access.selectors, "people_by", away)
        code, _, err = ask("alice")
        assert code == 1
        assert "has the gateway been started once?" in err
        assert "secret" not in err
