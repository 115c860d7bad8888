"""A configuration, and two machine clients of two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache

from accounts.tokens.revocation import revocations
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.oauth.asking import Machine
from tests.live import signing_key


@pytest.fixture(autouse=True)
def config(transactional_db: None, tmp_path: Path) -> Iterator[Config]:
    """Each test begins with nothing revoked and nobody counted."""
    revocations.forget()
    cache.clear()
    auth = {"signing_key": signing_key(), "pepper": "p" * 40}
    server = {"public_url": "https://chat.example.com"}
    with live.override(Config(mode="development", data_dir=str(tmp_path), auth=auth, server=server)) as found:
        yield found


@pytest.fixture
def build() -> Machine:
    return Machine("build", "chat:read chat:write history:team-a")


@pytest.fixture
def nightly() -> Machine:
    return Machine("nightly", "chat:read")
