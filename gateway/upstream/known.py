"""What was lately heard of the host's models: facts (60 s), which is loaded (5 s), and with how much room."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import Json, ModelFacts

FACTS_KEPT: Final = 60.0
LOADED_KEPT: Final = 5.0
MOST: Final = 256  # models; the oldest are forgotten above it


class Key(NamedTuple):
    """One model as one caller sees it: full name, the Authorization that goes up with its questions, host."""

    model: str
    goes_up: str | None
    url: str


class Known:
    """Two small memories by model; nothing is kept of models that do not exist."""

    def __init__(self) -> None:
        self._facts: dict[Key, tuple[float, ModelFacts]] = {}
        self._loaded: dict[Key, float] = {}
        self._room: dict[Key, int] = {}

    def facts(self, key: Key) -> ModelFacts | None:
        kept = self._facts.get(key)
        return kept[1] if kept is not None and time.monotonic() < kept[0] else None

    def learn(self, key: Key, facts: ModelFacts) -> None:
        self._facts.pop(key, None)
        self._facts[key] = (time.monotonic() + FACTS_KEPT, facts)
        _trim(self._facts)

    def is_loaded(self, key: Key) -> bool:
        return time.monotonic() < self._loaded.get(key, 0.0)

    def saw_loaded(self, key: Key) -> None:
        self._loaded.pop(key, None)
        self._loaded[key] = time.monotonic() + LOADED_KEPT
        _trim(self._loaded)

    def saw_room(self, key: Key, tokens: int) -> None:
        """It was loaded with a context of so many tokens, which may be fewer than it was trained for."""
        self._room.pop(key, None)
        self._room[key] = tokens
        _trim(self._room)

    def room(self, key: Key) -> int | None:
        return self._room.get(key)

    def doubt(self, key: Key) -> None:
        """A call failed: whether the model is loaded has to be asked anew."""
        self._loaded.pop(key, None)

    def forget(self, key: Key) -> None:
        """The host does not have it any more."""
        self.doubt(key)
        self._facts.pop(key, None)
        self._room.pop(key, None)


def full_name(model: str) -> str:
    """As /api/ps lists it: `Qwen3` and `qwen3:latest` are one."""
    tagged = model if ":" in model.rsplit("/", 1)[-1] else f"{model}:latest"
    return tagged.casefold()


def _trim(memory: dict[Key, tuple[float, ModelFacts]] | dict[Key, float] | dict[Key, int]) -> None:
    while len(memory) > MOST:
        del memory[next(iter(memory))]


def names_in(listed: Json) -> set[str]:
    """Full names in an answer of /api/ps. Raises UpstreamInvalid."""
    rows = listed.get("models") or []
    if not isinstance(rows, list):
        raise UpstreamInvalid("The model's host listed its models in a way that is not its protocol.")
    named = (row.get("model") or row.get("name") for row in rows if isinstance(row, dict))
    return {full_name(name) for name in named if isinstance(name, str)}


def rooms_in(listed: Json) -> dict[str, int]:
    """The context each was loaded with, by full name, where an answer of /api/ps says so (since 0.11)."""
    found = {}
    for row in listed.get("models") or []:
        name, tokens = row.get("model") or row.get("name"), row.get("context_length")
        if isinstance(name, str) and isinstance(tokens, int) and tokens > 0:
            found[full_name(name)] = tokens
    return found
