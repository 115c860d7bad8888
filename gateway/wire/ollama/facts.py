"""What the model's host says of its models: /api/show and /api/tags (reference 1.8, 5.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import Json, ModelCard, ModelFacts

DEMO: Final = "clawdbot-demo"  # `details.family` of the simulated model, and its owner in /v1/models


def facts_from_show(name: str, native: Json) -> ModelFacts:
    """native: the answer of /api/show for `name`. Raises UpstreamInvalid for wrong types."""
    capabilities = native.get("capabilities")
    if capabilities is None:  # hosts before 0.6.4 do not say
        capabilities = ["completion"]
    if not isinstance(capabilities, list):
        raise _nonsense()
    known = frozenset(word for word in capabilities if isinstance(word, str))
    demo = _owner(native) == DEMO  # answers to any name, and says its own
    return ModelFacts(DEMO if demo else name, known, _context_length(native), demo=demo)


def cards_from_tags(native: Json) -> list[ModelCard]:
    """native: the answer of /api/tags; an empty host has `models` empty or null."""
    models = native.get("models") or []
    if not isinstance(models, list):
        raise _nonsense()
    return [_card(model) for model in models]


def card_from_show(name: str, native: Json) -> ModelCard:
    """native: the answer of /api/show for `name`."""
    said = native.get("capabilities")
    capabilities = tuple(word for word in said if isinstance(word, str)) if isinstance(said, list) else ()
    return ModelCard(name, _seconds(native.get("modified_at")), _owner(native), capabilities)


def _card(model: object) -> ModelCard:
    if not isinstance(model, dict):
        raise _nonsense()
    name = model.get("model") or model.get("name")
    if not isinstance(name, str):
        raise _nonsense()
    return card_from_show(name, model)


def _owner(native: Json) -> str:
    details = native.get("details")
    family = details.get("family") if isinstance(details, dict) else None
    return DEMO if family == DEMO else "library"


def _context_length(native: Json) -> int | None:
    """`<architecture>.context_length`; the length the model was trained for, not what is loaded."""
    facts = native.get("model_info")
    if not isinstance(facts, dict):
        return None
    found = facts.get(f"{facts.get('general.architecture')}.context_length")
    return found if isinstance(found, int) and found > 0 else None


def _seconds(moment: object) -> int:
    """Unix seconds of an RFC 3339 time with up to nine digits of fraction; 0 where there is none."""
    if not isinstance(moment, str):
        return 0
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return 0
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return max(0, int(found.timestamp()))


def _nonsense() -> UpstreamInvalid:
    return UpstreamInvalid("The model's host described its models in a way that is not its protocol.")
