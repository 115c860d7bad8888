"""Sampled bodies: so many, without secrets and pictures, for thirty days, for nobody else's eyes (H-50)."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.caller import Caller
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from gateway import bodies
from gateway.call import Call
from tests.proof import proves
from tests.server.process import Process

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with live.override(Config(mode="development", data_dir=str(tmp_path))):
        yield tmp_path / "bodies"


def call(body: Any) -> Call:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Call(
        "req_1", path="/v1/chat/completions", caller=Caller("token", "sso:alice"), sampled=True, body=raw
    )


def kept(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()
    ]


@proves("hard-H50")
def test_the_share_is_exact_and_nothing_without_the_key() -> None:
    draw = random.Random(7).random
    hits = sum(bodies.chosen(0.01, draw) for _ in range(100_000))
    assert 900 < hits < 1100
    assert not any(bodies.chosen(0, draw) for _ in range(1000))
    assert all(bodies.chosen(1, draw) for _ in range(1000))


@proves("hard-H50", "promise-S33")
def test_a_body_is_kept_whole_without_secrets_and_pictures(folder: Path) -> None:
    picture = b"\x89PNG" + bytes(range(256)) * 20
    url = "data:image/png;base64," + base64.b64encode(picture).decode()
    body = {
        "model": "qwen3:32b",
        "api_key": "abcdefghijklmnop",
        "messages": [
            {"role": "user", "content": "my key is sk-abcdefghijklmnop1234, 你好"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]},
        ],
    }
    pending = bodies.keep(call(body))
    assert pending is not None
    pending.result(10)
    (line,) = kept(folder)
    assert line["request_id"] == "req_1"
    assert line["caller"] == "sso:alice"
    assert line["bytes"] == len(json.dumps(body))
    sha = hashlib.sha256(picture).hexdigest()
    assert line["body"] == {
        "model": "qwen3:32b",
        "api_key": "[redacted]",
        "messages": [
            {"role": "user", "content": "my key is [redacted], 你好"},
            {
                "role": "user",
                "content": [
                    {
                        "type": "image_url",
                        "image_url": {"url": {"image": "image/png", "bytes": len(picture), "sha256": sha}},
                    }
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    "body",
    [b"not json", b"\xff\xfe", b"[" * 100_000, b'{"a": "' + b"x y " * 100_000 + b'"}'],
    ids=lambda b: repr(b[:12]),
)
@proves("hard-H50")
def test_what_is_no_json_or_too_long_is_kept_as_size_and_hash(folder: Path, body: bytes) -> None:
    pending = bodies.keep(call(body))
    assert pending is not None
    pending.result(10)
    (line,) = kept(folder)
    assert line["body"] == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


@proves("hard-H50")
def test_the_files_are_for_the_gateways_user_alone_and_go_after_thirty_days(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    days = {age: folder / f"{NOW - timedelta(days=age):%Y-%m-%d}.jsonl" for age in (29, 31, 400)}
    for path in (*days.values(), folder / "notes.txt"):
        path.write_text("{}\n")
    pending = bodies.keep(call({}))
    assert pending is not None
    pending.result(10)
    today = folder / f"{datetime.now(UTC):%Y-%m-%d}.jsonl"
    assert stat.S_IMODE(today.stat().st_mode) == 0o600
    assert {path.name for path in folder.iterdir()} == {today.name, days[29].name, "notes.txt"}


@proves("hard-H50")
def test_a_server_deletes_them_also_where_nothing_is_sampled_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "bodies"
    folder.mkdir(mode=0o700)
    old, new = (folder / f"{NOW - timedelta(days=age):%Y-%m-%d}.jsonl" for age in (32, 3))
    old.touch()
    new.touch()
    with Process(data_dir=str(tmp_path)) as gateway:
        gateway.wait_for(lambda: not old.exists())
    assert new.exists()


def test_a_day_has_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "FULL", 300)
    for _ in range(5):
        pending = bodies.keep(call({"n": "x" * 50}))
        assert pending is not None
        pending.result(10)
    assert len(kept(folder)) == 1


def test_a_disk_that_cannot_be_written_is_a_line_in_the_log(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file where the folder should be")
    pending = bodies.keep(call({}))
    assert pending is not None
    pending.result(10)
    assert "was not kept" in caplog.text
