"""What this server is doing as a whole: starting, serving, shutting down. Set by clawdsite.serve."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from clawdsite.core.config.live import Reload


@dataclass(slots=True)
class Lifecycle:
    """draining: since SIGTERM, nothing new is taken.
    migrated: the database has every table; None where nobody migrates (`runserver`, tests).
    reloaded: what the last reload of the configuration came to.
    running: calls under way, health probes apart; `quiet` is set while there are none.
    """

    draining: bool = False
    migrated: bool | None = None
    reloaded: Reload | None = None
    started: float = field(default_factory=time.time)
    running: set[Any] = field(default_factory=set)
    _quiet: asyncio.Event | None = None

    def enter(self, call: Any) -> None:
        self.running.add(call)

    def leave(self, call: Any) -> None:
        self.running.discard(call)
        if not self.running and self._quiet is not None:
            self._quiet.set()

    async def quiet(self) -> None:
        """Returns once nothing is under way."""
        while self.running:
            self._quiet = asyncio.Event()
            await self._quiet.wait()


lifecycle = Lifecycle()
