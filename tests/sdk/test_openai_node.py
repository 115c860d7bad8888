"""The official SDK for Node, by node's own test runner (tests/sdk_js), against the same gateway."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.house import tree
from tests.sdk.conftest import Gateway

FOLDER = tree.ROOT / "tests" / "sdk_js"


def run(gateway: Gateway, file: str) -> str:
    """The runner's report; the test fails with it where one of its tests did."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules/openai").is_dir():
        pytest.skip(
            "node or its openai package is not here: install Node.js 20 or later, then make setup-dev"
        )
    told = {"BASE_URL": gateway.base_url, "REAL_MODEL": gateway.real}
    tokens = {"TOKEN_ALICE": gateway.token("alice"), "TOKEN_READER": gateway.token("reader")}
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", file],
        cwd=FOLDER,
        env=os.environ | told | tokens,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.live
def test_it_gets_its_answers(gateway: Gateway) -> None:
    assert "fail 0" in run(gateway, "answers.test.mjs")


def test_it_hears_of_trouble_and_leaves_nothing_running(gateway: Gateway) -> None:
    assert "fail 0" in run(gateway, "trouble.test.mjs")
    assert gateway.double is not None
    left = ("endless:latest", "stuck:latest")
    asked = [each for each in gateway.double.journal.to("/api/chat") if each.model in left]
    assert len(asked) >= 2
    gateway.double.wait_for(lambda _: all(each.closed_by == "client" for each in asked), 5)
