"""What a native error says, unwrapped, and whether a caller may read it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from gateway.types import Json

LONGEST: Final = 300  # characters of a foreign sentence

# Words and shapes of the inside of a host: paths, addresses, URLs, code, its parts.
_INSIDE: Final = re.compile(
    r"""(?<![\w#/])~?/[\w.-]+         # an absolute path; a JSON pointer (#/properties/x) is not one
    | (?<![\w.\-/#])[\w.-]+/[\w.-]+/[\w.-]+  # registry/library/model
    | \\ | [A-Za-z]:/ | ://           # Windows paths, URLs
    | \d+\.\d+\.\d+\.\d+ | \[?[0-9a-f]*::[0-9a-f]* | :\d{2,5}\b | \blocalhost\b
    | \b0x[0-9a-f]+ | \bsha256 | \.(?:go|cpp|cc|c|h|cu|py|so|dll|gguf)\b
    | goroutine | panic | \bgo\s(?:struct|type|value)\b | \bjson: | unmarshal | traceback | exception
    | llama | ollama | ggml | gguf | cuda | rocm | metal | vulkan | \brunner\b | \bslot\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """message: the innermost sentence. kind: llama-server's `type`. asked, room: its token counts."""

    message: str
    kind: str = ""
    asked: int | None = None
    room: int | None = None


def read_said(native: object) -> Said | None:
    """native: the value under `error`: a sentence, a JSON text in a sentence, or an object. None: neither."""
    if isinstance(native, str):
        inner = _unwrapped(native)
        return Said(native) if inner is None else inner
    if isinstance(native, dict):
        return _said(native)
    return None


def said_in(body: bytes) -> Said | None:
    """body: a whole HTTP answer. None: it is not the host's protocol (a proxy's page, nothing at all)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return read_said(found.get("error")) if isinstance(found, dict) else None


def plain(sentence: str) -> str | None:
    """The sentence on one line if a caller may read it: no path, address, code or part of the host in it."""
    flat = " ".join(sentence.split())
    if not flat or len(flat) > LONGEST or not flat.isprintable() or _INSIDE.search(flat):
        return None
    return flat


def _unwrapped(text: str) -> Said | None:
    """`{"error":{"message":...}}` that the host wrapped as text (reference 2.8)."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    inner = found.get("error", found)
    return Said(inner) if isinstance(inner, str) else _said(inner) if isinstance(inner, dict) else None


def _said(native: Json) -> Said:
    message, kind = native.get("message"), native.get("type")
    return Said(
        message if isinstance(message, str) else "",
        kind if isinstance(kind, str) else "",
        _number(native.get("n_prompt_tokens")),
        _number(native.get("n_ctx")),
    )


def _number(native: object) -> int | None:
    return native if isinstance(native, int) and not isinstance(native, bool) else None
