"""What the admin's tests share."""

from __future__ import annotations

import pytest

from tests.accounts.admin.house import House, furnished


@pytest.fixture
def house(db: None) -> House:
    """People, two teams, an identity, a client and a failure."""
    return furnished()
