"""A started `clawdbot`: the real command, on free ports, with a configuration and a data_dir of its own.

    with Process(upstream={"url": double.url}) as gateway:
        gateway.client("alice").get("/v1/models")

Stopped by SIGTERM at the end (by SIGKILL if that does not end it). What it wrote is in `out` and `log`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx
import yaml

from accounts.tokens.issue import issue
from clawdsite.core.config.load import load
from tests.live import signing_key, trust
from tests.server import tables, warm

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0  # seconds for whatever must happen
LISTENING = re.compile(r"^Gateway listening on (http://\S+:(\d+))$")
FREE: dict[str, Any] = {
    "per_user": {"rpm": None, "parallel": None},
    "per_client": {"rpm": None},
    "per_address": {"rpm": None},
}
SCOPES = {
    "alice": "chat:read chat:write history:team-a",
    "bob": "chat:read chat:write history:team-a",
    "charlie": "chat:read chat:write",
    "reader": "chat:read",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """parts: keys of config.yaml, laid over a development configuration without limits or debug port.

    args: more words for `clawdbot start`. env: more environment. wait: for the listening line.
    cold: Python and all it needs are started and loaded for it, and its database is empty. Else it is forked
    from where the libraries are loaded (tests/server/warm.py), on tables that are there.
    """

    program: tuple[str, ...] = ("manage.py",)  # or -c and a script that changes something before it starts

    def __init__(
        self,
        *,
        args: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
        wait: bool = True,
        cold: bool = False,
        **parts: Any,
    ) -> None:
        self.args, self.env, self.waits, self.cold = args, env or {}, wait, cold
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="clawdbot-")))
        self.parts = self.defaults() | parts
        self.out: list[str] = []
        self.log: list[str] = []
        self.port = 0
        self.url = ""
        self.child: subprocess.Popen[str] | warm.Child
        self.readers: list[threading.Thread] = []

    def defaults(self) -> dict[str, Any]:
        return {
            "mode": "development",
            "data_dir": str(self.folder / "var"),
            "database_url": f"sqlite:///{self.database}",
            "server": {"port": 0},
            "debug_port": 0,
            "limits": FREE,
            "auth": {"signing_key": signing_key().get_secret_value()},
        }

    @property
    def config_file(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def database(self) -> Path:
        """The file, unless `parts` name another database."""
        return self.folder / "clawdbot.sqlite3"

    @property
    def pid(self) -> int:
        return self.child.pid

    # ---- its life ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.configure()
        self.child = self._started()
        for pipe, lines in ((self.child.stdout, self.out), (self.child.stderr, self.log)):
            reader = threading.Thread(target=self._read, args=(pipe, lines), daemon=True)
            reader.start()
            self.readers.append(reader)
        if self.waits:
            try:
                self.wait_listening()
            except BaseException:
                self.__exit__()
                raise
        return self

    def _started(self) -> subprocess.Popen[str] | warm.Child:
        words = ["start", "--config", str(self.config_file), *self.args]
        if not self.cold:
            if not self.database.exists():
                shutil.copyfile(tables.ready(), self.database)
            return warm.start([*self.program, *words], os.environ | self.env)
        return subprocess.Popen(
            [sys.executable, *self.program, *words],
            cwd=ROOT, env=os.environ | self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(10)
        for reader in self.readers:
            reader.join(5)
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe is not None:
                pipe.close()
        self.stack.close()

    def wait_listening(self) -> None:
        found = self.wait_for(lambda: next(filter(None, map(LISTENING.match, self.out)), None))
        self.port = int(found[2])
        self.url = f"http://127.0.0.1:{self.port}"

    def wait_ready(self) -> None:
        """Until every table is there and the model's host answers: it listens before that."""
        with httpx.Client(base_url=self.url, trust_env=False, verify=trust()) as client:
            self.wait_for(lambda: client.get("/readyz").status_code == 200)

    def configure(self, **parts: Any) -> None:
        """Write config.yaml: the parts of the start with these laid over."""
        self.config_file.touch(mode=0o600)  # it holds a signing key
        self.config_file.write_text(yaml.safe_dump(self.parts | parts))

    def wait_for(self, met: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Polls until `met()` is true and returns it."""
        end = time.monotonic() + patience
        while not (found := met()):
            over = time.monotonic() > end or self.child.poll() is not None
            assert not over, f"exit {self.child.poll()}; out: {self.out[-10:]}; log: {self.log[-20:]}"
            time.sleep(0.01)
        return found

    def term(self) -> None:
        self.child.send_signal(signal.SIGTERM)

    def reload(self) -> dict[str, Any]:
        """SIGHUP, and the log's line about it."""
        before = len(self.reloads())
        self.child.send_signal(signal.SIGHUP)
        self.wait_for(lambda: len(self.reloads()) > before)
        return self.reloads()[before]

    def ended(self, patience: float = PATIENCE) -> int:
        """The exit code, once all that it wrote is read."""
        code = self.child.wait(patience)
        for reader in self.readers:
            reader.join(5)
        return code

    # ---- asking it -----------------------------------------------------------------------------

    def token(self, who: str = "alice", scope: str | None = None) -> str:
        config = load(self.config_file, os.environ | self.env)
        return issue(config, sub=who, scope=scope or SCOPES[who], ttl=600)

    def client(self, who: str | None = "alice", **options: Any) -> httpx.Client:
        """An HTTP client, with this person's token or (None) without any."""
        headers = options.pop("headers", {})
        if who is not None:
            headers = {"Authorization": f"Bearer {self.token(who)}"} | headers
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=20, trust_env=False, verify=trust(), **options
        )

    # ---- what it wrote -------------------------------------------------------------------------

    def lines(self, logger: str | None = None) -> list[dict[str, Any]]:
        """The log's JSON lines (of one logger)."""
        found = [json.loads(line) for line in list(self.log) if line.startswith("{")]
        return [line for line in found if logger is None or line["logger"] == logger]

    def access(self, **wanted: Any) -> list[dict[str, Any]]:
        """Access lines with these values."""
        lines = self.lines("clawdbot.access")
        return [line for line in lines if all(line[name] == value for name, value in wanted.items())]

    def reloads(self) -> list[dict[str, Any]]:
        return [line for line in self.lines("clawdsite.serve.signals") if "configuration" in line["message"]]

    def _read(self, pipe: Any, lines: list[str]) -> None:
        for line in pipe:
            lines.append(line.rstrip("\n"))
