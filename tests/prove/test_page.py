"""Two pages, a bad network, eight thousand times: whatever people do, both show in the end what is stored."""

from __future__ import annotations

import subprocess

import pytest

from scripts import node
from tests.proof import proves
from tests.server.process import ROOT

pytestmark = pytest.mark.prove

FIRST, LAST = 1_001, 9_000  # `npm test` plays the first few hundred


@proves("ui-34", "ui-76", "ui-81")
def test_two_pages_over_a_bad_network_show_what_is_stored() -> None:
    words = ["node", "tests/js/play/long.js", str(FIRST), str(LAST)]
    played = subprocess.run(
        words, cwd=ROOT, env=dict(node.found().env), capture_output=True, text=True, timeout=900, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr
