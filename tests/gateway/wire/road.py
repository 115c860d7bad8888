"""The pure part of the road: native lines in, OpenAI's JSON or chunks out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.types import Batch, ChatRequest, Event, Plan, Tool, ToolChoice
from gateway.wire.ollama.events import EventReader
from gateway.wire.openai.chat_out import ChatCollector, ChatWriter

RECORDINGS = Path(__file__).parents[2] / "recordings"
MODEL = "qwen3:32b"
Line = dict[str, Any]
Chunk = dict[str, Any]

ASK = ChatRequest(model=MODEL, stream=True)
PLAIN = Plan()
WEATHER = Tool("get_weather", "weather", {"type": "object"}, {"type": "object"})
NAMED = ASK.with_(tools=(WEATHER,), tool_choice=ToolChoice("named", "get_weather"))
NAMED_PLAN = Plan(think=False, forced="named", forced_name="get_weather")
REQUIRED = ASK.with_(tools=(WEATHER,), tool_choice=ToolChoice("required"))
REQUIRED_PLAN = Plan(think=False, forced="required")


def said(
    content: str = "", *, thinking: str | None = None, calls: list[Any] | None = None, **top: Any
) -> Line:
    """One line of /api/chat that is not the last."""
    message: Line = {"role": "assistant", "content": content}
    if thinking is not None:
        message["thinking"] = thinking
    if calls is not None:
        message["tool_calls"] = calls
    return {"model": MODEL, "created_at": "2026-11-23T09:45:21.1Z", "message": message, "done": False} | top


def done(
    reason: str | None = "stop", content: str = "", *, calls: list[Any] | None = None, **top: Any
) -> Line:
    """The last line, with 3 tokens asked and 2 answered unless `top` says otherwise."""
    counts = {"prompt_eval_count": 3, "eval_count": 2}
    line = said(content, calls=calls) | {"done": True} | counts | top
    return line if reason is None else line | {"done_reason": reason}


def called(name: str = "f", arguments: Any = None, id_: str | None = "c", index: int = 0) -> dict[str, Any]:
    """A native tool call."""
    function = {"index": index, "name": name, "arguments": {"a": 1} if arguments is None else arguments}
    return {"function": function} if id_ is None else {"id": id_, "function": function}


def answer(name: str) -> bytes:
    """The body that a real host sent, all pieces joined."""
    recording = json.loads((RECORDINGS / f"{name}.json").read_text())
    return "".join(piece["text"] for piece in recording["body"]).encode()


def status(name: str) -> int:
    found: int = json.loads((RECORDINGS / f"{name}.json").read_text())["status"]
    return found


def lines_of(name: str) -> list[Line]:
    return [json.loads(line) for line in answer(name).split(b"\n") if line.strip()]


def batches(
    lines: Sequence[Line], request: ChatRequest = ASK, plan: Plan = PLAIN, index: int = 0
) -> list[Batch]:
    """One batch a line, as if each came alone; the end of the body is proper."""
    reader = EventReader(request, plan)
    found = [reader.feed(line) for line in lines]
    found.append(reader.end())
    return [Batch(index, tuple(events)) for events in found if events]


def events(lines: Sequence[Line], request: ChatRequest = ASK, plan: Plan = PLAIN) -> list[Event]:
    return [event for batch in batches(lines, request, plan) for event in batch.events]


def whole(
    lines: Sequence[Line], request: ChatRequest = ASK, plan: Plan = PLAIN, fields: str = "both"
) -> dict[str, Any]:
    collector = ChatCollector(request, model=MODEL, reasoning_fields=fields)
    for batch in batches(lines, request, plan):
        collector.add(batch)
    found: dict[str, Any] = json.loads(json.dumps(collector.body()))
    return found


def message(lines: Sequence[Line], request: ChatRequest = ASK, plan: Plan = PLAIN) -> dict[str, Any]:
    found: dict[str, Any] = whole(lines, request, plan)["choices"][0]["message"]
    return found


def finish(lines: Sequence[Line], request: ChatRequest = ASK, plan: Plan = PLAIN) -> str:
    found: str = whole(lines, request, plan)["choices"][0]["finish_reason"]
    return found


def streamed(
    lines: Sequence[Line], request: ChatRequest = ASK, plan: Plan = PLAIN, fields: str = "both"
) -> list[Any]:
    """All events of the stream; [DONE] is the string."""
    writer = ChatWriter(request, model=MODEL, reasoning_fields=fields)
    written = writer.start() + b"".join(writer.write(batch) for batch in batches(lines, request, plan))
    return parse(written + writer.end())


def parse(stream: bytes) -> list[Any]:
    """Events of an SSE body: comments are nothing, each event is one `data:` line."""
    assert stream.endswith(b"\n\n")
    found = []
    for block in stream.decode("ascii").split("\n\n")[:-1]:
        if block.startswith(":"):
            continue
        assert block.startswith("data: ")
        assert "\n" not in block
        data = block.removeprefix("data: ")
        found.append(data if data == "[DONE]" else json.loads(data))
    return found


def short(chunks: Sequence[Any]) -> list[Any]:
    """As the vectors write it: deltas, ("F", reason), ("U", tokens), "D", ("E", code)."""
    return [_short(chunk) for chunk in chunks]


def _short(chunk: Any) -> Any:
    if chunk == "[DONE]":
        return "D"
    if "error" in chunk:
        return ("E", chunk["error"]["code"])
    if not chunk["choices"]:
        return ("U", chunk["usage"]["total_tokens"])
    [choice] = chunk["choices"]
    if choice["finish_reason"] is not None:
        assert choice["delta"] == {}
        return ("F", choice["finish_reason"])
    return choice["delta"]
