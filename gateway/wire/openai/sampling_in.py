"""How the answer is drawn and how long it gets: options, limits, stop strings (reference 1.2)."""

from __future__ import annotations

from typing import Final

from gateway.types import Json
from gateway.wire.openai.fields import Fields, check_text, too_long, unsupported, wrong_type

MOST_STOPS: Final = 16
LONGEST_STOP: Final = 1000
NAMES: Final = frozenset(
    {
        "temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "top_k", "min_p",
        "repeat_penalty", "repetition_penalty", "max_tokens", "max_completion_tokens", "stop", "n",
        "logit_bias",
    }
)  # fmt: skip
_DECIMALS: Final = (
    ("temperature", 0, 2),
    ("top_p", 0, 1),
    ("min_p", 0, 1),
    ("frequency_penalty", -2, 2),
    ("presence_penalty", -2, 2),
    ("repeat_penalty", 0.1, 10),
)


def from_options(body: Fields) -> Json:
    """The native options the client set; the rest stays out, so that the model's own defaults apply."""
    found: Json = {key: body.decimal(key, low=low, high=high) for key, low, high in _DECIMALS}
    alias = body.decimal("repetition_penalty", low=0.1, high=10)
    if found["repeat_penalty"] is None:
        found["repeat_penalty"] = alias
    found["top_k"] = body.integer("top_k", low=-1, high=2**31 - 1)
    found["seed"] = body.integer("seed", low=-(2**63), high=2**64 - 1)
    return {key: value for key, value in found.items() if value is not None}


def from_max_tokens(body: Fields) -> int | None:
    """`max_completion_tokens`, or else the older `max_tokens`."""
    older = body.integer("max_tokens", low=1)
    return body.integer("max_completion_tokens", low=1) or older


def from_stop(body: Fields) -> tuple[str, ...]:
    """Stop strings, none of them empty or twice."""
    value = body.get("stop")
    if value is None:
        return ()
    if not isinstance(value, str | list):
        raise wrong_type("stop", "one of a string or array of strings", value)
    if isinstance(value, str):
        found = [check_text(value, "stop", longest=LONGEST_STOP)]
    else:
        if len(value) > MOST_STOPS:
            raise too_long("stop", MOST_STOPS, len(value))
        found = [check_text(item, f"stop[{at}]", longest=LONGEST_STOP) for at, item in enumerate(value)]
    return tuple(dict.fromkeys(text for text in found if text))


def check_logit_bias(body: Fields) -> None:
    """Raises `unsupported_parameter` for a bias on any token: the model's host knows none."""
    bias = body.inner("logit_bias")
    if bias is not None and bias.values:
        raise unsupported("logit_bias", "is not supported by this server")
