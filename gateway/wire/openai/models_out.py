"""Models as OpenAI lists them (reference 1.8)."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.types import Json, ModelCard


def to_models(cards: Iterable[ModelCard]) -> Json:
    """`data` is a list also where there is none: Ollama's own null breaks clients."""
    return {"object": "list", "data": [to_model(card) for card in cards]}


def to_model(card: ModelCard) -> Json:
    return {"id": card.id, "object": "model", "created": card.created, "owned_by": card.owned_by}
