"""From an identity to a person: (issuer, subject) alone, an e-mail only where it may, once at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import linking, services
from accounts.models import AuditLine, ExternalIdentity, User
from accounts.providers.base import SSOError
from clawdsite.core.config import live
from tests.accounts.people.coming import (
    acts,
    config,
    identity,
    named,
    provider,
    sign_in,
    teams,
)
from tests.accounts.people.coming import coming as told
from tests.proof import proves

pytestmark = pytest.mark.django_db
MAIL = "alice@example.com"


@contextmanager
def linking_by_mail() -> Iterator[None]:
    with live.override(config(provider(), provider("other", link_by_verified_email=True))):
        yield


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Nothing was made or changed either."""
    before = User.objects.count(), ExternalIdentity.objects.count(), AuditLine.objects.count()
    with pytest.raises(SSOError) as caught:
        yield
    assert caught.value.code == code
    assert (User.objects.count(), ExternalIdentity.objects.count(), AuditLine.objects.count()) == before


class TestWhoItIs:
    def test_a_first_sign_in_makes_a_person_of_no_rights(self) -> None:
        alice = sign_in("alice")
        assert alice.get_username().startswith("sso-")
        assert not alice.has_usable_password()
        assert (alice.is_active, alice.is_staff, alice.is_superuser) == (True, False, False)
        assert alice.get_full_name() == "Alice"
        assert acts()[0][:2] == ("login:corp", "person.made")

    def test_the_next_one_finds_the_same_person(self) -> None:
        assert sign_in("alice") == sign_in("alice")
        assert User.objects.count() == 1

    @proves("sso-E10", "hard-H13")
    def test_one_subject_of_two_issuers_is_two_people(self) -> None:
        assert sign_in("alice") != sign_in("alice", by="other")

    def test_subjects_that_differ_in_case_are_two_people(self) -> None:
        assert sign_in("alice") != sign_in("Alice")

    @proves("sso-E12")
    def test_another_e_mail_is_no_other_person_and_takes_nobody_over(self) -> None:
        with linking_by_mail():
            alice = sign_in("alice", email=MAIL, email_verified=True)
            bob = sign_in("bob", by="other", email="bob@example.com", email_verified=True)
            again = sign_in("bob", by="other", email=MAIL, email_verified=True)
        assert again == bob != alice
        assert identity("alice").user == alice
        assert identity("bob", "other").email == MAIL

    @proves("sso-E20")
    @pytest.mark.parametrize("by", ["corp", "other"])
    def test_nobody_needs_an_e_mail(self, by: str) -> None:
        with linking_by_mail():
            assert sign_in("alice", by=by, email=None) != sign_in("bob", by=by, email="")

    @proves("sso-E16")
    def test_what_a_group_is_called_gives_nothing(self) -> None:
        mallory = sign_in("mallory", ["admin", "staff", "superuser", "is_superuser", "Directors", "team-a"])
        assert (mallory.is_staff, mallory.is_superuser) == (False, False)
        assert not mallory.groups.exists()
        assert not mallory.memberships.exists()

    def test_a_provider_that_was_renamed_gives_its_teams_under_the_new_name(self) -> None:
        alice = sign_in("alice", ["/eng/a", "/eng/b"])
        with live.override(config(provider("headquarters", group_map={"/eng/a": "team-a"}))):
            assert sign_in("alice", ["/eng/a"], by="headquarters") == alice
        assert teams(alice) == {"team-a": {"headquarters"}}


class TestByEMail:
    """`other` may link by verified e-mail; alice has signed in by corp."""

    @pytest.fixture(autouse=True)
    def allowed(self) -> Iterator[None]:
        with linking_by_mail():
            yield

    def test_a_verified_one_links_where_both_are_verified(self) -> None:
        alice = sign_in("alice", email=MAIL, email_verified=True)
        assert sign_in("a-17", by="other", email="Alice@Example.com", email_verified=True) == alice
        assert acts("person.linked") == [("login:other", "person.linked", {"provider": "other"})]
        assert sign_in("a-17", by="other", email="new@example.com") == alice

    @proves("hard-H14")
    def test_not_where_the_configuration_does_not_say_so(self) -> None:
        other = sign_in("a-17", by="other", email=MAIL, email_verified=True)
        assert sign_in("alice", by="corp", email=MAIL, email_verified=True) != other

    @proves("sso-E11", "hard-H14")
    @pytest.mark.parametrize("verified", [False, None, "true", 1])
    def test_an_unverified_one_makes_an_account_of_its_own(self, verified: Any) -> None:
        alice = sign_in("alice", email=MAIL, email_verified=True)
        assert sign_in("a-17", by="other", email=MAIL, email_verified=verified) != alice
        assert not identity("a-17", "other").email_verified

    def test_one_that_was_never_verified_here_links_nobody(self) -> None:
        alice = sign_in("alice", email=MAIL, email_verified=False)
        assert sign_in("a-17", by="other", email=MAIL, email_verified=True) != alice

    @proves("sso-E13", "hard-H14")
    @pytest.mark.parametrize("right", ["is_superuser", "is_staff"])
    def test_an_administrator_is_never_linked(self, right: str) -> None:
        root = sign_in("root", email=MAIL, email_verified=True)
        User.objects.filter(pk=root.pk).update(**{right: True})
        with refused("email_conflict"):
            sign_in("a-17", by="other", email=MAIL, email_verified=True)

    def test_one_of_several_people_links_none(self) -> None:
        for name in ("alice", "bob"):
            sign_in(name, email=MAIL, email_verified=True)
        with refused("email_conflict"):
            sign_in("a-17", by="other", email=MAIL, email_verified=True)

    def test_the_account_of_somebody_switched_off_is_not_taken_over(self) -> None:
        alice = sign_in("alice", email=MAIL, email_verified=True)
        services.deactivate(alice, "sync:other")
        with refused("not_a_member"):
            sign_in("a-17", by="other", email=MAIL, email_verified=True)

    @pytest.mark.parametrize("mail", ["al\u0131ce@example.com", "alice@example.com ", "alice@example.con"])
    def test_what_looks_alike_is_another_address(self, mail: str) -> None:
        alice = sign_in("alice", email=MAIL, email_verified=True)
        assert sign_in("a-17", by="other", email=mail, email_verified=True) != alice

    @proves("hard-H14")
    def test_letters_that_a_database_takes_for_others_are_told_apart_here(self) -> None:
        assert linking._same("K@x.com", "k@X.com")
        assert not linking._same("\u212a@x.com", "k@x.com")
        assert not linking._same("\u0131@x.com", "I@x.com")


