"""The test run is strict: in CI a skip is a failure, and nothing is skipped by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clawdsite.core.errors import BadRequest
from tests.house import tree

SKIPPING = """
import pytest

def test_needs_a_part():
    pytest.skip("postgres is not here: apt-get install postgresql")

def test_passes():
    pass

@pytest.mark.parametrize("row", [])
def test_over_a_list_that_is_not_here(row):
    pass
"""


@pytest.mark.parametrize(
    ("ci", "code", "line"),
    [("true", 1, "1 failed, 1 passed, 1 deselected"), ("", 0, "1 passed, 1 skipped, 1 deselected")],
)
def test_a_skip_fails_in_ci_alone_and_says_what_is_missing(
    ci: str, code: int, line: str, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.strict import *\n"  # the hooks of tests/conftest.py
    )
    (tmp_path / "test_it.py").write_text(SKIPPING)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", tmp_path],
        env=os.environ
        | {
            "CI": ci,
            "PYTHONPATH": str(tree.ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == code, found.stdout + found.stderr
    assert line in found.stdout
    assert "apt-get install postgresql" in found.stdout


def test_an_error_code_that_no_page_describes_fails_the_test_that_meets_it() -> None:
    with pytest.raises(AssertionError, match="made_up is not in docs"):
        BadRequest("No.", code="made_up")
