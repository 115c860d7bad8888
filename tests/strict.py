"""Rules that every test is held to.

With CI=true a skipped test is a failed one: a part that is missing there is a hole, not an excuse.
An error whose code docs/errors.md does not describe fails the test that meets it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from clawdsite.core.errors import ClawdError
from tests import on_postgres

DOCS = Path(__file__).parents[1] / "docs" / "errors.md"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests over lists that are not here (CLAWDBOT_CORPORA) are not collected: that is no skip."""
    empty = [item for item in items if any(map(is_empty, item.iter_markers("skip")))]
    items[:] = [item for item in items if item not in empty]
    config.hook.pytest_deselected(items=empty)
    on_postgres.kept(config, items)


def is_empty(mark: pytest.Mark) -> bool:
    return str(mark.kwargs.get("reason", "")).startswith("got empty parameter set")


def refused(report: Any) -> Any:
    """The report, failed where it was a skip and CI looks on."""
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return refused((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return refused((yield))


@pytest.fixture(autouse=True, scope="session")
def every_error_code_is_described() -> Generator[None]:
    rows = re.findall(r"^\| \d{3} \| ([^|]+) \|", DOCS.read_text(), re.MULTILINE)
    described = {code for cell in rows for code in re.findall(r"`([^`]+)`", cell)}
    made = ClawdError.__init__

    def watched(error: ClawdError, *args: Any, **more: Any) -> None:
        made(error, *args, **more)
        assert error.code in described | {None, "unavailable"}, f"{error.code} is not in docs/errors.md"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClawdError, "__init__", watched)
        yield
