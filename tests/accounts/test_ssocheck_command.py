"""`clawdbot sso` as a person runs it: its words, its exit code, and no secret in either."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.doubles import vendors
from tests.proof import proves
from tests.server import warm
from tests.server.process import Process

SECRET = vendors.SECRET.format(kind="wecom")


def clawdbot(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return warm.run(["manage.py", "sso", *words, "--config", str(config)], dict(os.environ))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def config(folder: Path, **parts: Any) -> Path:
    file = folder / "config.yaml"
    found = {"mode": "development", "data_dir": str(folder), "database_url": f"sqlite:///{folder}/db.sqlite3"}
    file.write_text(yaml.safe_dump(found | parts))
    file.chmod(0o600)
    return file


@proves("promise-M8")
def test_the_command_says_what_where_and_the_fix(folder: Path) -> None:
    with vendors.make("wecom") as double:
        entry = vendors.provider(double, "wecom", "http://localhost:8080/callback")
        file = config(folder, oauth2=entry)
        double.switches["ip_refused"] = True
        done = clawdbot(file, "check")
        assert done.returncode == 1, done.stderr
        assert "wecom (wecom):" in done.stdout
        assert (
            "error    the app's page at the vendor: WeCom department/simplelist: errcode 60020" in done.stdout
        )
        assert "           -> mend it there" in done.stdout
        assert "warning  database_url: Teams could not be compared" in done.stdout
        assert "note     WeCom has no PKCE" in done.stdout
        assert done.stdout.endswith("1 error, 1 warning\n")
        double.switches.clear()
        sound = clawdbot(file, "check", "--provider", "wecom")
        assert sound.returncode == 0, sound.stdout
        assert SECRET not in done.stdout + done.stderr + sound.stdout + sound.stderr


def test_a_name_that_is_none_and_a_file_without_providers(folder: Path) -> None:
    bare = clawdbot(config(folder), "check")
    assert (bare.returncode, bare.stdout[:34]) == (0, "no sign-on provider is configured:")
    wrong = clawdbot(config(folder), "check", "--provider", "wecom")
    assert (wrong.returncode, wrong.stderr) == (2, "clawdbot: there is no provider wecom; configured: none\n")


@proves("promise-M8")
def test_a_file_that_cannot_be_used_is_named_line_by_line(folder: Path) -> None:
    entry = {
        "provider": "wecom",
        "client_id": "ww1",
        "client_secret": SECRET,
        "redirect_uri": "http://localhost:8080/callback/",
        "provider_options": {"agent_id": "1"},
    }
    done = clawdbot(config(folder, oauth2=entry), "check")
    assert done.returncode == 1
    assert "has a slash too many at its end" in done.stderr
    assert SECRET not in done.stdout + done.stderr


@proves("promise-M8")
def test_beside_a_running_gateway_the_dry_run_and_the_sync_use_its_database() -> None:
    with vendors.make("wecom") as double:
        entry = vendors.provider(double, "wecom", "http://localhost:8080/callback")
        with Process(oauth2=[entry | {"group_map": {"wecom:dept:3": "team-a"}}]) as gateway:
            done = clawdbot(gateway.config_file, "check", "--as", "alice")
            assert done.returncode == 0, done.stdout + done.stderr
            assert "alice at wecom, a dry run:" in done.stdout
            assert "In team-a: group_map of wecom:dept:3." in done.stdout
            synced = clawdbot(gateway.config_file, "sync")
            assert synced.returncode == 0, synced.stderr
            assert synced.stdout == (
                "wecom: asked about 0, moved 0, gone 0 (switched off 0), back 0, no answer 0\n"
            ) or synced.stdout.startswith("nobody to ask about")
