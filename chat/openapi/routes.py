"""The calls under /api/: which there are, which scope each needs, what goes in and comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from chat.shapes import Json
from gateway.openapi.shapes import ref

READ, WRITE, UPLOAD = "chat:read", "chat:write", "image:upload"
MODEL_FAILS: Final = (502, 504)
HERE: Final = (404,)


@dataclass(frozen=True, slots=True)
class Operation:
    """scope: None, where any known caller may. answers: by status. failures: besides those of every call."""

    method: str
    path: str
    name: str
    summary: str
    scope: str | None
    answers: dict[int, Json]
    body: Json = field(default_factory=dict)
    query: tuple[Json, ...] = ()
    failures: tuple[int, ...] = ()


def json(name: str) -> Json:
    return {"application/json": {"schema": ref(name)}}


def told(content: Json, about: str = "The answer.") -> Json:
    return {"description": about, "content": content}


def asks(name: str, about: str, **schema: object) -> Json:
    return {"name": name, "in": "query", "description": about, "schema": {"type": "string", **schema}}


EVENTS: Final[Json] = {"text/event-stream": {"schema": ref("Frame")}}
STREAM: Final = told(EVENTS, "Server-sent events; each `data:` is one frame. `id:` is for `Last-Event-ID`.")
BYTES: Final[Json] = {"schema": {"type": "string", "format": "binary"}}
CURSOR: Final = asks("cursor", "`next` of the page before.")
ALL: Final = "/api/conversations"
ONE: Final = "/api/conversations/{conversation}"
SAID: Final = (400, 404, 409, 413, 415)
FILE: Final[Json] = {
    "text/markdown": {"schema": {"type": "string"}},
    "application/json": {"schema": ref("Export")},
}
PICTURES: Final[Json] = {f"image/{kind}": BYTES for kind in ("png", "jpeg", "webp", "gif")}

OPERATIONS: Final = (
    Operation(
        "get", ALL, "listConversations", "What the caller may read, the last used first", READ,
        {200: told(json("ConversationPage"))},
        query=(CURSOR, asks("archived", "`true`: the archive.")), failures=(400,),
    ),
    Operation(
        "post", ALL, "beginConversation", "Ask the first question of a new one", WRITE, {200: STREAM},
        body=json("ChatSend"), failures=(*SAID, *MODEL_FAILS),
    ),
    Operation("get", ONE, "getConversation", "One of them", READ, {200: told(json("Conversation"))},
              failures=HERE),
    Operation(
        "patch", ONE, "changeConversation", "Title, team, shown branch; one's own pin and archive", WRITE,
        {200: told(json("Conversation"))}, body=json("Change"), failures=(400, 404, 413, 415),
    ),
    Operation("delete", ONE, "deleteConversation", "Gone at once, for good after 30 s", WRITE,
              {204: {"description": "It is gone."}}, failures=HERE),
    Operation("post", f"{ONE}/undo", "undoDeletion", "Take a deletion back", WRITE,
              {200: told(json("Conversation"))}, failures=HERE),
    Operation(
        "get", f"{ONE}/messages", "getMessages", "The newest messages, or what is being written", READ,
        {200: told(json("History") | EVENTS)},
        query=(asks("before", "A message's id: the page before it."),
               asks("after", "As `Last-Event-ID`, where that header cannot be sent.")),
        failures=(400, 404),
    ),
    Operation(
        "post", f"{ONE}/messages", "ask", "Ask, answer again, go on, stop, clear the context", WRITE,
        {200: told(EVENTS | json("Frame"), "Events for a question; one frame for a stop or a mark.")},
        body=json("Asked"), failures=(*SAID, *MODEL_FAILS),
    ),
    Operation(
        "get", f"{ONE}/export", "exportConversation", "A file", READ, {200: told(FILE)},
        query=(asks("format", "", enum=["markdown", "json"]),), failures=(400, 404),
    ),
    Operation("get", f"{ONE}/access", "getReaders", "Who can see it, and why", READ,
              {200: told(json("Readers"))}, failures=HERE),
    Operation("get", "/api/search", "search", "Find titles and texts", READ, {200: told(json("Results"))},
              query=(asks("q", "What to find."), CURSOR), failures=(400,)),
    Operation(
        "post", "/api/import", "importConversations", "ChatGPT's or Open WebUI's export file", WRITE,
        {201: told(json("Imported"), "All of it came in.")},
        body={"application/json": {"schema": {}}}, failures=(400, 404, 413, 415),
    ),
    Operation(
        "post", "/api/images", "uploadImage", "The bytes of one picture", UPLOAD,
        {201: told(json("Image"), "It was made harmless, and is kept.")},
        body=PICTURES, failures=(400, 404, 413, 415, *MODEL_FAILS),
    ),
    Operation("get", "/api/images/{image}", "getImage", "The picture as it is kept", READ,
              {200: told({"image/png": BYTES, "image/jpeg": BYTES})}, failures=HERE),
    Operation("get", "/api/models", "listChatModels", "What there is to chat with", READ,
              {200: told(json("Models"))}, failures=MODEL_FAILS),
    Operation("get", "/api/settings", "getSettings", "One's own settings", READ,
              {200: told(json("Settings"))}, failures=HERE),
    Operation("put", "/api/settings", "changeSettings", "Those that are named", READ,
              {200: told(json("Settings"))}, body=json("SettingsChange"), failures=(400, 404, 413, 415)),
    Operation("get", "/api/usage", "getUsage", "What one used", None, {200: told(json("Used"))},
              query=(asks("team", "A slug: for its lead."),), failures=HERE),
    Operation("get", "/api/notices", "getNotices", "Who was let into one's conversations", READ,
              {200: told(json("Notices"))}, failures=HERE),
    Operation("post", "/api/notices", "seeNotices", "These were shown", READ,
              {200: told(json("WereNews"), "How many of them were news.")}, body=json("Seen"),
              failures=(400, 404, 413, 415)),
    Operation("get", "/api/openapi.json", "getChatOpenApi", "This document", None,
              {200: told({"application/json": {"schema": {"type": "object"}}})}),
)  # fmt: skip
