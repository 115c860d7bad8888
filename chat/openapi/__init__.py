"""The OpenAPI document of what is served under /api/ for conversations."""

from __future__ import annotations

from typing import Final

from chat.openapi.routes import OPERATIONS, Operation
from chat.openapi.schemas import schemas
from chat.shapes import Json
from clawdsite import __version__
from clawdsite.core.config.schema import Config

ABOUT: Final = (
    "Conversations by HTTP. Whoever calls has a session (then every call but GET carries X-CSRFToken) or a "
    "bearer token; what is somebody else's is the same 404 as what never was."
)
FAILURES: Final = {
    400: "The request is wrong; `param` says where, `code` how.",
    401: "Nobody is signed in, or the token does not count.",
    403: "A scope is missing, or the CSRF token of a session.",
    404: "There is nothing here by this id, for this caller.",
    409: "It does not fit what is there: `busy`, `conflict`, `not_continuable`.",
    413: "The body is too large.",
    415: "The body is of another kind.",
    429: "Too many requests.",
    500: "A fault of this server.",
    502: "The model's host failed.",
    503: "Not now: the server is stopping, or something it needs is out of reach.",
    504: "The model's host was silent for too long.",
}
ALWAYS: Final = (401, 403, 429, 500, 503)
IN_PATH: Final = {
    "conversation": "A conversation's id.",
    "image": "A picture's id.",
}


def document(config: Config) -> Json:
    """OpenAPI 3.1, for the address that is configured."""
    paths: Json = {}
    for operation in OPERATIONS:
        path = paths.setdefault(operation.path, _parameters(operation.path))
        path[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Clawdbot: conversations", "version": __version__, "description": ABOUT},
        "servers": [{"url": config.public_url}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": {str(status): _failure(about) for status, about in FAILURES.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-clawdbot"},
            },
        },
    }


def _parameters(path: str) -> Json:
    found = [
        {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string"}}
        for name, about in IN_PATH.items()
        if f"{{{name}}}" in path
    ]
    return {"parameters": found} if found else {}


def _described(operation: Operation) -> Json:
    """One call; its scopes are the names of its security requirement."""
    scopes = [operation.scope] if operation.scope else []
    answers: Json = {str(status): answer for status, answer in operation.answers.items()}
    for status in sorted({*ALWAYS, *operation.failures}):
        answers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    found: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"token": scopes}, {"session": scopes}],
        "responses": answers,
    }
    if operation.query:
        found["parameters"] = list(operation.query)
    if operation.body:
        found["requestBody"] = {"required": True, "content": operation.body}
    return found


def _failure(about: str) -> Json:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": about, "content": {"application/json": {"schema": schema}}}
