"""Many clients at once, each with one plain stream: what each of them saw."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

DONE = "data: [DONE]"


@dataclass
class Seen:
    """One client's view: lines as they came, or what went wrong."""

    status: int = 0
    lines: list[str] = field(default_factory=list)
    broken: str = ""

    @property
    def whole(self) -> bool:
        return self.status == 200 and not self.broken and self.lines[-1:] == [DONE]

    @property
    def error(self) -> dict[str, Any]:
        """The error event that ended it, if one did."""
        last = self.lines[-1].removeprefix("data: ") if self.lines else "{}"
        found = json.loads(last) if last.startswith("{") else {}
        return found.get("error") or {}


class Crowd:
    """`with Crowd(url, token, 20) as crowd:` -> all are streaming; `crowd.finish()` waits for them all."""

    def __init__(self, url: str, token: str, size: int, **body: Any) -> None:
        self.url, self.token, self.body = url, token, body
        self.seen = [Seen() for _ in range(size)]
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.begun = threading.Event()
        self.over = threading.Event()

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.begun.wait(60), [seen for seen in self.seen if not seen.lines][:3]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, _: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join(60)

    def finish(self, patience: float = 60) -> list[Seen]:
        self.thread.join(patience)
        assert not self.thread.is_alive(), "streams that do not end"
        return self.seen

    async def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, limits=limits, timeout=60, trust_env=False
        ) as client:
            tasks = [asyncio.create_task(self._one(client, seen)) for seen in self.seen]
            waiter = asyncio.create_task(asyncio.to_thread(self.over.wait))
            everyone = asyncio.gather(*tasks)
            await asyncio.wait({everyone, waiter}, return_when=asyncio.FIRST_COMPLETED)
            everyone.cancel()
            self.over.set()
            await asyncio.gather(everyone, waiter, return_exceptions=True)

    async def _one(self, client: httpx.AsyncClient, seen: Seen) -> None:
        body = {"messages": [{"role": "user", "content": "hi"}], "stream": True} | self.body
        try:
            async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
                seen.status = answer.status_code
                async for line in answer.aiter_lines():
                    if line:
                        seen.lines.append(line)
                    if all(other.lines for other in self.seen):
                        self.begun.set()
        except httpx.HTTPError as error:
            seen.broken = type(error).__name__
