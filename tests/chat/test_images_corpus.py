"""Malicious pictures are uploaded: each gets the manifest's status, and memory stays bounded.

Collected where CLAWDBOT_CORPORA names the folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import corpora
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble

ROOT = corpora.folder("images-malicious")
EXPECTED = json.loads((ROOT / "generated" / "manifest.json").read_text()) if ROOT else {}
ITSELF = 100_000_000  # bytes that the gateway may grow by; a bomb would take gigabytes
TRACES = (b"Exif", b"GPS", b"<?php", b"<script", b"alert(", b"PK\x03\x04", b"tEXt", b"zTXt")


@pytest.fixture(scope="module")
def world(double: OllamaDouble) -> Iterator[World]:
    limits = {"per_user": {"rpm": None, "parallel": None}, "per_address": {"rpm": None}}
    with World(double, models={"vision": "vision:latest"}, limits=limits) as world:
        yield world


def peak(world: World) -> int:
    """Bytes that the gateway itself has had at most."""
    status = Path(f"/proc/{world.child.pid}/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def statuses(expected: str) -> set[int]:
    """`accept_clean_or_reject_400` -> {201, 400}"""
    found = {int(word) for word in expected.split("_") if word.isdigit()}
    return found | ({201} if expected.startswith("accept") else set())


if ROOT:

    def test_each_picture_of_the_manifest_gets_its_status(world: World) -> None:
        alice, before, wrong = world.client("alice"), peak(world), {}
        for name, row in EXPECTED.items():
            content = (ROOT / "generated" / name).read_bytes()
            sent = alice.post("/api/images", content=content, headers={"Content-Type": "image/png"})
            if sent.status_code not in statuses(row["expect"]):
                wrong[name] = (row["expect"], sent.status_code, sent.text[:100])
            elif sent.status_code == 201:
                kept = alice.get(f"/api/images/{sent.json()['id']}").content
                assert not [trace for trace in TRACES if trace in kept], name
                assert max(sent.json()["width"], sent.json()["height"]) <= 1568
        assert wrong == {}
        assert peak(world) - before < ITSELF

    @pytest.mark.parametrize("folder", ["pillow", "patt"])
    def test_other_peoples_pictures_are_kept_clean_or_refused(world: World, folder: str) -> None:
        alice = world.client("alice")
        for path in sorted((ROOT / folder).iterdir()):
            if path.suffix not in (".txt", ".json") and path.name != "LICENSE":
                sent = alice.post(
                    "/api/images", content=path.read_bytes(), headers={"Content-Type": "image/gif"}
                )
                assert sent.status_code in (201, 400, 413, 415), path.name
