"""The native JSON that a double of Ollama makes up where no reply was scripted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

WORDS = ("Hello", " from", " the", " tiny", " model", "!", " ")
THOUGHTS = ("Let", " me", " think", ".")
DIMENSIONS = 8


@dataclass(frozen=True)
class Model:
    """One model of the double. name: with its tag."""

    name: str
    capabilities: tuple[str, ...] = ("completion", "tools", "thinking")
    context_length: int = 40960
    modified_at: str = "2026-11-23T09:20:50.698613237Z"
    size: int = 20201253588
    loaded_with: int | None = None  # tokens of context, where they are fewer than it was trained for

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    def details(self) -> dict[str, Any]:
        return {
            "parent_model": "",
            "format": "gguf",
            "family": "qwen3",
            "families": ["qwen3"],
            "parameter_size": "32.8B",
            "quantization_level": "Q4_K_M",
        }


STOCK = (
    Model("qwen3:32b"),
    Model("plain:latest", capabilities=("completion",)),
    Model("vision:latest", capabilities=("completion", "vision")),
    Model("embed:latest", capabilities=("embedding",)),
)


def to_tags(models: list[Model]) -> dict[str, Any]:
    """GET /api/tags."""
    rows = [
        {
            "name": model.name,
            "model": model.name,
            "modified_at": model.modified_at,
            "size": model.size,
            "digest": model.digest,
            "details": model.details(),
            "capabilities": list(model.capabilities),
        }
        for model in models
    ]
    return {"models": rows}


def to_running(models: list[Model]) -> dict[str, Any]:
    """GET /api/ps."""
    rows = [
        {
            "name": model.name,
            "model": model.name,
            "size": model.size,
            "digest": model.digest,
            "details": model.details(),
            "expires_at": "2318-03-05T00:00:00Z",
            "size_vram": model.size,
            "context_length": model.loaded_with or model.context_length,
        }
        for model in models
    ]
    return {"models": rows}


def to_show(model: Model) -> dict[str, Any]:
    """POST /api/show."""
    return {
        "modelfile": f"FROM {model.name}\n",
        "template": "{{ .Prompt }}",
        "details": model.details(),
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": model.context_length},
        "capabilities": list(model.capabilities),
        "modified_at": model.modified_at,
    }


def now() -> str:
    """Go's RFC 3339 form."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def done_line(head: dict[str, Any], tokens: int, reason: str) -> dict[str, Any]:
    """The last line of an answer, counts and nanoseconds included."""
    return head | {
        "done": True,
        "done_reason": reason,
        "total_duration": 278211107,
        "load_duration": 1202667,
        "prompt_eval_count": 22,
        "prompt_eval_duration": 1383000,
        "eval_count": tokens,
        "eval_duration": 3000000,
    }


def chat_lines(model: str, count: int, thinking: int = 0, reason: str = "stop") -> Iterator[bytes]:
    """/api/chat: `thinking` thought words, then `count` words, then the done line."""
    head = {"model": model, "created_at": now()}
    for index in range(thinking):
        word = THOUGHTS[index % len(THOUGHTS)]
        yield dump(head | {"message": {"role": "assistant", "content": "", "thinking": word}, "done": False})
    kept: dict[str, bytes] = {}
    for index in range(count):
        word = WORDS[index % len(WORDS)]
        if word not in kept:
            line = head | {"message": {"role": "assistant", "content": word}, "done": False}
            kept[word] = dump(line)
        yield kept[word]
    last = head | {"message": {"role": "assistant", "content": ""}}
    yield dump(done_line(last, count + thinking, reason))


def text_lines(model: str, count: int, reason: str = "stop", raw: bool = False) -> Iterator[bytes]:
    """/api/generate: `count` words, then the done line; a raw one has no context to go on from."""
    head = {"model": model, "created_at": now()}
    for index in range(count):
        yield dump(head | {"response": WORDS[index % len(WORDS)], "done": False})
    context = {} if raw else {"context": list(range(count))}
    yield dump(done_line(head | {"response": ""}, count, reason) | context)


def to_once(lines: Iterator[bytes]) -> dict[str, Any]:
    """The same answer as one object (`stream: false`)."""
    parsed = [json.loads(line) for line in lines]
    last: dict[str, Any] = parsed[-1]
    if "response" in last:
        last["response"] = "".join(line["response"] for line in parsed)
        return last
    for field in ("content", "thinking"):
        text = "".join(line["message"].get(field, "") for line in parsed)
        if text or field == "content":
            last["message"][field] = text
    return last


def to_vectors(model: str, texts: list[str], dimensions: int | None) -> dict[str, Any]:
    """POST /api/embed: a vector of length 1 that depends on the text alone."""
    vectors = []
    for text in texts:
        raw = hashlib.shake_128(text.encode("utf-8", "surrogatepass")).digest(dimensions or DIMENSIONS)
        size = sum((byte - 127.5) ** 2 for byte in raw) ** 0.5
        vectors.append([(byte - 127.5) / size for byte in raw])
    tokens = sum(len(text.split()) for text in texts)
    return {
        "model": model,
        "embeddings": vectors,
        "total_duration": 14143917,
        "load_duration": 1019500,
        "prompt_eval_count": tokens,
    }


def dump(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
