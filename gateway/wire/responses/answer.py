"""One response as it grows: its items, and the object around them (openai/types/responses)."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any, Final, Literal

from clawdsite.core.errors import BadRequest, ClawdError, RateLimited
from gateway.types import ChatRequest, Finished, Json, Text, ToolCalled, Usage
from gateway.wire.responses.repeated import repeated

Kind = Literal["message", "reasoning"]
_PREFIXES: Final = {"message": "msg", "reasoning": "rs"}


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(24)}"


class Growing:
    """An item of text that is being written. place: its index in the output."""

    __slots__ = ("id", "kind", "logprobs", "pieces", "place")

    def __init__(self, kind: Kind, place: int) -> None:
        self.kind = kind
        self.place = place
        self.id = new_id(_PREFIXES[kind])
        self.pieces: list[str] = []
        self.logprobs: list[Json] = []

    def text(self) -> str:
        return "".join(self.pieces)

    def add(self, event: Text) -> list[Json]:
        """Keep a piece of the answer; its logprobs, with `bytes` a list as the SDKs want it."""
        self.pieces.append(event.text)
        items = [_with_bytes(item) for item in event.logprobs or ()]
        self.logprobs += items
        return items

    def part(self) -> Json:
        """The content or summary part as it stands."""
        if self.kind == "reasoning":
            return {"type": "summary_text", "text": self.text()}
        return {"type": "output_text", "text": self.text(), "annotations": [], "logprobs": self.logprobs}

    def item(self, status: str) -> Json:
        """status: in_progress (nothing said yet), completed, incomplete."""
        parts = [] if status == "in_progress" else [self.part()]
        if self.kind == "message":
            return {
                "id": self.id,
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": parts,
            }
        item: Json = {"id": self.id, "type": "reasoning", "status": status, "summary": parts}
        if parts:
            item["encrypted_content"] = self.text()  # for the next call's input; plain (reference 1.8)
        return item


class Answer:
    """The response object and its items.

    body: the request as sent, for what the object repeats of it. Nothing is stored, so `store` is false.
    """

    def __init__(self, request: ChatRequest, *, model: str, body: Json, reasoning_fields: str) -> None:
        self.id = new_id("resp")
        self.shows_thinking = reasoning_fields != "none" and not request.hide_reasoning
        self.output: list[Json] = []
        self.growing: Growing | None = None
        self._spoken = False  # a message or a call is there
        self._finished: Finished | None = None
        self._created = int(time.time())
        self._repeated = {"model": model, **repeated(request, body)}

    def open(self, kind: Kind) -> Growing:
        """Begin an item; the one before it must be closed."""
        self.growing = Growing(kind, len(self.output))
        self._spoken = self._spoken or kind == "message"
        return self.growing

    def close(self, status: str = "completed") -> Json:
        """End the item that is being written, and keep it."""
        assert self.growing is not None  # noqa: S101 - the writers open before they close
        item = self.growing.item(status)
        self.output.append(item)
        self.growing = None
        return item

    def call(self, event: ToolCalled) -> Json:
        """Keep a call; incomplete where its arguments were cut."""
        self._spoken = True
        item: Json = {
            "id": new_id("fc"),
            "type": "function_call",
            "status": "completed" if _is_json(event.arguments) else "incomplete",
            "call_id": event.id,
            "name": event.name,
            "arguments": event.arguments,
        }
        self.output.append(item)
        return item

    def finish(self, event: Finished) -> str:
        """Note the end; the status of an item that is being written."""
        self._finished = event
        return "incomplete" if event.reason == "length" else "completed"

    def lacks_message(self) -> bool:
        """Whether an empty message must be added: clients look for one in a complete answer."""
        cut = self._finished is not None and self._finished.reason == "length"
        return not self._spoken and not (cut and self.output)

    def status(self) -> str:
        if self._finished is None:
            return "in_progress"
        return "incomplete" if self._finished.reason == "length" else "completed"

    def whole(self) -> Json:
        """The response object as it stands."""
        status = self.status()
        cut = {"reason": "max_output_tokens"} if status == "incomplete" else None
        usage = None if self._finished is None else _usage(self._finished.usage)
        finished = {"completed_at": int(time.time())} if status == "completed" else {}
        return self._object(status, usage=usage, incomplete_details=cut, **finished)

    def failed(self, err: ClawdError) -> Json:
        """The response object of an answer that broke off, with all that was said by then."""
        failure = {"code": _failure(err), "message": err.message}
        begun = [] if self.growing is None else [self.growing.item("incomplete")]
        return self._object("failed", error=failure, output=[*self.output, *begun])

    def _object(self, status: str, **found: Any) -> Json:
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created,
            "completed_at": None,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "output": list(self.output),
            "usage": None,
            **self._repeated,
            **found,
        }


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }


def _with_bytes(item: Json) -> Json:
    """A logprob item, and those of its alternatives."""
    listed = item.get("bytes")
    found = {**item, "bytes": list(item["token"].encode()) if listed is None else listed}
    if "top_logprobs" in item:
        found["top_logprobs"] = [_with_bytes(other) for other in item["top_logprobs"]]
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _failure(err: ClawdError) -> str:
    """The closed list of `response.error.code` has no finer words; the error event keeps our own."""
    if isinstance(err, BadRequest):
        return "invalid_prompt"
    return "rate_limit_exceeded" if isinstance(err, RateLimited) else "server_error"
