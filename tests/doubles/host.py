"""The machine behind a double of Ollama: what is loaded, how long a load takes, how many answers at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from tests.doubles.journal import Exchange, with_tag
from tests.doubles.native import Model


@dataclass
class Load:
    """One load of a model. outcome: None while it runs; `aborted` when the client that began it went away."""

    model: str
    began: float
    ended: float | None = None
    outcome: Literal["loaded", "aborted"] | None = None


class Host:
    """load_time: seconds a load takes; None lasts until `finish_loads`.
    parallel: answers at once for each model; None for no limit."""

    def __init__(
        self,
        models: Iterable[Model],
        loaded: Iterable[str] | bool,
        load_time: float | None,
        parallel: int | None,
    ) -> None:
        self.models = {model.name: model for model in models}
        names = (self.models if loaded else ()) if isinstance(loaded, bool) else loaded
        self.loaded: set[str] = {with_tag(name) for name in names}
        self.load_time = load_time
        self.parallel = parallel
        self.loads: list[Load] = []
        self._places: dict[str, asyncio.Semaphore] = {}
        self._under_way: dict[str, asyncio.Event] = {}
        self._finished = asyncio.Event()

    def known(self, name: str) -> Model | None:
        return self.models.get(with_tag(name)) if name else None

    def running(self) -> list[Model]:
        """What /api/ps lists."""
        return [model for name, model in self.models.items() if name in self.loaded]

    def finish_loads(self) -> None:
        """Loads under way are done now."""
        self._finished.set()
        self._finished = asyncio.Event()

    async def ready(self, exchange: Exchange) -> None:
        """Returns once the exchange's model is loaded.

        The first to ask loads it; if it goes away, its load is lost and the next who waits begins anew.
        """
        name = exchange.model
        while name in self.models and name not in self.loaded:
            exchange.phase = "loading"
            if name in self._under_way:
                await self._under_way[name].wait()
            else:
                await self._load(name)
        exchange.phase = "answering"

    async def _load(self, name: str) -> None:
        load = Load(name, time.monotonic())
        self.loads.append(load)
        over = self._under_way[name] = asyncio.Event()
        load_ends = self._finished
        try:
            if self.load_time is None:
                await load_ends.wait()
            else:
                await asyncio.sleep(self.load_time)
            self.loaded.add(name)
            load.outcome = "loaded"
        finally:
            load.ended = time.monotonic()
            load.outcome = load.outcome or "aborted"
            del self._under_way[name]
            over.set()

    @asynccontextmanager
    async def place(self, exchange: Exchange) -> AsyncIterator[None]:
        """One of the model's places, first come, first served."""
        if self.parallel is None:
            yield
            return
        places = self._places.setdefault(exchange.model, asyncio.Semaphore(self.parallel))
        exchange.phase = "waiting"
        async with places:
            exchange.phase = "answering"
            yield
