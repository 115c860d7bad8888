"""Malicious pictures of the shared corpus; collected where CLAWDBOT_CORPORA names the folder."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path

import pytest

from clawdsite.core.config.schema import ImageLimits
from clawdsite.core.errors import BadRequest
from gateway import image_worker, images
from tests import corpora
from tests.gateway.pictures import PARAM, read, sent, structure

ROOT = corpora.folder("images-malicious")
FILES = [
    path
    for path in (sorted(ROOT.glob("*/*")) if ROOT else ())
    if path.suffix not in (".txt", ".json") and path.name != "LICENSE"
]
EXPECTED = json.loads((ROOT / "generated" / "manifest.json").read_text()) if ROOT else {}
ALLOWED = image_worker.MEMORY + image_worker.MEMORY_A_PIXEL * ImageLimits().max_pixels
TRACES = (
    b"Exif",
    b"GPS",
    b"ICC_PROFILE",
    b"<?php",
    b"<script",
    b"alert(",
    b"PK\x03\x04",
    b"tEXt",
    b"zTXt",
    b"<?=",
)
PLAIN = {"IHDR", "PLTE", "tRNS", "IDAT", "IEND", "ffe0", "ffdb", "ffc0", "ffc4", "ffda"}


def outcome(path: Path) -> str:
    """`accept_clean` after looking at every byte of the result, or `reject_400`."""
    try:
        image = asyncio.run(images.clean(sent(path.read_bytes()), ImageLimits()))
    except BadRequest as error:
        return f"reject_{error.status}" if error.param == PARAM else "the error does not say which image"
    assert structure(image.content) <= PLAIN
    if path.parent.name != "patt":  # those hide in the pixels themselves, and no file of ours is ever run
        assert not [trace for trace in TRACES if trace in image.content]
    assert max(read(image).size) <= 1568
    return "accept_clean"


if ROOT:

    @pytest.mark.parametrize("path", FILES, ids=lambda path: f"hard-H32-{path.name}")
    def test_a_malicious_picture_is_made_harmless_or_refused(path: Path) -> None:
        found = outcome(path)
        expected = (
            EXPECTED[path.name]["expect"] if path.parent.name == "generated" else "accept_clean_or_reject_400"
        )
        # on the API every bad picture is a 400 (contract.md, Limits and sizes)
        allowed = {"accept_clean"} if expected.startswith("accept") else {"reject_400"}
        assert found in (allowed | {"reject_400"} if "_or_reject" in expected else allowed)
        if sys.platform == "linux":  # in kibibytes there
            assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 <= ALLOWED

    def test_the_rotated_picture_of_the_corpus_stands_upright() -> None:
        assert ROOT is not None
        content = (ROOT / "generated" / "gps_exif.jpg").read_bytes()
        assert read(asyncio.run(images.clean(sent(content), ImageLimits()))).size == (48, 64)
