"""One started gateway, with a double of the model behind it, for the tests that do not change it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.ollama import OllamaDouble
from tests.server.process import Process, free_port


@pytest.fixture(scope="package")
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as double:
        yield double


@pytest.fixture(scope="package")
def gateway(double: OllamaDouble) -> Iterator[Process]:
    """Development mode, debug port open, one page's origin welcome."""
    server = {"port": 0, "cors_origins": ["https://app.example.com"], "max_body": 100_000}
    with Process(cold=True, upstream={"url": double.url}, debug_port=free_port(), server=server) as gateway:
        gateway.wait_for(lambda: any("Debug port" in line for line in gateway.out))
        with gateway.client(None) as client:  # on a busy machine the tables may come later
            gateway.wait_for(lambda: client.get("/readyz").status_code == 200)
        yield gateway
