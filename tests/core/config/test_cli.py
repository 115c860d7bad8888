"""`clawdbot check`, `explain` and the door to all other commands, as a person types them."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from clawdsite import __version__, cli
from clawdsite.cli import main
from clawdsite.core.config import live
from tests.core.config.files import ISSUER, SECRET, write
from tests.proof import proves

ROOT = Path(__file__).parents[3]
GOOD = "server: {public_url: https://chat.example.com}\nmax_connections: 4\n" + ISSUER


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, JWT_SECRET set, nothing left in force afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JWT_SECRET", SECRET)
    monkeypatch.setenv("CLAWDBOT_CONFIG", "")
    before, path = live.current(), live._path
    yield
    live.install(before, path)


def typed(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *words],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@proves("promise-M14", "promise-S34")
def test_check_says_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, GOOD)
    assert main(["check", "--config", "config.yaml"]) == 0
    assert capsys.readouterr() == ("config.yaml: ok\n", "")


def test_check_tells_warnings_and_is_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, GOOD + "debug_port: 1\n")
    assert main(["check"]) == 0
    assert capsys.readouterr().out == (
        "warning: config.yaml:9: debug_port: is never opened in production\nconfig.yaml: ok\n"
    )


@proves("promise-M14")
def test_check_lists_every_problem_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, GOOD + "modles: {}\ntimeout: soon\n")
    assert main(["check"]) == 1
    assert capsys.readouterr() == (
        "",
        "config.yaml:9: modles: unknown key (did you mean models?)\n"
        "config.yaml:10: timeout: expected a duration such as 120s, 5m or 1h30m\n",
    )


@pytest.mark.parametrize("command", [["check"], ["start"], ["token", "issue"]])
def test_without_a_file_one_is_told_what_to_do(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 1
    assert capsys.readouterr().err == (
        "clawdbot: no configuration: give --config FILE, set CLAWDBOT_CONFIG, or copy config.example.yaml "
        "to ./config.yaml\n"
    )


def test_the_file_may_be_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, GOOD, "other.yaml")
    monkeypatch.setenv("CLAWDBOT_CONFIG", "other.yaml")
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "other.yaml: ok\n"


@proves("promise-M14")
def test_explain_prints_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, GOOD)
    assert main(["explain", "max_connections"]) == 0
    assert capsys.readouterr().out == (
        "upstream.max_connections = 4\n"
        "  from     config.yaml:2\n"
        "  type     whole number\n"
        "  default  10\n"
        "  change   a reload (SIGHUP) takes it over\n"
        "  Answers at once; should equal OLLAMA_NUM_PARALLEL.\n"
    )


@proves("sso-J2", "hard-H38")
@pytest.mark.parametrize("words", [["check"], ["explain", "oauth2"], ["explain", "auth"]])
@pytest.mark.parametrize("agent", ["agent_id: '1'", "agent: '1'"])
def test_no_command_shows_a_secret_of_sign_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    agent: str,
) -> None:
    monkeypatch.setenv("WECOM_SECRET", "canary-of-wecom")
    wecom = f"""\
  pepper: {"canary-" * 6}
oauth2:
  provider: wecom
  client_id: ww1
  client_secret: "${{WECOM_SECRET}}"
  redirect_uri: https://chat.example.com/callback
  provider_options: {{{agent}}}
"""
    write(tmp_path, GOOD + wecom)
    assert main(words) == (1 if "agent:" in agent else 0)
    out, err = capsys.readouterr()
    assert out or err
    assert "canary" not in out + err


def test_explain_of_an_unknown_key_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "models.defualt"]) == 1
    assert (
        capsys.readouterr().err == "clawdbot: there is no key models.defualt; did you mean models.default?\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["check", "--nonsense"],
        ["explain"],
        ["start", "--workers", "0"],
        ["start", "--workers", "many"],
        ["token"],
        ["token", "issue", "--ttl", "soon"],
        ["--nonsense"],
    ],
)
def test_a_wrong_call_is_exit_2_and_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "usage: clawdbot" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"clawdbot {__version__}\n"


@pytest.mark.parametrize(
    ("words", "module", "given"),
    [
        (["start"], "start", {"no_debug_port": False, "workers": None, "demo": False}),
        (["start", "--no-debug-port", "--workers", "2", "--demo"], "start",
         {"no_debug_port": True, "workers": 2, "demo": True}),
        (["token", "issue", "--sub", "alice", "--scope", "chat:read", "--ttl", "1h"], "token",
         {"sub": "alice", "scope": "chat:read", "ttl": 3600.0}),
        (["token", "issue"], "token", {"sub": None, "scope": None, "ttl": None}),
    ],
)  # fmt: skip
def test_options_arrive_at_their_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], module: str, given: dict[str, object]
) -> None:
    write(tmp_path, GOOD)
    seen: list[argparse.Namespace] = []
    double = types.ModuleType(module)
    double.run = lambda args: seen.append(args) or 7  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"clawdsite.cli.{module}", double)
    assert main([*words, "--config", "config.yaml"]) == 7
    assert vars(seen[0]).items() >= (given | {"config": "config.yaml"}).items()


def test_all_other_words_go_to_django_with_the_configuration_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, GOOD)
    seen: list[list[str]] = []
    monkeypatch.setattr("django.core.management.execute_from_command_line", seen.append)
    assert main(["migrate", "--config", "config.yaml", "--plan"]) == 0
    assert seen == [["clawdbot", "migrate", "--plan"]]
    assert live.current().upstream.max_connections == 4
    assert os.environ["CLAWDBOT_CONFIG"] == str(path)


def test_a_misspelled_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strat"]) == 2
    assert capsys.readouterr().err == "clawdbot: there is no command strat; did you mean start?\n"


def test_a_broken_file_stops_djangos_commands_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "modles: {}")
    assert main(["migrate"]) == 1
    assert capsys.readouterr().err == "config.yaml:1: modles: unknown key (did you mean models?)\n"


@proves("promise-S34")
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["check"], "timeout: soon"),
        (["start"], "timeout: soon"),
        (["explain", "timeout"], "timeout: soon"),
        (["migrate"], "timeout: soon"),
        (["check", "--config", "nowhere.yaml"], "timeout: 1s"),
        (["check"], "\0"),
    ],
)
def test_no_mistake_ends_in_a_traceback(tmp_path: Path, words: list[str], text: str) -> None:
    write(tmp_path, text)
    found = typed(*words, folder=tmp_path)
    assert (found.returncode, found.stdout) == (1, "")
    assert ".yaml:" in found.stderr
    assert "Traceback" not in found.stderr


def test_djangos_settings_are_made_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, GOOD + f"data_dir: {tmp_path / 'kept'}\ndatabase_url: sqlite:///mine.sqlite3\n")
    found = typed("diffsettings", "--config", "config.yaml", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "mine.sqlite3" in found.stdout
    assert "chat.example.com" in found.stdout
    assert "DEBUG = True" not in found.stdout


def test_every_own_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(re.search(rf"^ +{command}\b", told, re.M) for command in cli.OWN)
