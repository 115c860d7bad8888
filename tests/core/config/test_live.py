"""The configuration in force: swapped whole or kept whole, while everything else runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clawdsite.core.config import live
from clawdsite.core.config.load import read
from clawdsite.core.config.schema import Config
from tests.core.config.files import ISSUER, SECRET, mount, write
from tests.proof import proves

GOOD = "server: {public_url: https://chat.example.com}\nmax_connections: 4\n" + ISSUER


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before, path = live.current(), live._path
    yield
    live.install(before, path)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good file in force, JWT_SECRET in the environment."""
    monkeypatch.setenv("JWT_SECRET", SECRET)
    path = write(tmp_path, GOOD)
    live.install(read(path, os.environ).config, path)
    return path


def rewrite(path: Path, text: str | bytes) -> None:
    """A finished edit: as if it had been made a moment ago."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    long_ago = path.stat().st_mtime - 60
    os.utime(path, (long_ago, long_ago))


def test_without_a_file_the_development_defaults_are_in_force() -> None:
    live.install(Config(mode="development"))
    assert live.current() == Config(mode="development")
    assert live.reload().ok
    assert live.current() == Config(mode="development")


@proves("promise-S32", "fault-F45")
def test_an_edit_is_taken_over_as_a_whole(path: Path) -> None:
    before = live.current()
    rewrite(path, GOOD.replace("connections: 4", "connections: 50") + "models: {default: llama3}\n")
    result = live.reload()
    assert (result.ok, result.problems, result.needs_restart) == (True, (), ())
    assert result.changed == ("upstream.max_connections", "models.default")
    assert live.current().upstream.max_connections == 50
    assert before.upstream.max_connections == 4, "who still holds the old one sees no change"


def test_without_an_edit_the_very_same_object_stays(path: Path) -> None:
    before = live.current()
    assert live.reload().changed == ()
    assert live.current() is before


@proves("promise-S32", "hard-H38")
def test_a_rotated_secret_is_taken_over_and_not_told(path: Path) -> None:
    mounted = mount(path.parent, SECRET, "jwt")
    rewrite(path, GOOD.replace('secret: "${JWT_SECRET}"', "secret_file: jwt"))
    assert live.reload().changed == ()
    rewrite(mounted, SECRET[::-1])
    result = live.reload()
    assert result.changed == ("auth.jwt[0].secret",)
    assert live.current().auth.jwt[0].secret.get_secret_value() == SECRET[::-1]
    assert SECRET[::-1] not in repr(result)


SIGN_ON = """\
oauth2:
  - {name: sso, issuer_url: https://sso.example.com/a, client_id: c, client_secret: "${JWT_SECRET}", redirect_uri: https://chat.example.com/callback}
  - {provider: wecom, client_id: ww1, client_secret: wecom-secret, redirect_uri: https://chat.example.com/callback, provider_options: {agent_id: "1"}}
"""  # noqa: E501 - one line, one provider


@proves("promise-S32", "sso-J2")
def test_a_providers_secret_is_rotated_by_a_reload_and_not_told(path: Path) -> None:
    rewrite(path, GOOD + SIGN_ON)
    result = live.reload()
    assert (result.ok, result.changed, result.needs_restart) == (True, ("oauth2",), ())
    before = live.current().providers
    rewrite(path, GOOD + SIGN_ON.replace("wecom-secret", "wecom-rotated"))
    result = live.reload()
    assert (result.ok, result.changed, result.needs_restart) == (True, ("oauth2[1].client_secret",), ())
    assert "wecom-" not in repr(result)
    sso, wecom = live.current().providers
    assert wecom.client_secret.get_secret_value() == "wecom-rotated"
    assert sso == before[0], "the other provider is as it was"


def test_what_changed_of_a_provider_is_named_by_its_keys(path: Path) -> None:
    rewrite(path, GOOD + SIGN_ON)
    live.reload()
    edited = SIGN_ON.replace('agent_id: "1"', 'agent_id: "2", ancestors: yes').replace("name: sso", "name: a")
    rewrite(path, GOOD + edited + "session: {idle: 1h}\n")
    changed = live.reload().changed
    options = "oauth2[1].provider_options"
    assert changed == ("session.idle", "oauth2[0].name", f"{options}.agent_id", f"{options}.ancestors")
    rewrite(path, GOOD + SIGN_ON.rpartition("  - ")[0])
    assert "oauth2" in live.reload().changed, "a provider more or less is named as a whole"


def test_sessions_front_ends_and_sign_on_need_no_restart_but_the_pepper_does(path: Path) -> None:
    more = GOOD.replace("{public", "{front_ends: [https://app.example.com], public")
    more += f"  local_login: true\n  pepper: {'p' * 40}\nsession: {{idle: 1h}}\nsso: {{sync: 0}}\n"
    rewrite(path, more + SIGN_ON)
    result = live.reload()
    assert result.needs_restart == ("auth.pepper",)
    assert set(result.changed) == {
        "server.front_ends", "session.idle", "auth.local_login", "oauth2", "sso.sync",
    }  # fmt: skip
    assert live.current().auth.pepper.get_secret_value() == ""


@proves("sso-J1")
def test_a_broken_provider_leaves_those_in_force_alone(path: Path) -> None:
    rewrite(path, GOOD + SIGN_ON)
    live.reload()
    before = live.current()
    rewrite(path, GOOD + SIGN_ON.replace('agent_id: "1"', ""))
    assert [problem.key for problem in live.reload().problems] == ["oauth2[1].provider_options.agent_id"]
    assert live.current() is before


@proves("promise-M14", "fault-F46")
@pytest.mark.parametrize(
    ("broken", "told"),
    [
        pytest.param("auth: [", "not valid YAML", id="broken"),
        pytest.param(GOOD[: len(GOOD) // 2], "config.yaml:", id="half-written"),
        pytest.param("", "is empty", id="truncated"),
        pytest.param(b"\xff\xfe\x00", "not valid YAML", id="binary"),
        pytest.param(GOOD + "modles: {}\n", "did you mean models?", id="unknown-key"),
        pytest.param(GOOD + "chat: 5\n", "expected `key: value` lines", id="wrong-type"),
        pytest.param(GOOD.replace("${JWT_SECRET}", "short"), "is too short", id="short-secret"),
        pytest.param(GOOD.replace("JWT_SECRET", "GONE"), "GONE is not set", id="variable-gone"),
    ],
)
def test_a_broken_file_changes_nothing_and_says_why(path: Path, broken: str | bytes, told: str) -> None:
    before = live.current()
    rewrite(path, broken)
    result = live.reload()
    assert not result.ok
    assert told in "\n".join(map(str, result.problems))
    assert result.at > 0
    assert live.current() is before
    rewrite(path, GOOD)
    assert live.reload().ok, "and a good one is taken again"


@proves("fault-F46")
def test_a_file_that_is_gone_changes_nothing(path: Path) -> None:
    before = live.current()
    path.unlink()
    assert [problem.message for problem in live.reload().problems] == ["no such file or directory"]
    assert live.current() is before


def test_keys_that_take_a_restart_keep_their_value_and_are_named(path: Path) -> None:
    port = live.current().server.port
    rewrite(path, "data_dir: elsewhere\n" + GOOD.replace("{public", "{port: 9999, drain: 5s, public"))
    result = live.reload()
    assert result.needs_restart == ("data_dir", "server.port")
    assert result.changed == ("server.drain",)
    assert (live.current().server.port, live.current().data_dir) == (port, str(path.parent / "var"))
    assert live.current().server.drain == 5


def test_a_file_does_not_become_acceptable_by_naming_another_mode(path: Path) -> None:
    """Production runs on; what only development allows is not taken over."""
    rewrite(path, "mode: development\nlogging: {sample_bodies: 1}\n" + GOOD)
    result = live.reload()
    assert [problem.key for problem in result.problems] == ["logging.sample_bodies"]
    assert live.current().logging.sample_bodies == 0


def test_other_issuers_are_named_as_a_whole(path: Path) -> None:
    rewrite(path, "max_connections: 4\nserver: {public_url: https://chat.example.com}\n")
    assert live.reload().changed == ("auth.jwt",)
    assert live.current().auth.jwt == ()


@proves("fault-F46")
def test_a_file_that_is_being_written_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each half of it would be valid too."""
    monkeypatch.setattr(live, "QUIET", 0.5)
    monkeypatch.setattr(live, "PATIENCE", 60.0)
    lines = [f"# line {number}\n" for number in range(20)]
    started = threading.Event()

    def slowly() -> None:
        with path.open("w") as opened:
            for line in [*GOOD.splitlines(keepends=True), *lines, "models: {default: llama3}\n"]:
                opened.write(line)
                opened.flush()
                started.set()
                threading.Event().wait(0.02)

    writer = threading.Thread(target=slowly)
    writer.start()
    started.wait(5)
    assert live.reload().changed == ("models.default",)
    writer.join()


def test_a_file_that_is_never_finished_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    path.write_text(GOOD + "models: {default: llama3}\n")
    assert [problem.message for problem in live.reload().problems] == ["is being written right now"]


@proves("fault-F47")
def test_many_reloads_at_once_end_in_one_state(path: Path) -> None:
    rewrite(path, GOOD.replace("connections: 4", "connections: 8"))
    results: list[live.Reload] = []
    threads = [threading.Thread(target=lambda: results.append(live.reload())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.changed for result in results) == [()] * 19 + [("upstream.max_connections",)]
    assert live.current().upstream.max_connections == 8


def test_an_override_ends_with_its_block() -> None:
    before = live.current()
    with live.override(Config(data_dir="elsewhere")) as config:
        assert live.current() is config
    assert live.current() is before
