"""Events become the server-sent events of a response, in OpenAI's order, numbered, without [DONE]."""

from __future__ import annotations

from typing import Any, Final

from clawdsite.core.errors import ClawdError
from gateway.types import Batch, ChatRequest, Event, Finished, Json, Text, Thinking, ToolCalled
from gateway.wire import sse
from gateway.wire.openai.envelope import dumps, quoted
from gateway.wire.responses.answer import Answer, Growing, Kind

# Events of an item's part, and of the text in it.
_NAMES: Final[dict[Kind, tuple[str, str]]] = {
    "message": ("response.content_part", "response.output_text"),
    "reasoning": ("response.reasoning_summary_part", "response.reasoning_summary_text"),
}


class ResponseWriter:
    """The stream of one response (openai/types/responses/response_stream_event).

    model: the name the answer carries. body: the request as sent. reasoning_fields: `none` hides thinking.
    """

    __slots__ = ("_answer", "_before", "_message", "_number")

    def __init__(
        self, request: ChatRequest, *, model: str, body: Json, reasoning_fields: str = "both"
    ) -> None:
        self._answer = Answer(request, model=model, body=body, reasoning_fields=reasoning_fields)
        self._number = 0
        self._message: Growing | None = None  # the item being written, if it is the message
        self._before = ""  # its text deltas, up to the text

    @property
    def id(self) -> str:
        return self._answer.id

    def start(self) -> bytes:
        """Nothing: the first events go out with the first batch, so that early errors keep their status."""
        return b""

    def write(self, batch: Batch) -> bytes:
        out: list[bytes] = []
        if not self._number:
            for name in ("response.created", "response.in_progress"):
                self._send(out, name, response=self._answer.whole())
        for event in batch.events:
            message = self._message
            if message is not None and isinstance(event, Text) and event.logprobs is None:
                message.pieces.append(event.text)
                out.append(self._delta(event.text, ',"logprobs":[]'))
            else:
                self._rare(out, event)
        return b"".join(out)

    def end(self) -> bytes:
        """The last event: `response.completed`, or `response.incomplete` for an answer cut by its length."""
        out: list[bytes] = []
        self._send(out, f"response.{self._answer.status()}", response=self._answer.whole())
        return b"".join(out)

    def error(self, err: ClawdError) -> bytes:
        """The end of a stream that failed: `response.failed` where it had begun, then `error`.

        OpenAI documents `code`, `message` and `param` at the event's top and sends them inside `error`; both
        are there, and the latter makes OpenAI's SDKs raise.
        """
        out: list[bytes] = []
        if self._number:
            self._send(out, "response.failed", response=self._answer.failed(err))
        facts = err.body()["error"]
        shown = {key: facts[key] for key in ("code", "message", "param")}
        self._send(out, "error", **shown, error=facts)
        return b"".join(out)

    def _rare(self, out: list[bytes], event: Event) -> None:
        match event:
            case Text(text):
                items = self._item(out, "message").add(event)
                out.append(self._delta(text, f',"logprobs":{dumps(items)}'))
            case Thinking(text):
                if self._answer.shows_thinking:
                    self._think(out, text)
            case ToolCalled():
                self._close(out, "completed")
                self._call(out, event)
            case Finished():
                self._close(out, self._answer.finish(event))
                if self._answer.lacks_message():
                    self._item(out, "message")
                    self._close(out, self._answer.status())

    def _delta(self, text: str, more: str = "") -> bytes:
        """A piece of the item being written; once a token, so put together by hand."""
        number = self._number
        self._number = number + 1
        return f'{self._before}{quoted(text)}{more},"sequence_number":{number}}}\n\n'.encode("ascii")

    def _think(self, out: list[bytes], text: str) -> None:
        self._item(out, "reasoning").pieces.append(text)
        out.append(self._delta(text))

    def _item(self, out: list[bytes], kind: Kind) -> Growing:
        """The item being written, if it is of this kind; else a new one, with the events that open it."""
        growing = self._answer.growing
        if growing is not None and growing.kind == kind:
            return growing
        self._close(out, "completed")
        growing = self._answer.open(kind)
        self._message = growing if kind == "message" else None
        item = growing.item("in_progress")
        self._send(out, "response.output_item.added", output_index=growing.place, item=item)
        part, name = _NAMES[kind]
        self._send(out, f"{part}.added", **_place(growing), part=growing.part())
        opening = dumps({"type": f"{name}.delta", **_place(growing)})[:-1]
        self._before = f'event: {name}.delta\ndata: {opening},"delta":'
        return growing

    def _close(self, out: list[bytes], status: str) -> None:
        """The events that end the item being written, if there is one."""
        growing = self._answer.growing
        if growing is None:
            return
        place, text = _place(growing), growing.text()
        part, name = _NAMES[growing.kind]
        logprobs = {"logprobs": growing.logprobs} if growing.kind == "message" else {}
        self._send(out, f"{name}.done", **place, text=text, **logprobs)
        self._send(out, f"{part}.done", **place, part=growing.part())
        item = self._answer.close(status)
        self._message = None
        self._send(out, "response.output_item.done", output_index=growing.place, item=item)

    def _call(self, out: list[bytes], event: ToolCalled) -> None:
        """A call comes whole: opened, its arguments in one delta, closed."""
        index = len(self._answer.output)
        item = self._answer.call(event)
        place = {"item_id": item["id"], "output_index": index}
        begun = {**item, "status": "in_progress", "arguments": ""}
        self._send(out, "response.output_item.added", output_index=index, item=begun)
        name = "response.function_call_arguments"
        self._send(out, f"{name}.delta", **place, delta=event.arguments)
        self._send(out, f"{name}.done", **place, arguments=event.arguments)
        self._send(out, "response.output_item.done", output_index=index, item=item)

    def _send(self, out: list[bytes], name: str, **found: Any) -> None:
        text = dumps({"type": name, **found, "sequence_number": self._number})
        self._number += 1
        out.append(sse.event(text, name))


def _place(growing: Growing) -> Json:
    index = "content_index" if growing.kind == "message" else "summary_index"
    return {"item_id": growing.id, "output_index": growing.place, index: 0}
