"""What every answer of a completions endpoint carries around its choices (reference 2.1)."""

from __future__ import annotations

import json
import secrets
import time
from json.encoder import encode_basestring_ascii
from typing import Final

from gateway.types import ChatRequest, Json, Usage

FINGERPRINT: Final = "fp_ollama"

quoted = encode_basestring_ascii  # one string as JSON in ASCII: the cheap way, once a token


def dumps(value: object) -> str:
    """Compact JSON in ASCII: some clients split lines at U+0085 and U+2028 (reference 2.6)."""
    return json.dumps(value, separators=(",", ":"))


def new_id(prefix: str) -> str:
    """`<prefix>-` and 29 characters that need no escaping in a URL."""
    return f"{prefix}-{secrets.token_urlsafe(22)[:29]}"


def usage_json(usage: Usage) -> Json:
    """OpenAI's usage object. All keys are always there: some clients take them without asking."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


class Envelope:
    """Id, time and model, fixed at the start and the same in every chunk.

    close: the end of a chunk after its `choices`, up to the blank line.
    """

    __slots__ = ("close", "created", "id", "model", "tier", "usage_asked")

    def __init__(self, prefix: str, request: ChatRequest, model: str) -> None:
        self.id = new_id(prefix)
        self.created = int(time.time())
        self.model = model
        self.tier = request.service_tier is not None
        self.usage_asked = request.include_usage
        self.close = ',"usage":null}\n\n' if request.include_usage else "}\n\n"

    def body(self, kind: str, choices: list[Json], usage: Usage) -> Json:
        """A whole answer. kind: its `object`."""
        return {**self._head(kind), "choices": choices, "usage": usage_json(usage)}

    def open(self, kind: str) -> str:
        """The beginning of a chunk, up to and with `"choices":[`."""
        return f'data: {dumps(self._head(kind))[:-1]},"choices":['

    def usage_chunk(self, kind: str, usage: Usage) -> bytes:
        """The chunk before [DONE] that has usage and no choices; nothing where it was not asked for."""
        if not self.usage_asked:
            return b""
        return f'{self.open(kind)}],"usage":{dumps(usage_json(usage))}}}\n\n'.encode("ascii")

    def _head(self, kind: str) -> Json:
        head: Json = {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
        }
        if self.tier:
            head["service_tier"] = "default"
        return head
