"""Hands in a started gateway's database: another process, which writes what tests need.

with Hands(config_file) as hands:
    hands.people()                                   # everything else is forgotten -> {"alice": id, ...}
    hands.seed(owner="alice", messages=["Hi", "Hello"])
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.server.process import ROOT


class Hands:
    """See the module. Each method that is not here is an act of tests/e2e/acts.py."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.child: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.acts", str(self.config)],
            cwd=ROOT, env=os.environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(10)

    def __getattr__(self, act: str) -> Any:
        def ask(*words: Any, **named: Any) -> Any:
            assert self.child.stdin is not None
            assert self.child.stdout is not None
            self.child.stdin.write(json.dumps([act, words, named]) + "\n")
            self.child.stdin.flush()
            line = self.child.stdout.readline()
            assert line, "the hands ended; their traceback is on stderr"
            answer = json.loads(line)
            assert "failed" not in answer, answer["failed"]
            return answer["done"]

        return ask
