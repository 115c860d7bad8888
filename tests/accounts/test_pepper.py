"""The pepper: made once, nobody else's to read, and never in the database."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from accounts.pepper import PepperError, derived, pepper
from clawdsite.core.config.schema import Auth, Config


def config(folder: Path, **auth: str) -> Config:
    return Config(data_dir=str(folder), auth=Auth(**auth))  # type: ignore[arg-type]


def test_hard_H38_it_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    first = pepper(config(tmp_path / "var"))
    path = tmp_path / "var" / "pepper.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["pepper.key"]
    assert len(first) >= 32
    assert pepper(config(tmp_path / "var")) == first
    assert pepper(config(tmp_path / "other")) != first


def test_a_configured_one_needs_no_file(tmp_path: Path) -> None:
    assert pepper(config(tmp_path / "var", pepper="p" * 40)) == b"p" * 40
    assert not (tmp_path / "var").exists()


def test_each_purpose_has_a_key_of_its_own(tmp_path: Path) -> None:
    found = config(tmp_path)
    assert derived(found, "audit") == derived(found, "audit")
    assert len({derived(found, "audit"), derived(found, "client secrets"), pepper(found)}) == 3
    assert len(derived(found, "audit")) == 32


def test_of_many_that_start_together_all_have_one(tmp_path: Path) -> None:
    found: list[bytes] = []
    start = threading.Barrier(8)

    def run() -> None:
        start.wait()
        found.append(pepper(config(tmp_path / "var")))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_file_that_was_cut_off_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "pepper.key").write_text("short\n")
    with pytest.raises(PepperError, match="shorter than 32 bytes"):
        pepper(config(tmp_path))
    (tmp_path / "pepper.key").unlink()
    (tmp_path / "pepper.key").mkdir()
    with pytest.raises(PepperError, match=r"pepper\.key: .*check data_dir"):
        pepper(config(tmp_path))
