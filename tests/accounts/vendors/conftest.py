"""The doubles of the vendors, stocked with alice, bob (Team A) and charlie (Sales); none may note a fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.vendors.login import At
from tests.doubles.vendors import make


def _running(kind: str) -> Iterator[At]:
    with make(kind, redirect_uris=["https://chat.example.com/callback"]) as double:
        yield At(double, kind)
        assert double.faults == []


@pytest.fixture
def wecom() -> Iterator[At]:
    yield from _running("wecom")


@pytest.fixture
def dingtalk() -> Iterator[At]:
    yield from _running("dingtalk")


@pytest.fixture
def feishu() -> Iterator[At]:
    yield from _running("feishu")


@pytest.fixture
def lark() -> Iterator[At]:
    yield from _running("lark")


@pytest.fixture(params=["wecom", "dingtalk", "feishu", "lark"])
def vendor(request: pytest.FixtureRequest) -> Iterator[At]:
    yield from _running(request.param)
