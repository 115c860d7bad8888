"""Python with the libraries loaded, from which gateways and commands are forked: to load them takes a second.

    child = warm.start(["manage.py", "start", ...], env)      # as subprocess.Popen with pipes for its output
    done = warm.run(["-c", script, ...], env)                 # as subprocess.run

Each is a process of its own, with its own words, environment and pipes. Django's settings, and all that is
made of them, it loads itself. tests/server/test_start.py and others start the very command.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
# Whatever of a gateway can be loaded before its settings are known. Each is heavy or brings many others.
LIBRARIES: Final = (
    "aiohttp", "argparse", "asyncio", "channels.generic.websocket", "cryptography.x509",
    "django.contrib.admin.options", "django.contrib.admin.sites", "django.contrib.admin.views.main",
    "django.contrib.admindocs.utils", "django.contrib.auth.hashers",
    "django.contrib.auth.password_validation", "django.contrib.auth.tokens",
    "django.contrib.contenttypes.apps", "django.contrib.messages.middleware",
    "django.contrib.messages.storage.cookie", "django.contrib.postgres.fields",
    "django.contrib.sessions.backends.base", "django.contrib.staticfiles.storage",
    "django.core.handlers.asgi", "django.core.management", "django.db.backends.sqlite3.base",
    "django.db.migrations.executor", "django.db.models", "django.db.models.sql.compiler", "django.forms",
    "django.middleware.clickjacking", "django.middleware.common", "django.middleware.gzip",
    "django.middleware.locale", "django.template", "django.test.client", "django.views.decorators.http",
    "django_ratelimit.core", "encodings.ascii", "encodings.idna", "getpass", "httptools", "httpx", "jwt",
    "mozilla_django_oidc", "PIL.Image", "prometheus_client", "psycopg", "requests", "rest_framework.metadata",
    "rest_framework.mixins", "rest_framework.negotiation", "rest_framework.request",
    "rest_framework.response", "rest_framework.serializers", "rest_framework_simplejwt.exceptions",
    "rest_framework_simplejwt.utils", "uvicorn", "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl", "uvloop", "websockets.server", "whitenoise.middleware", "yaml",
)  # fmt: skip
OURS: Final = (
    "accounts.oauth.forms", "accounts.oauth.metadata", "accounts.providers.discovery",
    "accounts.providers.keyset", "accounts.providers.registry", "accounts.tokens.discovered",
    "accounts.tokens.issue", "chat.frames", "chat.imports", "chat.protocol", "chat.search.lookup",
    "chat.shapes", "clawdsite.cli", "clawdsite.cli.start", "clawdsite.core.config.load", "gateway.dialects",
    "gateway.openapi", "gateway.services", "gateway.upstream",
)  # fmt: skip


class Child:
    """A forked process, with the part of subprocess.Popen that the tests use."""

    def __init__(self, order: int, out: int, err: int) -> None:
        """order: where the forking process says its number, and at the end its exit code."""
        self._words = os.fdopen(order, "r", encoding="ascii")
        self.stdout = os.fdopen(out, "r", encoding="utf-8", errors="replace")
        self.stderr = os.fdopen(err, "r", encoding="utf-8", errors="replace")
        self.pid = int(self._words.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("clawdbot", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._words], [], [], timeout)[0]:
            self.returncode = int(self._words.readline())
            self._words.close()
        return self.returncode


def start(words: Sequence[str], env: dict[str, str]) -> Child:
    """words: of the command line, after `python`: manage.py and more, or -c and a script."""
    ours, theirs = zip(*(os.pipe() for _ in range(3)), strict=True)
    order = json.dumps({"words": list(words), "env": env}).encode()
    socket.send_fds(_forking(), [order], theirs)
    for end in theirs:
        os.close(end)
    return Child(*ours)


def run(words: Sequence[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """To its end, with what it wrote."""
    child = start(words, env)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(child.stderr.read()))
    reader.start()
    out = child.stdout.read()
    reader.join()
    code = child.wait(60)
    child.stdout.close()
    child.stderr.close()
    return subprocess.CompletedProcess(list(words), code, out, said[0])


@cache
def _forking() -> socket.socket:
    """The line to this process's own forking one, which is started by the first who asks."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-m", "tests.server.warm", str(theirs.fileno())]
    process = subprocess.Popen(words, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait(10)

    atexit.register(end)
    return ours


# ---- in the forking process --------------------------------------------------------------------


def serve(line: socket.socket) -> Callable[[], Any]:
    """Fork for each order. Returns in a forked process alone, with what this one is there for."""
    running: dict[int, int] = {}

    signal.signal(signal.SIGCHLD, lambda *_: tell(running))
    while True:
        order, ends, _, _ = socket.recv_fds(line, 1 << 20, 3)
        if not order:  # who ordered is gone
            for pid in list(running):
                os.kill(pid, signal.SIGKILL)
            os._exit(0)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if pid == 0:
            return become(json.loads(order), ends, [line.detach(), *running.values()])
        told, out, err = ends
        os.write(told, f"{pid}\n".encode())
        running[pid] = told
        os.close(out)
        os.close(err)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def tell(running: dict[int, int]) -> None:
    """To whoever waits for it, how each process that has ended did so."""
    for pid, told in list(running.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            del running[pid]
            code = os.waitstatus_to_exitcode(status)
            with contextlib.suppress(BrokenPipeError):
                os.write(told, f"{code}\n".encode())
            os.close(told)


def become(order: dict[str, Any], ends: Sequence[int], foreign: Sequence[int]) -> Callable[[], Any]:
    """Make this process what was ordered -> its work."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    told, out, err = ends
    os.dup2(out, 1)
    os.dup2(err, 2)
    for end in (told, out, err, *foreign):
        os.close(end)
    os.environ.clear()
    os.environ.update(order["env"])
    first, *words = order["words"]
    if first == "-c":
        script, *words = words
        sys.argv = ["-c", *words]
        return lambda: exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})
    sys.argv = [first, *words]
    from clawdsite.cli import main

    return main


if __name__ == "__main__":
    for name in (*LIBRARIES, *OURS):
        importlib.import_module(name)
    importlib.import_module("setproctitle").getproctitle()  # finds its place before the environment moves
    gc.collect()
    gc.freeze()  # what is shared with the forked stays so
    sys.exit(serve(socket.socket(fileno=int(sys.argv[1])))())
