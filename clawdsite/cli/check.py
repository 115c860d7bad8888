"""`clawdbot check`: whether the configuration can be used, and with `--upstream` how wide the model is."""

from __future__ import annotations

import argparse

from clawdsite.cli import given
from clawdsite.core import assets


def run(args: argparse.Namespace) -> int:
    """0: it can be used. Problems are the ConfigErrors that go up to `main`."""
    found = given.loaded(args.config)
    for warning in found.warnings:
        print(f"warning: {warning}")
    if not assets.is_built():
        print(f"warning: {assets.UNBUILT} The API works without it.")
    print(f"{found.file}: ok")
    if not args.upstream:
        return 0
    from gateway.upstream_check import measure  # only here: it brings the whole client along

    measured = measure(found.config)
    print(measured)
    return 0 if measured.served else 1
