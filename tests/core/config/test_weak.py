"""Secrets that everyone knows are known to the gateway too, without the list being shipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clawdsite.core.config import weak
from clawdsite.core.config.weak import SHORTEST, WIDTH, pack, weak_secret
from tests.proof import proves

CORPORA = os.environ.get("CLAWDBOT_CORPORA")
PACKED = Path(weak.__file__).with_name("weak_secrets.bin")


@proves("hard-H39")
@pytest.mark.parametrize(
    "secret",
    [
        "reallyreallyreallyreallyverysafe",
        "<random_string_at_least_32_characters_long>",
        "r9iMKoe5CRMgvJBBtp4HrqN7QiPpUToj",
        "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef",
        " reallyreallyreallyreallyverysafe\n",
    ],
)
def test_a_well_known_secret_is_recognised(secret: str) -> None:
    assert weak_secret(secret.encode())


def test_a_secret_of_ones_own_is_not() -> None:
    assert not any(weak_secret(os.urandom(32)) for _ in range(1000))


def test_the_prefixes_are_sorted_and_each_stands_once() -> None:
    packed = PACKED.read_bytes()
    prefixes = [packed[start : start + WIDTH] for start in range(0, len(packed), WIDTH)]
    assert len(prefixes) > 1800
    assert all(len(prefix) == WIDTH for prefix in prefixes)
    assert prefixes == sorted(set(prefixes))


if CORPORA:

    def test_the_whole_list_is_recognised_and_nothing_else_was_packed() -> None:
        lines = (Path(CORPORA) / "jwt-weak-secrets" / "jwt.secrets.list").read_bytes().split(b"\n")
        long = [line.rstrip(b"\r") for line in lines if len(line.rstrip(b"\r")) >= SHORTEST]
        assert len(long) > 1800
        assert [line for line in long if not weak_secret(line)] == []
        assert pack(lines) == PACKED.read_bytes()
