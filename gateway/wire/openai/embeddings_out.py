"""Native embeddings as OpenAI's (reference 1.8)."""

from __future__ import annotations

import base64
import struct

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import EmbeddingRequest, Json


def to_embeddings(native: Json, request: EmbeddingRequest, model: str) -> Json:
    """native: the answer of /api/embed: one vector an input, in order. model: the name the answer carries.

    Raises UpstreamInvalid when there are not as many vectors of numbers as inputs.
    """
    vectors = native.get("embeddings")
    if not isinstance(vectors, list) or len(vectors) != len(request.inputs):
        raise _nonsense()
    counted = native.get("prompt_eval_count")
    tokens = counted if isinstance(counted, int) else 0
    rows = [
        {"object": "embedding", "index": index, "embedding": _written(vector, request.encoding)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": model, "usage": usage}


def _written(vector: object, encoding: str) -> list[float] | str:
    """A list, or base64 of little-endian float32 (the default of OpenAI's SDKs)."""
    if not isinstance(vector, list) or not all(isinstance(value, (int, float)) for value in vector):
        raise _nonsense()
    try:
        packed = struct.pack(f"<{len(vector)}f", *vector)
    except (OverflowError, struct.error) as error:
        raise _nonsense() from error
    return base64.b64encode(packed).decode("ascii") if encoding == "base64" else vector


def _nonsense() -> UpstreamInvalid:
    return UpstreamInvalid("The model's host sent embeddings that are not its protocol.")
