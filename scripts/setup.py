"""`make setup`: .venv from the hash-pinned lock, the project itself, the page. Quick when nothing changed.

Runs on the machine's own Python (3.11 or later, standard library alone).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import node  # beside this file

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(arguments: list[str]) -> int:
    """`--dev`: with what the tests need."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that any Python may run
        return refuse(f"Clawdbot needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    dev = "--dev" in arguments
    try:
        make_venv()
        install(ROOT / ("requirements-dev.lock" if dev else "requirements.lock"))
        build_page(dev)
        if dev:
            install_node_sdk()
    except node.NoNode as err:
        return refuse(str(err))
    except subprocess.CalledProcessError as err:
        return refuse(f"`{' '.join(map(str, err.cmd[:6]))} ...` failed; its message stands above.")
    return 0


def refuse(message: str) -> int:
    print(f"setup: {message}", file=sys.stderr)
    return 1


def make_venv() -> None:
    """A fresh .venv, unless there is one whose Python still runs."""
    probe: list[str | Path] = [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.run(probe, check=False).returncode == 0:
        return
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False)
    if made.returncode:
        print("setup: on Debian and Ubuntu: apt-get install python3-venv", file=sys.stderr)
        made.check_returncode()


def install(lock: Path) -> None:
    """The lock's packages and the project, editable. The larger lock holds the smaller one."""
    project = ROOT / "pyproject.toml"
    larger = ROOT / "requirements-dev.lock"
    if any(stamp_of(each).is_fresh([each, project]) for each in {lock, larger}):
        return
    count = lock.read_text().count("==")
    print(f"setup: installing {count} locked packages into .venv, once", flush=True)
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
    stamp_of(lock).write([lock, project])


def build_page(dev: bool) -> None:
    """static/dist from static/src. dev: also what judges it. NoNode where nothing can build it."""
    packages = [ROOT / "package.json", ROOT / "package-lock.json"]
    modules = ROOT / "node_modules"
    every, needed = Stamp(modules / ".installed-dev"), Stamp(modules / ".installed")
    sources = [*packages, ROOT / "scripts/build_page.mjs", *(ROOT / "static/src").rglob("*")]
    built = Stamp(ROOT / "static/dist/.built")
    installed = every.is_fresh(packages) or (not dev and needed.is_fresh(packages))
    if built.is_fresh(sources) and (installed or not dev):
        return
    npm = node.found()
    if not installed:
        npm.run("ci", "--no-audit", "--no-fund", "--silent", *([] if dev else ["--omit=dev"]))
        (every if dev else needed).write(packages)
    if not built.is_fresh(sources):
        print("setup: building the page", flush=True)
        npm.run("run", "build", "--silent")
        built.write(sources)


def install_node_sdk() -> None:
    """The official SDK for Node, for the tests; without npm those tests say that they need it."""
    folder = ROOT / "tests/sdk_js"
    stamp = Stamp(folder / "node_modules/.installed")
    if shutil.which("npm") is None or stamp.is_fresh([folder / "package-lock.json"]):
        return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
    stamp.write([folder / "package-lock.json"])


def stamp_of(lock: Path) -> Stamp:
    return Stamp(VENV / f".installed-{lock.name}")


class Stamp:
    """A file that remembers from which contents something was made."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_fresh(self, sources: Iterable[Path]) -> bool:
        return self.path.exists() and self.path.read_text() == digest(sources)

    def write(self, sources: Iterable[Path]) -> None:
        self.path.write_text(digest(sources))


def digest(sources: Iterable[Path]) -> str:
    total = hashlib.sha256(os.fsencode(ROOT))  # a checkout that was moved is set up anew
    for path in sorted(path for path in sources if path.is_file()):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
