"""`clawdbot token issue`: the token and nothing else, or one line that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdsite.cli import main
from clawdsite.core.config import live
from clawdsite.core.config.load import load
from tests.accounts.doors import judge


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A development configuration with no auth.jwt; what the command puts in force ends with the test."""
    monkeypatch.setattr(live, "_current", live.current())
    monkeypatch.setattr(live, "_path", None)
    monkeypatch.setenv("CLAWDBOT_CONFIG", "")
    path = tmp_path / "config.yaml"
    path.write_text(f"mode: development\ndata_dir: {tmp_path / 'var'}\n")
    return path


def test_every_option_but_config_may_be_left_out(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "issue", "--config", str(file)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.count("\n") == 1
    caller = judge(load(file, {}), said.out.strip()).caller
    assert caller is not None
    assert caller.id.endswith(":tester")
    assert caller.scopes == {"chat:read", "chat:write"}


def test_each_option_counts(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--sub", "alice", "--scope", "chat:read history:team-a", "--ttl", "90m"]
    assert main(["token", "issue", "--config", str(file), *words]) == 0
    caller = judge(load(file, {}), capsys.readouterr().out.strip()).caller
    assert caller is not None
    assert caller.id.endswith(":alice")
    assert caller.teams == {"team-a"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--ttl", "25h"], "a token lives 1 s to 24 h; 25 h was asked for", id="ttl"),
        pytest.param(["--scope", "chat:all"], "unknown scope chat:all", id="scope"),
        pytest.param(["--sub", ""], "the subject must be printable text", id="sub"),
    ],
)
def test_what_would_not_count_is_refused(
    words: list[str], said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "issue", "--config", str(file), *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_a_key_that_cannot_be_used_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = file.parent / "var" / "keys"
    keys.mkdir(parents=True)
    (keys / "0001.pem").write_text("nonsense")
    assert main(["token", "issue", "--config", str(file)]) == 1
    assert "0001.pem: not a private key" in capsys.readouterr().err
