"""The staircase: imports go down only, and the contract that holds it goes red when one goes up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import tree

LINT = Path(sys.executable).with_name("lint-imports")

UPWARD = [
    pytest.param("clawdsite/core/planted.py", "import accounts.caller", id="core-imports-accounts"),
    pytest.param("accounts/planted.py", "import gateway.types", id="accounts-imports-gateway"),
    pytest.param("gateway/planted.py", "import clawdsite.urls", id="gateway-imports-site"),
    pytest.param("gateway/wire/planted.py", "import django.http", id="wire-imports-django"),
    pytest.param("accounts/policy.py", "import rest_framework", id="policy-imports-rest-framework"),
    pytest.param("gateway/services.py", "import aiohttp", id="services-import-aiohttp"),
]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)


def test_the_contract_holds() -> None:
    found = lint(tree.ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(("file", "line"), UPWARD)
def test_a_planted_import_turns_it_red(file: str, line: str, tmp_path: Path) -> None:
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    for folder in tree.PRODUCT:
        if (tree.ROOT / folder).is_dir():
            shutil.copytree(tree.ROOT / folder, tmp_path / folder)
    with (tmp_path / file).open("a") as planted:
        planted.write(f"\n{line}\n")
    found = lint(tmp_path)
    assert found.returncode == 1, found.stdout
    assert "BROKEN" in found.stdout
