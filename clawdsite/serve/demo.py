"""`--demo`: where no Ollama answers, a simulated model stands in for it, and the console says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import httpx

from clawdsite.core.config import live

PATIENCE: Final = 2.0  # seconds for an Ollama to say that it is there


class Stand:
    """The stand-in, and the configuration that points at it."""

    def __init__(self, server: Any, url: str, path: Path | None) -> None:
        self.server = server
        self.replaced = url
        self.path = path

    @classmethod
    async def begin(cls, path: Path | None, tell: Callable[[str], None]) -> Self | None:
        """Stand in, if nobody answers at upstream.url; None where an Ollama does."""
        url = live.current().upstream.url
        if await _answers(url):
            return None
        from clawdsite.demo import serve

        stand = cls(await serve(), url, path)
        stand.keep()
        tell(f"No Ollama answers at {url}: a SIMULATED model answers instead. Its words are made up.")
        tell("Start Ollama (or set upstream.url) and start the gateway again to talk to a real model.")
        return stand

    def keep(self) -> None:
        """Point the configuration in force at the stand-in; again after each reload."""
        config = live.current()
        upstream = config.upstream.model_copy(update={"url": self.server.url})
        live.install(config.model_copy(update={"upstream": upstream}), self.path)

    async def end(self) -> None:
        await self.server.close()


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            return (await client.get(f"{url.rstrip('/')}/api/version")).status_code == 200
    except httpx.HTTPError:
        return False
