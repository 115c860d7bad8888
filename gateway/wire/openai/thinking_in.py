"""Whether the model shall think first: one question, asked by seven names (reference 1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.wire.openai.fields import Fields

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "ultra", "max")
NAMES: Final = frozenset(
    {"reasoning_effort", "reasoning", "think", "enable_thinking", "chat_template_kwargs"}
)


@dataclass(frozen=True, slots=True)
class Wish:
    """think: None where nothing was said. hide: the reasoning is not shown in the answer."""

    think: bool | None = None
    hide: bool = False


def from_thinking(body: Fields) -> Wish:
    """`reasoning` wins over `reasoning_effort`, and both over the other servers' switches."""
    effort = body.word("reasoning_effort", EFFORTS)
    reasoning = body.inner("reasoning") or Fields({}, "reasoning")
    inner_effort = reasoning.word("effort", EFFORTS)
    reasoning.integer("max_tokens", low=0)
    template = body.inner("chat_template_kwargs") or Fields({}, "chat_template_kwargs")
    said = (
        _on(inner_effort),
        _on(effort),
        reasoning.flag("enabled"),
        body.flag("think"),
        body.flag("enable_thinking"),
        template.flag("enable_thinking"),
    )
    return Wish(next((word for word in said if word is not None), None), reasoning.flag("exclude") or False)


def _on(effort: str | None) -> bool | None:
    return None if effort is None else effort != "none"
