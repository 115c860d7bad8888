"""The OpenAPI document of what is served under /v1."""

from __future__ import annotations

from typing import Final

from clawdsite import __version__
from clawdsite.core.config.schema import Config
from gateway.openapi import answered, asked, messages, responses_answered, responses_asked
from gateway.openapi.shapes import ref, text
from gateway.types import Json

_ABOUT: Final = (
    "OpenAI's API in front of the company's own model. Fields that are not listed are ignored; what would "
    "change an answer and cannot be done is refused."
)
_FAILURES: Final = {
    400: "The request is wrong; `param` says where, `code` how.",
    401: "No valid token.",
    403: "The token lacks a scope.",
    404: "No such model or answer.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests, or too many at once.",
    500: "A fault of this server.",
    502: "The model's host failed.",
    503: "Not now: the queue is full, the server is stopping, or something it needs is out of reach.",
    504: "The model's host was silent for too long.",
}
_RATES: Final = ("limit-requests", "remaining-requests", "reset-requests")


def document(config: Config) -> Json:
    """OpenAPI 3.1, for the limits and the address that are configured."""
    n_max = config.models.n_max
    return {
        "openapi": "3.1.0",
        "info": {"title": "Clawdbot", "version": __version__, "description": _ABOUT},
        "servers": [{"url": config.public_url}],
        "security": [{"token": []}],
        "paths": {
            "/v1/chat/completions": _asking(
                "ChatCompletion", "Answer a conversation", "createChatCompletion"
            ),
            "/v1/completions": _asking("Completion", "Continue a text", "createCompletion"),
            "/v1/responses": _asking("Response", "Answer, in the newer form", "createResponse"),
            "/v1/embeddings": {"post": _embeddings()},
            "/v1/models": {"get": _reading("ModelList", "The models there are", "listModels")},
            "/v1/models/{model}": {"parameters": [_MODEL], "get": _one_model()},
            "/v1/generations/{generation}": {"parameters": [_GENERATION], "get": _rest()},
            "/v1/openapi.json": {"get": _reading(None, "This document", "getOpenApi")},
        },
        "components": {
            "schemas": {
                "ChatCompletionRequest": asked.chat(n_max),
                "CompletionRequest": asked.completion(n_max),
                "EmbeddingRequest": asked.embedding(),
                "ResponseRequest": responses_asked.body(),
                **messages.parts(),
                **answered.parts(),
                "ResponseInputItem": responses_asked.item(),
                **responses_answered.parts(),
            },
            "responses": {str(status): _failure(status, about) for status, about in _FAILURES.items()},
            "headers": _headers(),
            "parameters": {"Session": _SESSION, "Resumable": _RESUMABLE},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


_MODEL: Final[Json] = {
    "name": "model",
    "in": "path",
    "required": True,
    "description": "May hold `/` and `:`.",
    "schema": text(),
}
_SESSION: Final[Json] = {
    "name": "X-Session-Id",
    "in": "header",
    "description": "Names the session; wins over `session_id` and `metadata.session_id`.",
    "schema": text(maxLength=128),
}
_RESUMABLE: Final[Json] = {
    "name": "X-Clawdbot-Resumable",
    "in": "header",
    "description": "`true`, with `stream`: the answer goes on without this connection, and can be resumed.",
    "schema": text(),
}
_GENERATION: Final[Json] = {
    "name": "generation",
    "in": "path",
    "required": True,
    "description": "What `x-clawdbot-generation` named.",
    "schema": text(format="uuid"),
}
_AFTER: Final[Json] = {
    "name": "after",
    "in": "query",
    "description": "`clawdbot.seq` of the last chunk that was read; without it: all of them.",
    "schema": {"type": "integer", "minimum": 0},
}
_CHUNKS: Final = {
    "ChatCompletion": "ChatCompletionChunk",
    "Completion": "CompletionChunk",
    "Response": "ResponseStreamEvent",
}
_ASKING: Final = (400, 401, 403, 404, 413, 415, 429, 500, 502, 503, 504)
_READING: Final = (401, 429, 500, 502, 503, 504)


def _asking(name: str, summary: str, operation: str) -> Json:
    content = {
        "application/json": {"schema": ref(name)},
        "text/event-stream": {"schema": ref(_CHUNKS[name])},
    }
    found = _posting(f"{name}Request", content, summary, operation)
    found["parameters"].append({"$ref": "#/components/parameters/Resumable"})
    found["responses"]["200"]["headers"] |= _used("x-clawdbot-generation")
    return {"post": found}


def _rest() -> Json:
    """What is missing of an answer, in the form in which it was asked for."""
    content = {"text/event-stream": {"schema": {"anyOf": [ref(name) for name in _CHUNKS.values()]}}}
    return {
        "operationId": "resumeGeneration",
        "summary": "The rest of a resumable answer",
        "description": "For its caller alone, until 10 minutes after its end. Needs the scope chat:write.",
        "parameters": [_AFTER],
        "responses": {"200": _success(content), **_failures((400, 401, 403, 404, 429, 500, 503))},
    }


def _embeddings() -> Json:
    content = {"application/json": {"schema": ref("EmbeddingList")}}
    return _posting("EmbeddingRequest", content, "Turn texts into vectors", "createEmbedding")


def _posting(body: str, content: Json, summary: str, operation: str) -> Json:
    return {
        "operationId": operation,
        "summary": summary,
        "description": "Needs the scope chat:write.",
        "parameters": [{"$ref": "#/components/parameters/Session"}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(body)}}},
        "responses": {"200": _success(content), **_failures(_ASKING)},
    }


def _reading(name: str | None, summary: str, operation: str) -> Json:
    content = {"application/json": {"schema": {"type": "object"} if name is None else ref(name)}}
    failures = _READING if name else tuple(status for status in _READING if status not in (502, 504))
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {"200": _success(content), **_failures(failures)},
    }


def _one_model() -> Json:
    found = _reading("Model", "One model", "getModel")
    return {**found, "responses": {**found["responses"], **_failures((404,))}}


def _success(content: Json) -> Json:
    return {"description": "The answer.", "headers": _used("x-request-id", *_rates()), "content": content}


def _failures(statuses: tuple[int, ...]) -> Json:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _failure(status: int, about: str) -> Json:
    more = {401: ("WWW-Authenticate",), 403: ("WWW-Authenticate",), 429: ("Retry-After", *_rates())}
    told = more.get(status, ("Retry-After", "x-should-retry") if status >= 502 else ())
    return {
        "description": about,
        "headers": _used("x-request-id", *told),
        "content": {"application/json": {"schema": ref("Error")}},
    }


def _rates() -> tuple[str, ...]:
    return tuple(f"x-ratelimit-{name}" for name in _RATES)


def _used(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _headers() -> Json:
    about = {
        "x-clawdbot-generation": "Names a resumable answer: `GET /v1/generations/<it>?after=n`.",
        "x-request-id": "Names this call; the log has it too.",
        "Retry-After": "Seconds.",
        "x-should-retry": "`false`: trying again would not help, or cost another answer.",
        "WWW-Authenticate": "RFC 6750: what is wrong with the token.",
        "x-ratelimit-limit-requests": "Requests a minute.",
        "x-ratelimit-remaining-requests": "Those that are left.",
        "x-ratelimit-reset-requests": "When the next is free (`12s`).",
    }
    return {name: {"description": told, "schema": {"type": "string"}} for name, told in about.items()}
