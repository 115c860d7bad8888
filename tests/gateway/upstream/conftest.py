"""A double for every test of the upstream client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import uvloop

from tests.doubles.ollama import OllamaDouble
from tests.gateway.upstream import asking


@pytest.fixture(params=["asyncio", "uvloop"])
def either_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test on Python's own event loop, and on the one of `clawdbot start`."""
    factory = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}[request.param]
    monkeypatch.setattr(asking, "new_loop", factory)


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    """With all models loaded, and no limits."""
    with OllamaDouble() as double:
        yield double
