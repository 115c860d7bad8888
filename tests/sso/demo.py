"""`make demo-sso`: five providers and a gateway to sign in to, on loopback, until Ctrl-C.

.venv/bin/python -m tests.sso.demo [--port 8080] [--vendors-from 9100]
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.op.provider import ACCOUNTS
from tests.server.process import ROOT
from tests.sso.stage import OPENID, VENDORS, Stage

ROLES: Final = {"corp": {"admin_groups": ["admins"]}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--vendors-from", type=int, default=9100, help="three ports from here on")
    given = parser.parse_args()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stopped)
    taken = [
        port for port in (given.port, *range(given.vendors_from, given.vendors_from + 3)) if not free(port)
    ]
    if taken:
        print(f"demo-sso: in use already: {', '.join(map(str, taken))}; see --port and --vendors-from")
        return 1
    try:
        with Stage(given.port, given.vendors_from) as stage, tempfile.TemporaryDirectory() as folder:
            return serve(stage, Path(folder))
    except KeyboardInterrupt:
        return 0


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def serve(stage: Stage, folder: Path) -> int:
    """A gateway with a configuration, a database and keys of its own, all gone afterwards."""
    stage.ops["corp"].set("alice", groups=["/eng/team-a", "staff", "admins"])
    file = folder / "config.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(configuration(stage, folder), allow_unicode=True))
    words = [sys.executable, "manage.py", "start", "--config", str(file), "--demo", "--no-debug-port"]
    env = os.environ | {"CLAWDBOT_CONFIG": str(file)}
    subprocess.run([*words[:2], "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
    # A session of its own: Ctrl-C reaches this process alone, which ends the gateway in its turn.
    gateway = subprocess.Popen(words, cwd=ROOT, env=env, start_new_session=True)
    try:
        print("\n".join(told(stage, file)), flush=True)
        return gateway.wait()
    finally:
        if gateway.poll() is None:
            gateway.terminate()
            gateway.wait(20)


def configuration(stage: Stage, folder: Path) -> dict[str, Any]:
    parts = stage.parts()
    parts["oauth2"] = [entry | ROLES.get(entry.get("name", ""), {}) for entry in parts["oauth2"]]
    return parts | {
        "mode": "development",
        "data_dir": str(folder / "var"),
        "database_url": f"sqlite:///{folder}/clawdbot.sqlite3",
        "sso": {"sync": "5s"},
        "logging": {"level": "warning", "format": "text"},
    }


def told(stage: Stage, file: Path) -> Iterator[str]:
    """What a person needs to look at it."""
    yield f"\nSign in at  {stage.url}/login   with any of the five; Ctrl-C stops everything.\n"
    for slug in OPENID:
        yield f"  {slug:<10} {stage.ops[slug].issuer}   {people(slug)}"
    for kind in VENDORS:
        who = "alice, bob (team-a), charlie (sales): press a name"
        yield f"  {kind:<10} {stage.doubles[kind].url}   {who}"
    yield ""
    for kind in VENDORS:
        yield f"  move and delete people of {kind}: {stage.doubles[kind].url}/double"
    yield "  (the gateway asks the vendors about their people every 5 s)\n"
    yield f"  the admin: {stage.url}/admin/ as alice of corp"
    yield f"  the check: .venv/bin/clawdbot sso check --config {file} [--provider wecom --as alice]\n"


def people(slug: str) -> str:
    known = dict.fromkeys(ACCOUNTS, "") | ({"alice": " (administrator)"} if slug in ROLES else {})
    return ", ".join(f"{name}{role}" for name, role in known.items()) + "; any password"


if __name__ == "__main__":
    sys.exit(main())
