"""Ollama's native wire: requests to bodies (plan, payload), lines to events (events), errors, facts."""

from gateway.wire.ollama.errors import error_in, to_error
from gateway.wire.ollama.events import EventReader
from gateway.wire.ollama.facts import card_from_show, cards_from_tags, facts_from_show
from gateway.wire.ollama.payload import to_payload
from gateway.wire.ollama.plan import path_for, plan_for

__all__ = [
    "EventReader",
    "card_from_show",
    "cards_from_tags",
    "error_in",
    "facts_from_show",
    "path_for",
    "plan_for",
    "to_error",
    "to_payload",
]
