"""Two OpenID providers, people, and browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from tests.accounts.signin import support


@pytest.fixture(autouse=True)
def configured(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    revocations.forget()
    # A test's own transaction never commits: what is heard at the commit is heard at once.
    monkeypatch.setattr(transaction, "on_commit", lambda heard, **_: heard())
    with live.override(support.config()):
        yield


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> support.World:
    return support.world(monkeypatch)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "correct horse battery", display_name="Alice")


@pytest.fixture
def browser() -> Client:
    """Checks CSRF tokens, as a real one makes Django do."""
    return Client(enforce_csrf_checks=True, headers={"host": "localhost"})


@pytest.fixture
def other_browser() -> Client:
    return Client(headers={"host": "localhost"})
