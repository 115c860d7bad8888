"""What every test shares."""

from __future__ import annotations

import pytest

from tests.haste import haste, keep_bytecode
from tests.on_postgres import pytest_ignore_collect
from tests.postgres import postgres, postgres_url
from tests.strict import (
    every_error_code_is_described,
    pytest_collection_modifyitems,
    pytest_make_collect_report,
    pytest_runtest_makereport,
)

__all__ = [
    "every_error_code_is_described",
    "haste",
    "postgres",
    "postgres_url",
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
]

keep_bytecode()


@pytest.fixture(autouse=True)
def proof(request: pytest.FixtureRequest) -> str | None:
    """The name that `tests.proof.proves` put into the id."""
    return getattr(request, "param", None)
