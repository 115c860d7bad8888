"""The pure part of the road down: OpenAI's body in, the native body or the refusal out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from clawdsite.core.errors import BadRequest
from gateway.types import ChatRequest, Json, ModelFacts
from gateway.wire.jsonin import parse_object
from gateway.wire.ollama import plan_for, to_payload
from gateway.wire.openai import from_chat_body, from_completion_body

CAP = 16384
HI: Json = {"role": "user", "content": "hi"}
U: Json = {"messages": [HI]}
QWEN = ModelFacts("qwen3:32b", frozenset({"completion", "tools", "thinking"}))
EYES = ModelFacts("qwen3-vl:32b", frozenset({"completion", "tools", "vision"}))
PLAIN = ModelFacts("plain", frozenset({"completion"}))

Row = tuple[str, Any, Any]  # id, what the body says, what the native body says
Wrong = tuple[str, Any, str | None, str]  # id, what the body says, code, param


def payload_of(request: ChatRequest, facts: ModelFacts = QWEN, **changes: Any) -> Json:
    """The native body, without identity and configured options unless `changes` says otherwise."""
    arguments: Json = {"cap": CAP, "defaults": {}, "user_id": None, "session_id": None} | changes
    return to_payload(request, facts, plan_for(request, facts), **arguments)


def over_the_wire(body: Json) -> Json:
    """The body as it is after a client has written it and the gateway has read it."""
    return parse_object(json.dumps(body).encode())


def asked(more: Json) -> ChatRequest:
    return from_chat_body(over_the_wire(U | more))


def native(more: Json, facts: ModelFacts = QWEN, **changes: Any) -> Json:
    return payload_of(asked(more), facts, **changes)


def whole(**differences: Any) -> Json:
    """The constant part of every native chat body and the differences; `opt` goes into the options."""
    options = {"num_predict": CAP} | differences.pop("opt", {})
    constant: Json = {"model": "qwen3:32b", "messages": [HI], "stream": True, "truncate": False}
    return constant | {"options": options} | differences


def refusal(more: Json, facts: ModelFacts = QWEN, **changes: Any) -> BadRequest:
    """What the caller is told of a body that is wrong, or that this model cannot do."""
    with pytest.raises(BadRequest) as caught:
        native(more, facts, **changes)
    return caught.value


def texts_of(more: Json) -> tuple[ChatRequest, ...]:
    return from_completion_body(over_the_wire(more))


def rows(table: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Each row's first cell becomes the test's id; rows of the reference (R01...) are vectors."""
    return [
        pytest.param(*cells, id=f"vec-{name}" if name.startswith("R") else name) for name, *cells in table
    ]
