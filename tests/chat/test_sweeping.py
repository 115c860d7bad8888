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


def test_where_one_part_fails_the_others_are_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def broken() -> None:
        done.append("answers")
        raise KeyError("a bug")

    monkeypatch.setattr(sweeping.generations, "sweep", broken)
    monkeypatch.setattr(sweeping.keeping, "purge", lambda: done.append("purge"))
    monkeypatch.setattr(sweeping, "_forget", lambda: done.append("rest"))
    with pytest.raises(KeyError):
        sweeping.sweep()
    assert done == ["answers", "purge", "rest"]
