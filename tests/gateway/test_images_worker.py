"""The decoding process: poor in rights, alone in its troubles, at most two at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clawdsite.core.config.schema import ImageLimits
from clawdsite.core.errors import BadRequest, ClawdError, Internal, Unavailable
from gateway import images
from gateway.types import Image
from tests.gateway.pictures import quadrants, sent, written

LIMITS = ImageLimits()
WORKER = Path(images.__file__).with_name("image_worker.py")
PICTURE = written(quadrants(), "PNG")
LOAD = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("image_worker", {str(WORKER)!r})
worker = importlib.util.module_from_spec(spec); spec.loader.exec_module(worker)
"""


def cleaned(content: bytes = PICTURE) -> Image:
    return asyncio.run(images.clean(sent(content), LIMITS))


def eventually(condition: Callable[[], object], within: float = 10.0) -> None:
    """Poll until the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.01)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts another program in the worker's place."""

    def replace(source: str) -> None:
        path = tmp_path / "worker.py"
        path.write_text(source)
        monkeypatch.setattr(images, "_WORKER", path)

    return replace


@pytest.mark.parametrize(
    "attempt",
    [
        "bytearray(worker.MEMORY)",
        "open(sys.executable).close()",
        "open(os.environ['TARGET'], 'w').close()",
        "socket.socket().close()",
        "subprocess.run(['true'])",
    ],
    ids=["hard-H32-memory", "hard-H32-read", "hard-H32-write", "hard-H32-socket", "hard-H32-program"],
)
def test_what_worked_before_is_out_of_reach_within_the_limits(attempt: str, tmp_path: Path) -> None:
    source = f"""import os, socket, subprocess, sys
{LOAD}
{attempt}
worker.limit(1)
try:
    {attempt}
except (OSError, MemoryError):
    sys.exit(7)
"""
    environment = {**os.environ, "TARGET": str(tmp_path / "left")}
    command = [sys.executable, "-P", "-c", source]
    assert subprocess.run(command, env=environment, check=False, timeout=60).returncode == 7


def test_the_processor_time_is_limited() -> None:
    source = f"{LOAD}worker.CPU_SECONDS = 1\nworker.limit(1)\nwhile True: pass\n"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", source], check=False, timeout=60, stderr=subprocess.DEVNULL
    )
    assert ended.returncode < 0  # by a signal


def test_the_decoder_loads_neither_django_nor_anything_of_ours() -> None:
    source = f"""{LOAD}
ours = ("django", "gateway", "clawdsite", "accounts")
print([name for name in sys.modules if name.split(".")[0] in ours])
"""
    found = subprocess.run([sys.executable, "-P", "-c", source], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_the_title_is_not_the_gateways() -> None:
    command = [sys.executable, "-P", str(WORKER), "100", "100"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        title = Path(f"/proc/{process.pid}/cmdline")
        if title.exists():
            eventually(lambda: title.read_bytes().rstrip(b"\0") == b"clawdbot: image")
        process.communicate(b"", timeout=30)
    assert process.returncode == 4


@pytest.mark.parametrize(
    "source",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import sys; sys.exit(4)",
        "import sys; sys.exit(120)",
    ],
    ids=["fault-F57-crash", "fault-F57-killed", "hard-H33-exception", "hard-H33-flush"],
)
def test_a_decoder_that_dies_is_a_400_and_the_gateway_goes_on(
    source: str, program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(source)
    with pytest.raises(BadRequest) as caught:
        cleaned()
    assert caught.value.code == "invalid_image"
    monkeypatch.setattr(images, "_WORKER", WORKER)
    assert cleaned().media_type == "image/png"


def test_a_decoder_that_never_ends_is_given_up(
    program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(images, "WALL_SECONDS", 0.5)
    noted = tmp_path / "pid"
    program(
        f"import os, threading\nopen({str(noted)!r}, 'w').write(str(os.getpid()))\nthreading.Event().wait(60)"
    )
    with pytest.raises(BadRequest, match="in time"):
        cleaned()
    if noted.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(noted.read_text()), 0)


def test_a_broken_installation_is_not_the_pictures_fault(
    program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program("import no_such_library")
    with pytest.raises(Internal):
        cleaned()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(Unavailable) as caught:
        cleaned()
    assert caught.value.retry_after
    assert len(caplog.records) == 2


def test_secrets_of_the_environment_stay_outside(
    program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAWDBOT_SECRET", "hunter2")
    monkeypatch.setenv("LANG", "C.UTF-8")
    program("import os, sys; sys.stdout.write(repr(dict(os.environ)))")
    shown = cleaned().content.decode()
    assert "LANG" in shown
    assert "hunter2" not in shown


def test_at_most_two_decode_at_once(program: Callable[[str], None], tmp_path: Path) -> None:
    program(
        f"""
import os, pathlib, threading, time
here = pathlib.Path({str(tmp_path)!r})
(here / f"running-{{os.getpid()}}").touch()
(here / f"seen-{{os.getpid()}}-{{len(list(here.glob('running-*')))}}").touch()
deadline = time.monotonic() + 20
while not (here / "go").exists() and time.monotonic() < deadline: threading.Event().wait(0.01)
(here / f"running-{{os.getpid()}}").unlink()
"""
    )

    async def five() -> None:
        together = asyncio.gather(*(images.clean(sent(PICTURE), LIMITS) for _ in range(5)))
        await asyncio.to_thread(eventually, lambda: len(list(tmp_path.glob("running-*"))) == 2)
        (tmp_path / "go").touch()
        await together

    asyncio.run(five())
    counts = [int(path.name.rsplit("-", 1)[1]) for path in tmp_path.glob("seen-*")]
    assert len(counts) == 5
    assert max(counts) == 2


def test_nothing_is_left_open() -> None:
    cleaned()
    before = len(os.listdir("/dev/fd"))
    for content in (PICTURE, PICTURE[:40], b"", written(quadrants(), "JPEG")):
        with contextlib.suppress(ClawdError):
            cleaned(content)
    assert len(os.listdir("/dev/fd")) == before
