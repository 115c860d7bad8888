"""Body of /v1/embeddings -> EmbeddingRequest."""

from __future__ import annotations

from typing import Final

from gateway.types import EmbeddingRequest, Json
from gateway.wire.openai import labels_in
from gateway.wire.openai.completion_in import texts
from gateway.wire.openai.fields import Fields, missing, refused

MOST_INPUTS: Final = 2048
MOST_DIMENSIONS: Final = 65_536


def from_embedding_body(body: Json, *, session: str | None = None) -> EmbeddingRequest:
    """Texts to embed (OpenAI's create embeddings; reference 1.8). session: the header X-Session-Id.

    Raises:
        BadRequest: with `param`; `unsupported_value` for inputs of token numbers.
    """
    fields = Fields(body)
    value = fields.get("input")
    if value is None:
        raise missing("input")
    encoding = fields.word("encoding_format", ("float", "base64"))
    return EmbeddingRequest(
        inputs=_inputs(value),
        model=labels_in.from_model(fields),
        dimensions=fields.integer("dimensions", low=1, high=MOST_DIMENSIONS),
        encoding="base64" if encoding == "base64" else "float",
        session=labels_in.from_session(fields, session),
        end_user=labels_in.from_user(fields),
    )


def _inputs(value: object) -> tuple[str, ...]:
    """The host answers an empty text with no vector at all, so it is refused here, as OpenAI does."""
    inputs = tuple(texts(value, "input", MOST_INPUTS))
    if "" in inputs:
        param = "input" if isinstance(value, str) else f"input[{inputs.index('')}]"
        raise refused(param, f"Invalid '{param}': an empty text cannot be embedded.", "invalid_value")
    return inputs
