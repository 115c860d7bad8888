"""One gateway with people for the tests of a file: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble


@pytest.fixture(scope="module")
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as double:
        yield double


@pytest.fixture(scope="module")
def world(double: OllamaDouble) -> Iterator[World]:
    with World(double) as world:
        yield world
