"""A gateway and a double of the model for every test of the road."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.admission import limits
from tests.doubles.ollama import OllamaDouble
from tests.live import LiveGateway

UNLIMITED: dict[str, Any] = {
    "per_user": {"rpm": None, "parallel": None},
    "per_address": {"rpm": None},
}


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as double:
        yield double


@pytest.fixture
def gateway(double: OllamaDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveGateway]:
    monkeypatch.setattr(limits, "window", limits.Window())
    with LiveGateway(upstream={"url": double.url}, limits=UNLIMITED) as gateway:
        yield gateway
