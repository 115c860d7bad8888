"""A server of the tests' own: a program of Debian's, a temporary directory, a free port on loopback."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.server.process import free_port


class Server(ABC):
    """`with Server(...) as server:` has made its files and started; at the end all of it is gone.

    name: of its directory. patience: seconds to start or to stop.
    """

    name: str
    patience = 30.0
    last_word = signal.SIGKILL  # ends it as a power cut does

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"clawdbot-{self.name}-"))
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.make()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def make(self) -> None:
        """Its files, before the first start."""

    @abstractmethod
    def command(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """What starts it, and more arguments for subprocess."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes connections."""

    def start(self) -> None:
        """Begin, also after `stop`: on the same port."""
        words, more = self.command()
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(words, stdout=log, stderr=log, **more)
        end = time.monotonic() + self.patience
        while not self.answers():
            over = time.monotonic() > end or self.child.poll() is not None
            assert not over, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once; its clients lose their connections."""
        child, self.child = self.child, None
        if child is not None:
            child.send_signal(self.last_word)
            try:
                child.wait(self.patience)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
