"""Ollama's native answers of the simulated model, as JSON objects (recorded shapes of Ollama 0.33)."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from clawdsite.demo.answers import Answer, compose, continued, messages_of, to_pieces

Json = dict[str, Any]

NAME: Final = "clawdbot-demo"
VERSION: Final = "0.33.0"
CONTEXT: Final = 8192
VECTOR: Final = 32
DETAILS: Final[Json] = {
    "parent_model": "",
    "format": "simulated",
    "family": NAME,
    "families": [NAME],
    "parameter_size": "0",
    "quantization_level": "none",
}
CAPABILITIES: Final = ["completion", "tools", "thinking", "embedding"]


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def tags(started: str) -> Json:
    """GET /api/tags."""
    card = {"name": NAME, "model": NAME, "modified_at": started, "size": 0, "digest": "0" * 64}
    return {"models": [card | {"details": DETAILS, "capabilities": CAPABILITIES}]}


def show(started: str) -> Json:
    """POST /api/show, for any name."""
    facts = {"general.architecture": NAME, f"{NAME}.context_length": CONTEXT}
    return {"details": DETAILS, "model_info": facts, "capabilities": CAPABILITIES, "modified_at": started}


def ps(names: set[str]) -> Json:
    """GET /api/ps: the simulated model is there under every name that was asked for."""
    row = {"size": 0, "digest": "0" * 64, "details": DETAILS, "size_vram": 0, "context_length": CONTEXT}
    until = {"expires_at": "2318-01-01T00:00:00Z"}
    return {"models": [{"name": name, "model": name} | row | until for name in sorted(names)]}


def embed(body: Json) -> Json:
    """POST /api/embed: the same text has the same unit vector; nothing else is meant by it."""
    given = body.get("input", [])
    texts = given if isinstance(given, list) else [given]
    wanted = body.get("dimensions")
    size = wanted if isinstance(wanted, int) and 0 < wanted <= 4096 else VECTOR
    vectors = [_vector(str(text), size) for text in texts]
    return {"model": NAME, "embeddings": vectors, "prompt_eval_count": sum(_counted(text) for text in texts)}


def _vector(text: str, size: int) -> list[float]:
    raw = hashlib.shake_256(text.encode("utf-8", "replace")).digest(size)
    values = [byte - 127.5 for byte in raw]
    length = math.sqrt(sum(value * value for value in values))
    return [round(value / length, 6) for value in values]


def loaded() -> Json:
    """POST /api/generate without a prompt."""
    return {"model": NAME, "created_at": now(), "response": "", "done": True, "done_reason": "load"}


def chat_lines(body: Json) -> Iterator[Json]:
    """The lines of POST /api/chat: thinking, then words or a tool call, then `done`."""
    prompt = sum(_counted(message.get("content", "")) for message in messages_of(body))
    yield from _lines(body, compose(body), prompt, chat=True)


def generate_lines(body: Json) -> Iterator[Json]:
    """The lines of POST /api/generate with a prompt."""
    prompt = str(body["prompt"])
    yield from _lines(body, continued(prompt), _counted(prompt), chat=False)


def _counted(text: Any) -> int:
    """Tokens, as far as a simulated model has any: words."""
    return len(to_pieces(str(text)))


def _lines(body: Json, answer: Answer, prompt: int, *, chat: bool) -> Iterator[Json]:
    options = body.get("options")
    options = options if isinstance(options, dict) else {}
    begun = time.monotonic_ns()
    words = [("thinking", piece) for piece in to_pieces(answer.thinking)]
    words += [("content", piece) for piece in to_pieces(_before_stop(answer.text, options.get("stop")))]
    limit = options.get("num_predict")
    most = limit if isinstance(limit, int) and limit > 0 else len(words)
    for kind, piece in words[:most]:
        yield _line(chat, {kind: piece})
    if answer.tool_call is not None:
        yield _line(chat, {"tool_calls": [{"id": f"call_{begun:x}", "function": answer.tool_call}]})
    spent = time.monotonic_ns() - begun
    yield _line(chat, {}) | {
        "done": True,
        "done_reason": "length" if most < len(words) else "stop",
        "total_duration": spent,
        "load_duration": 0,
        "prompt_eval_count": prompt,
        "prompt_eval_duration": 0,
        "eval_count": min(most, len(words)),
        "eval_duration": spent,
    }


def _line(chat: bool, fields: Json) -> Json:
    line: Json = {"model": NAME, "created_at": now()}
    if chat:
        line["message"] = {"role": "assistant", "content": "", **fields}
    else:
        line["response"] = fields.get("content", "")
    return line | {"done": False}


def _before_stop(text: str, stops: Any) -> str:
    for stop in stops if isinstance(stops, list) else [stops]:
        if isinstance(stop, str) and stop:
            text = text.split(stop, 1)[0]
    return text


def joined(lines: list[Json]) -> Json:
    """What `stream: false` answers: the last line, with every piece of the answer in it."""
    last = dict(lines[-1])
    if "response" in last:
        return last | {"response": "".join(line["response"] for line in lines)}
    message: Json = {"role": "assistant", "content": "".join(line["message"]["content"] for line in lines)}
    thinking = "".join(line["message"].get("thinking", "") for line in lines)
    calls = [call for line in lines for call in line["message"].get("tool_calls", [])]
    more = {"thinking": thinking, "tool_calls": calls}
    return last | {"message": message | {name: value for name, value in more.items() if value}}
