"""What a double saw: requests, what went out in answer, who closed which connection. Times are monotonic."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Phase = Literal["loading", "waiting", "answering", "done"]


@dataclass
class Link:
    """One TCP connection. closed_by: `client` (its FIN or RST came first) or `double`."""

    number: int
    opened: float
    closed: float | None = None
    closed_by: Literal["client", "double"] | None = None


@dataclass
class Exchange:
    """One request and its answer.

    phase: loading a model, waiting for one of the `parallel` places, answering, done (all of it is out).
    sends: when so many bytes of the body went out.
    """

    number: int
    link: Link
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes
    began: float
    phase: Phase = "answering"
    status: int | None = None
    sends: list[tuple[float, int]] = field(default_factory=list)
    ended: float | None = None

    @property
    def body(self) -> Any:
        """The request's JSON; None where there is none."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None

    @property
    def model(self) -> str:
        """Name in the request, with its tag; empty without one."""
        body = self.body
        name = body.get("model") if isinstance(body, dict) else None
        return with_tag(name) if isinstance(name, str) and name else ""

    @property
    def sent(self) -> int:
        """Bytes of the answer's body, without framing."""
        return sum(count for _, count in self.sends)

    @property
    def closed(self) -> float | None:
        return self.link.closed

    @property
    def closed_by(self) -> str | None:
        return self.link.closed_by

    @property
    def left(self) -> bool:
        """The client closed the connection before the answer was whole."""
        return self.link.closed_by == "client" and self.phase != "done"

    def header(self, name: str) -> str | None:
        """The first value of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Journal:
    """Exchanges in the order they came; `keep` forgets the oldest ones above it."""

    def __init__(self, keep: int | None = None) -> None:
        self.links: deque[Link] = deque(maxlen=keep)
        self._exchanges: deque[Exchange] = deque(maxlen=keep)
        self.count = 0

    def add(self, exchange: Exchange) -> None:
        self.count += 1
        self._exchanges.append(exchange)

    def to(self, path: str) -> list[Exchange]:
        """Those of one path."""
        return [exchange for exchange in list(self._exchanges) if exchange.path == path]

    def open_links(self) -> int:
        """Connections that nobody closed yet."""
        return sum(link.closed is None for link in list(self.links))

    def clear(self) -> None:
        self._exchanges.clear()

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(list(self._exchanges))

    def __getitem__(self, index: int) -> Exchange:
        return list(self._exchanges)[index]


def with_tag(name: str) -> str:
    """Ollama's full name: `qwen3` is `qwen3:latest`."""
    return name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"
