"""`@proves("promise-S2")` puts the name of what a test proves into its id (contract.md, Tests)."""

from __future__ import annotations

import pytest


def proves(*names: str) -> pytest.MarkDecorator:
    """names: `promise-S2`, `fault-F14`, `vec-T16`, ... The test runs once and carries all of them."""
    return pytest.mark.parametrize("proof", ["+".join(names)], indirect=True, ids=str)
