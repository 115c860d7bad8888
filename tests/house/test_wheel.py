"""The wheel: everything it needs inside, nothing else, and it starts from anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import httpx
import pytest

from clawdsite import __version__
from tests.house import tree

CONFIG = """
mode: development
server: {{port: {port}}}
debug_port: 0
data_dir: {folder}/var
database_url: sqlite:///{folder}/clawdbot.sqlite3
upstream: {{url: "http://127.0.0.1:9"}}
"""

SIGNED_IN = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from django.http import HttpRequest
from accounts.models import User
from accounts.signin import sessions
request = HttpRequest()
request.session = sessions.store(None)
sessions.open_for(request, User.objects.create_user("alice"))
request.session.save()
print(request.session.session_key)
"""
LEFT = {".git", ".venv", "node_modules", "var", "build", "tests", "docs", "bench", "__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make wheel` does, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, tree.ROOT)
    (built,) = folder.glob("*.whl")
    return built


def run(*command: str | Path, cwd: Path = tree.ROOT) -> str:
    """The command's output; its complaint where it fails. Nothing of the checkout is on its path."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CLAWDBOT"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_templates_words_and_the_built_page_are_inside_and_tests_and_sources_are_not(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "static", "locale"):
        ours = {
            f"clawdsite/{tree.name(path)}"
            for path in (tree.ROOT / folder).rglob("*")
            if path.is_file() and not {"src", "dist"} & set(path.relative_to(tree.ROOT / folder).parts)
        }
        assert ours
        assert ours <= inside
    assert {"chat/texts/en/live.json", "chat/texts/zh/live.json"} <= inside
    built = {name for name in inside if name.startswith("clawdsite/static/dist/")}
    manifest = json.loads(zipfile.ZipFile(wheel).read("clawdsite/static/dist/manifest.json"))
    for file in manifest.values():
        assert {f"clawdsite/static/dist/{file}{more}" for more in ("", ".br", ".gz")} <= built
    assert "clawdsite/static/dist/licences.txt" in built
    assert not [name for name in inside if "static/src" in name or name.endswith((".map", "meta.json"))]
    packages = {name.split("/")[0] for name in inside}
    assert packages <= {*tree.PRODUCT, f"clawdbot-{__version__}.dist-info"}
    assert not [name for name in inside if "test" in name.lower() or name.endswith((".sqlite3", ".pem"))]


def test_a_wheel_without_a_page_is_refused(tmp_path: Path) -> None:
    """With what to do about it; a page half built would only be noticed by the people who use it."""
    folder = tmp_path / "checkout"
    shutil.copytree(
        tree.ROOT, folder, ignore=lambda at, names: [n for n in names if n in LEFT or n == "dist"]
    )
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Run `make setup`" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv that holds the wheel, and borrows this one's packages after its own -> its bin folder."""
    venv = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        venv / "bin/python",
        "install",
        "--no-deps",
        "--no-index",
        wheel,
    )
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin"


def test_it_starts_from_another_folder_and_finds_its_files(installed: Path, tmp_path: Path) -> None:
    starts(installed, tmp_path)


@pytest.mark.prove
def test_it_starts_in_a_venv_that_holds_nothing_but_the_lock(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    pip = tmp_path / "venv/bin/pip"
    run(pip, "install", "--quiet", "--require-hashes", "-r", tree.ROOT / "requirements.lock")
    run(pip, "install", "--quiet", "--no-deps", wheel)
    run(pip, "check")
    starts(tmp_path / "venv/bin", tmp_path)


def starts(programs: Path, folder: Path) -> None:
    """`clawdbot` says its version, finds itself in the wheel, serves a page, stops with 0."""
    assert run(programs / "clawdbot", "--version", cwd=folder).strip() == f"clawdbot {__version__}"
    where = run(programs / "python", "-c", "import clawdsite; print(clawdsite.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(programs.parent)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config.yaml").write_text(CONFIG.format(port=port, folder=folder))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CLAWDBOT"))}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "clawdbot", "start", "--config", "config.yaml"],
            cwd=folder,
            env=clean | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with server:
        try:
            assert server.stdout is not None
            told = next((line for line in server.stdout if "Gateway listening on" in line), "")
            assert f":{port}" in told, (folder / "log").read_text()
            url = f"http://127.0.0.1:{port}"
            loads_the_page(url, run(programs / "python", "-c", SIGNED_IN, "config.yaml", cwd=folder).strip())
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0, (folder / "log").read_text()


def loads_the_page(url: str, session: str) -> None:
    """Somebody who is signed in gets the page, its style and its script, compressed and to be kept."""
    with httpx.Client(base_url=url, cookies={"clawdbot": session}, trust_env=False) as browser:
        page = browser.get("/")
        assert page.status_code == 200
        assert '"language": "en"' in page.text
        assert '"cancel": "Cancel"' in page.text
        files = re.findall(r'(?:src|href)="(/static/dist/[^"]+)"', page.text)
        assert len(files) == 2
        for file in files:
            got = browser.get(file, headers={"Accept-Encoding": "br"})
            assert (got.status_code, got.headers["content-encoding"]) == (200, "br"), file
            assert "immutable" in got.headers["cache-control"]
    assert httpx.get(f"{url}/login", trust_env=False).status_code == 200
