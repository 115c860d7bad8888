"""OpenAI's wire: bodies to requests (`*_in`), events to bytes (`*_out`)."""

from gateway.wire.openai.chat_in import from_chat_body
from gateway.wire.openai.chat_out import ChatCollector, ChatWriter
from gateway.wire.openai.completion_in import from_completion_body
from gateway.wire.openai.embedding_in import from_embedding_body
from gateway.wire.openai.embeddings_out import to_embeddings
from gateway.wire.openai.models_out import to_model, to_models
from gateway.wire.openai.text_out import TextCollector, TextWriter

__all__ = [
    "ChatCollector",
    "ChatWriter",
    "TextCollector",
    "TextWriter",
    "from_chat_body",
    "from_completion_body",
    "from_embedding_body",
    "to_embeddings",
    "to_model",
    "to_models",
]
