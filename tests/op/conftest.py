"""Two certified OpenID providers, with other keys and other ports, for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.op.provider import Op, running


@pytest.fixture(scope="session")
def op() -> Iterator[Op]:
    with running("corp") as found:
        yield found


@pytest.fixture(scope="session")
def partner() -> Iterator[Op]:
    with running("partner") as found:
        yield found
