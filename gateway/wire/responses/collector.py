"""Events become one response object."""

from __future__ import annotations

from gateway.types import Batch, ChatRequest, Finished, Json, Text, Thinking, ToolCalled
from gateway.wire.responses.answer import Answer, Growing, Kind


class ResponseCollector:
    """For callers that do not stream.

    model: the name the answer carries. body: the request as sent. reasoning_fields: `none` hides thinking.
    """

    __slots__ = ("_answer",)

    def __init__(
        self, request: ChatRequest, *, model: str, body: Json, reasoning_fields: str = "both"
    ) -> None:
        self._answer = Answer(request, model=model, body=body, reasoning_fields=reasoning_fields)

    @property
    def id(self) -> str:
        return self._answer.id

    def add(self, batch: Batch) -> None:
        for event in batch.events:
            match event:
                case Text():
                    self._item("message").add(event)
                case Thinking(text):
                    if self._answer.shows_thinking:
                        self._item("reasoning").pieces.append(text)
                case ToolCalled():
                    self._close()
                    self._answer.call(event)
                case Finished():
                    self._close(self._answer.finish(event))
                    if self._answer.lacks_message():
                        self._answer.open("message")
                        self._answer.close(self._answer.status())

    def body(self) -> Json:
        """The object `response`, status completed or incomplete."""
        return self._answer.whole()

    def _item(self, kind: Kind) -> Growing:
        growing = self._answer.growing
        if growing is not None and growing.kind == kind:
            return growing
        self._close()
        return self._answer.open(kind)

    def _close(self, status: str = "completed") -> None:
        if self._answer.growing is not None:
            self._answer.close(status)
