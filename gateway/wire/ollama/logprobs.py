"""Native logprob items in OpenAI's shape: four keys each, none missing (reference 2.7)."""

from __future__ import annotations

import math
from typing import Final

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import Json

IMPOSSIBLE: Final = -9999.0  # what OpenAI writes where a probability is zero: JSON has no infinity


def to_logprobs(native: object) -> tuple[Json, ...]:
    """native: the line's `logprobs`. Raises UpstreamInvalid when it is not a list of items."""
    if native is None:
        return ()
    if not isinstance(native, list):
        raise _nonsense()
    return tuple(_item(item) | {"top_logprobs": _top(item)} for item in native)


def _top(item: Json) -> list[Json]:
    top = item.get("top_logprobs") or []
    if not isinstance(top, list):
        raise _nonsense()
    return [_item(other) for other in top]


def _item(native: object) -> Json:
    if not isinstance(native, dict):
        raise _nonsense()
    token, logprob = native.get("token"), native.get("logprob", 0.0)
    if not isinstance(token, str) or not isinstance(logprob, (int, float)):
        raise _nonsense()
    if not math.isfinite(logprob):
        logprob = IMPOSSIBLE
    return {"token": token, "logprob": logprob, "bytes": native.get("bytes")}


def _nonsense() -> UpstreamInvalid:
    return UpstreamInvalid("The model's host sent logprobs that are not its protocol.")
