"""Server-sent events as OpenAI's clients read them (reference 4.1): `data:` lines, comments, [DONE]."""

from __future__ import annotations

from typing import Final

DONE: Final = b"data: [DONE]\n\n"


def comment(text: str) -> bytes:
    """One comment line. Never begin it with `ping`: one client takes that for the end (reference 4.1)."""
    return f": {text}\n\n".encode()


def event(json_text: str, name: str | None = None) -> bytes:
    """One event. json_text: JSON on one line; name: the `event:` line, which only /v1/responses has."""
    if name is None:
        return f"data: {json_text}\n\n".encode()
    return f"event: {name}\ndata: {json_text}\n\n".encode()
