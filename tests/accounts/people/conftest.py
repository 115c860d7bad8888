"""Two OpenID providers with maps, and people: alice, bob and charlie come by `corp`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections, transaction

from accounts.models import User
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from tests.accounts.people import coming


@pytest.fixture(autouse=True)
def configured(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    revocations.forget()
    if "committed" not in request.fixturenames:
        # A test's own transaction never commits: what is heard at the commit is heard at once.
        monkeypatch.setattr(transaction, "on_commit", lambda heard, **_: heard())
    with live.override(coming.config()):
        yield


@pytest.fixture
def alice(db: None) -> User:
    """Of team-a, by `corp`."""
    return coming.sign_in("alice", ["/eng/a"])


@pytest.fixture
def committed(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database in which threads write as processes do: on SQLite a file, for in memory nobody waits."""
    memory = connections["default"]
    if memory.vendor != "sqlite":
        yield
        return
    memory.ensure_connection()
    name, file = memory.settings_dict["NAME"], tmp_path / "people.sqlite3"
    with sqlite3.connect(file) as copy:
        memory.connection.backup(copy)
    copy.close()
    memory.settings_dict["NAME"] = file
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        memory.settings_dict["NAME"], connections["default"] = name, memory
