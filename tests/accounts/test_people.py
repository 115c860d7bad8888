"""The user model that is there from the first migration, and its page in the admin."""

from __future__ import annotations

import uuid
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import TestCase

from accounts.models import User


class People(TestCase):
    def test_a_person_needs_a_name_and_no_address(self) -> None:
        alice = get_user_model().objects.create_user("alice")
        assert isinstance(alice, User)
        assert isinstance(alice.pk, uuid.UUID)
        assert (alice.is_active, alice.is_staff, alice.is_superuser) == (True, False, False)
        assert not alice.has_usable_password()
        assert not hasattr(alice, "email")
        with pytest.raises(ValueError, match="needs a username"):
            User.objects.create_user("")

    def test_what_others_see_is_the_display_name(self) -> None:
        assert str(User.objects.create_user("alice", display_name="Alice Example")) == "Alice Example"
        assert str(User.objects.create_user("bob")) == "bob"

    def test_a_name_belongs_to_one_person(self) -> None:
        User.objects.create_user("alice")
        with transaction.atomic(), pytest.raises(IntegrityError):
            User.objects.create_user("alice")
        with pytest.raises(ValidationError):
            User(username="al ice").full_clean()

    def test_two_spellings_of_one_name_are_one_name(self) -> None:
        """NFKC: a full-width letter makes no second person."""
        User.objects.create_user("alice")
        with transaction.atomic(), pytest.raises(IntegrityError):
            User.objects.create_user("\uff41lice")

    def test_an_administrator_is_made_on_the_command_line_without_an_address(self) -> None:
        call_command("createsuperuser", interactive=False, username="root", stdout=StringIO())
        made = User.objects.get(username="root")
        assert made.is_staff
        assert made.is_superuser
        assert not made.has_usable_password()
        for half in ({"is_staff": False}, {"is_superuser": False}):
            with pytest.raises(ValueError, match="staff and superuser"):
                User.objects.create_superuser("half", **half)

    def test_the_models_and_the_migrations_agree(self) -> None:
        call_command("makemigrations", "accounts", check=True, dry_run=True, stdout=StringIO())
