"""A provider that can be bent, and a person who signs in by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.oidc.asking import Browser
from tests.doubles.forging import Forging


@pytest.fixture
def op() -> Iterator[Forging]:
    with Forging() as forging:
        yield forging


@pytest.fixture
def alice(op: Forging) -> Browser:
    return Browser(op)
