"""The thread that sweeps."""

from __future__ import annotations

import threading

import pytest

from chat import sweeping


def test_the_next_round_comes_whatever_happened_in_this_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[None] = []
    twice = threading.Event()

    def broken() -> None:
        rounds.append(None)
        if len(rounds) > 1:
            twice.set()
        raise RuntimeError("what somebody said")

    monkeypatch.setattr(sweeping, "EVERY", 0.001)
    monkeypatch.setattr(sweeping, "sweep", broken)
    sweeper = sweeping.Sweeper()
    sweeper.start()
    try:
        assert twice.wait(10)
    finally:
        sweeper.stop()
    assert [line.getMessage() for line in caplog.records] == ["the chat is not swept: RuntimeError"]