class TestLinkedByThePerson:
    def test_a_signed_in_person_adds_an_account(self, alice: User) -> None:
        assert sign_in("a-17", ["c"], by="other", link_to=alice) == alice
        assert teams(alice) == {"team-a": {"corp"}, "team-c": {"other"}}

    def test_adding_it_again_is_no_change(self, alice: User) -> None:
        for _ in range(2):
            assert sign_in("a-17", by="other", link_to=alice) == alice
        assert len(acts("person.linked")) == 1

    def test_an_account_of_another_person_stays_theirs(self, alice: User) -> None:
        bob = sign_in("bob")
        with refused("email_conflict"):
            sign_in("bob", link_to=alice)
        assert identity("bob").user == bob

    def test_an_administrator_may_add_one_by_hand(self, db: None) -> None:
        root = User.objects.create_superuser("root", "correct horse battery")
        assert sign_in("root", link_to=root) == root
        root.refresh_from_db()
        assert root.is_superuser
        assert not identity("root").admin


class TestSwitchedOff:
    @proves("sso-E14")
    def test_who_was_switched_off_here_does_not_come_in(self, alice: User) -> None:
        services.deactivate(alice, User.objects.create_superuser("root"))
        with refused("not_a_member"):
            sign_in("alice", ["/eng/a"])
        alice.refresh_from_db()
        assert not alice.is_active

    def test_whom_a_sync_missed_comes_back_by_signing_in_there(self, alice: User) -> None:
        services.deactivate(alice, "sync:corp")
        assert sign_in("alice", ["/eng/a"]).is_active
        assert acts("person.reactivated") == [("login:corp", "person.reactivated", {})]
        alice.refresh_from_db()
        assert alice.switched_off_by == ""

    def test_an_account_that_a_sync_missed_is_there_again(self, alice: User) -> None:
        ExternalIdentity.objects.update(gone=timezone.now())
        sign_in("alice")
        assert identity("alice").gone is None

    def test_another_provider_does_not_bring_them_back(self, alice: User) -> None:
        sign_in("a-17", by="other", link_to=alice)
        services.deactivate(alice, "sync:corp")
        with refused("not_a_member"):
            sign_in("a-17", by="other")

    def test_an_administrators_word_outlasts_the_sync(self, alice: User) -> None:
        services.deactivate(alice, "sync:corp")
        services.deactivate(alice, User.objects.create_superuser("root"))
        services.deactivate(alice, "sync:corp")
        with refused("not_a_member"):
            sign_in("alice")


class TestLost:
    def test_who_lost_the_race_looks_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The database refuses the second account of one subject: another process was faster."""
        real, tries = linking._first, 0

        def raced(*words: Any) -> ExternalIdentity:
            nonlocal tries
            tries += 1
            if tries == 1:
                real(*words)
            return real(*words)

        monkeypatch.setattr(linking, "_first", raced)
        assert sign_in("alice") == User.objects.get()
        assert tries == 2


class TestNames:
    @proves("sso-E19")
    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("A" * 10_000, "A" * 150),
            ("\u202eecilA", "ecilA"),
            ("Al\x00i\x1bce\u200b", "Alice"),
            ("  Alice \n\t Example ", "Alice Example"),
            ("<b>Alice</b>", "<b>Alice</b>"),
            ("王小明", "王小明"),
        ],
        ids=["long", "right to left", "control", "blanks", "html", "chinese"],
    )
    def test_a_name_is_cut_and_cleaned(self, name: str, kept: str) -> None:
        assert linking.clean_name(name) == kept

    @given(st.text(max_size=300))
    def test_no_name_reaches_further_than_its_line(self, name: str) -> None:
        kept = linking.clean_name(name)
        assert len(kept) <= 150
        assert kept == linking.clean_name(kept)
        assert not any(char in kept for char in "\n\r\t\x00\u202e\u2066\u200f")

    def test_an_empty_name_keeps_the_one_that_is_known(self, alice: User) -> None:
        linking.sign_in(replace(told("alice"), name=""), named("corp"))
        alice.refresh_from_db()
        assert alice.get_full_name() == "Alice"
