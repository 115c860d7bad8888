"""A provider whose access tokens count, and Alice, who signed in by it before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.bearers.making import accepting, known
from tests.doubles.forging import Forging


@pytest.fixture(autouse=True)
def nothing_revoked(transactional_db: None) -> None:
    revocations.forget()


@pytest.fixture
def op() -> Iterator[Forging]:
    with Forging() as forging:
        yield forging


@pytest.fixture
def config(op: Forging, tmp_path: Path) -> Iterator[Config]:
    with live.override(accepting(op, tmp_path)) as found:
        yield found


@pytest.fixture
def in_files(op: Forging, tmp_path: Path) -> Iterator[Config]:
    """The same, with the gateway's own keys in files."""
    with live.override(accepting(op, tmp_path, auth={"signing_key": ""})) as found:
        yield found


@pytest.fixture
def alice(op: Forging) -> User:
    return known(op, "alice", "alice-1", "team-a")
