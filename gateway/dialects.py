"""The endpoints that ask the model, as data: how each reads its body and writes its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from clawdsite.core.config.schema import Config
from clawdsite.core.errors import ClawdError
from gateway.types import Batch, ChatRequest, Json
from gateway.wire.openai import (
    ChatCollector,
    ChatWriter,
    TextCollector,
    TextWriter,
    from_chat_body,
    from_completion_body,
)
from gateway.wire.responses import ResponseCollector, ResponseWriter, from_response_body


class Writer(Protocol):
    def start(self) -> bytes: ...
    def write(self, batch: Batch) -> bytes: ...
    def end(self) -> bytes: ...
    def error(self, err: ClawdError) -> bytes: ...


class Collector(Protocol):
    def add(self, batch: Batch) -> None: ...
    def body(self) -> Json: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one endpoint reads its body and writes its answer. `model` (of writer and collector) is resolved.

    asks_by: the field of its body that holds the question.
    """

    read: Callable[[Json, str | None, Config], Sequence[ChatRequest]]
    writer: Callable[[Sequence[ChatRequest], Json, str, Config], Writer]
    collector: Callable[[Sequence[ChatRequest], Json, str, Config], Collector]
    asks_by: str = "messages"

    def named(self, error: ClawdError) -> ClawdError:
        """The same error by this endpoint's own field: the road behind it knows `messages` alone."""
        if self.asks_by != "messages" and error.param is not None and error.param.startswith("messages"):
            error.param = self.asks_by
        return error


CHAT: Final = Dialect(
    lambda body, session, config: (from_chat_body(body, session=session, n_max=config.models.n_max),),
    lambda asked, _, model, config: ChatWriter(
        asked[0], model=model, reasoning_fields=config.models.reasoning_fields
    ),
    lambda asked, _, model, config: ChatCollector(
        asked[0], model=model, reasoning_fields=config.models.reasoning_fields
    ),
)
COMPLETION: Final = Dialect(
    lambda body, session, config: from_completion_body(body, session=session, n_max=config.models.n_max),
    lambda asked, _, model, config: TextWriter(tuple(asked), model=model),
    lambda asked, _, model, config: TextCollector(tuple(asked), model=model),
    asks_by="prompt",
)
RESPONSE: Final = Dialect(
    lambda body, session, config: (from_response_body(body, session=session),),
    lambda asked, body, model, config: ResponseWriter(
        asked[0], model=model, body=body, reasoning_fields=config.models.reasoning_fields
    ),
    lambda asked, body, model, config: ResponseCollector(
        asked[0], model=model, body=body, reasoning_fields=config.models.reasoning_fields
    ),
    asks_by="input",
)
