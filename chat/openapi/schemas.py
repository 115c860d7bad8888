"""What goes in and comes out under /api/, as JSON schemas; the frames are those of the protocol's table."""

from __future__ import annotations

from typing import Final

from chat.preferences import SETTINGS
from chat.protocol import CLIENT, SERVER, STATES, USAGE
from chat.shapes import ID, TEXT, TRUTH, WHOLE, Field, Json, Kind, as_schema, listed, nullable, one_of, record
from gateway.openapi.answered import parts as answered
from gateway.openapi.shapes import ref

TIME: Final = Kind("string", TEXT.fits, {"type": "string", "format": "date-time"})
PERSON: Final = (Field("id", TEXT), Field("name", TEXT))
HITS: Final = listed(record(Field("text", TEXT), Field("hit", TRUTH)))
MAY: Final = one_of("continue", "rename", "delete", "move", "pin", "export")

CONVERSATION: Final = (
    Field("id", ID),
    Field("title", TEXT),
    Field("team", nullable(TEXT), "A slug; null: private."),
    Field("owner", record(*PERSON)),
    Field("mine", TRUTH),
    Field("created", TIME),
    Field("updated", TIME),
    Field("leaf", nullable(ID), "The last message of the branch that is shown first."),
    Field("pinned", TRUTH, "The caller's own."),
    Field("archived", TRUTH, "The caller's own."),
    Field("running", nullable(ID), "The answer that is being written."),
    Field("may", listed(MAY)),
)
MESSAGE: Final = (
    Field("id", ID),
    Field("parent", nullable(ID)),
    Field("role", one_of("user", "assistant", "mark")),
    Field("asker", nullable(TEXT)),
    Field("asker_id", nullable(ID), "Names may be alike."),
    Field("text", TEXT),
    Field("thinking", TEXT),
    Field("thought_ms", WHOLE, "How long it thought."),
    Field("images", listed(ID)),
    Field("model", TEXT),
    Field("state", STATES),
    Field("reason", nullable(TEXT)),
    Field("error", nullable(TEXT)),
    Field("usage", Kind("", USAGE.fits, {"anyOf": [USAGE.schema, {"type": "object", "maxProperties": 0}]})),
    Field("generation", nullable(ID), "Its answer in the making."),
    Field("created", TIME),
)
RESULT: Final = (
    Field("conversation", ID),
    Field("team", nullable(TEXT)),
    Field("title", HITS),
    Field("message", nullable(ID), "Null: it is the title."),
    Field("role", nullable(TEXT)),
    Field("snippet", HITS),
    Field("at", TIME),
)
IMAGE: Final = (
    Field("id", ID),
    Field("name", TEXT),
    Field("media_type", TEXT),
    Field("width", WHOLE),
    Field("height", WHOLE),
    Field("bytes", WHOLE, "Of what is kept."),
    Field("bytes_before", WHOLE, "Of what was sent."),
)
GRANT: Final = (
    Field("name", TEXT),
    Field("by", nullable(TEXT)),
    Field("until", TIME),
    Field("break_glass", TRUTH, "An administrator's look."),
)
READERS: Final = (
    Field("owner", record(*PERSON, Field("reads", TRUTH, "False for one who left the team."))),
    Field("team", nullable(record(Field("slug", TEXT), Field("name", TEXT), Field("members", WHOLE)))),
    Field("grants", listed(record(*GRANT))),
)
SPENT: Final = record(
    Field("requests", WHOLE), Field("prompt_tokens", WHOLE), Field("completion_tokens", WHOLE)
)
USED: Final = (
    Field("today", SPENT),
    Field("month", SPENT),
    Field("team", TEXT, "With `?team=`.", optional=True),
    Field("members", WHOLE, "Likewise.", optional=True),
)
NOTICE: Final = (
    Field("id", WHOLE),
    Field("kind", one_of("grant", "break_glass")),
    Field("c", ID),
    Field("title", nullable(TEXT)),
    Field("who", TEXT),
    Field("by", nullable(TEXT)),
    Field("reason", TEXT),
    Field("at", TIME),
    Field("until", TIME),
)
MODEL: Final = (Field("id", TEXT), Field("vision", nullable(TRUTH)), Field("thinking", nullable(TRUTH)))
CHANGE: Final = (
    Field("title", TEXT, optional=True),
    Field("team", nullable(TEXT), optional=True),
    Field("leaf", ID, optional=True),
    Field("pinned", TRUTH, optional=True),
    Field("archived", TRUTH, optional=True),
)
KINDS: Final = {
    "language": one_of("auto", "zh", "en"),
    "theme": one_of("auto", "light", "dark"),
    "send_by": one_of("enter", "ctrl_enter"),
    "model": nullable(TEXT),
    "think": nullable(TRUTH),
    "shortcuts": TRUTH,
}


def schemas() -> Json:
    shown = {
        "Conversation": CONVERSATION,
        "Message": MESSAGE,
        "Result": RESULT,
        "Image": IMAGE,
        "Readers": READERS,
        "Used": USED,
        "Notice": NOTICE,
        "Model": MODEL,
        "Change": CHANGE,
    }
    errors = answered()
    return {
        **{name: as_schema(fields) for name, fields in shown.items()},
        **_lists(),
        "Settings": as_schema(tuple(Field(name, KINDS[name]) for name in SETTINGS)),
        "SettingsChange": as_schema(tuple(Field(name, KINDS[name], optional=True) for name in SETTINGS)),
        **_frames(),
        **_asked(),
        "Error": errors["Error"],
        "ErrorFacts": errors["ErrorFacts"],
    }


def _many(name: str) -> Json:
    return {"type": "array", "items": ref(name)}


def _lists() -> Json:
    """Objects around lists."""
    later: Json = {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "For `?cursor=`."}
    whole = {"type": "integer"}
    page = as_schema((), conversations=_many("Conversation"), next=later)
    page["properties"]["pinned"] = _many("Conversation") | {"description": "With the first page."}
    before = {**nullable(ID).schema, "description": "For `?before=`."}
    models = {"default": {"type": "string"}, "models": _many("Model")}
    return {
        "ConversationPage": page,
        "History": as_schema((), messages=_many("Message"), before=before, leaf=nullable(ID).schema),
        "Results": as_schema((), results=_many("Result"), next=later),
        "Export": as_schema(CONVERSATION, messages=_many("Message")),
        "Imported": as_schema((), conversations=whole, messages=whole),
        "Models": as_schema((), **models),
        "Notices": as_schema((), notices=_many("Notice")),
        "Seen": as_schema((), seen={"type": "array", "items": whole}),
        "WereNews": as_schema((), seen=whole),
    }


def _frames() -> Json:
    """What an answer streams: each `data:` is one of these."""
    said = {t: as_schema(message.fields, t={"const": t}) for t, message in SERVER.items()}
    named = {f"{_named(t)}Frame": schema for t, schema in said.items()}
    return {**named, "Frame": {"anyOf": [ref(name) for name in named]}}


def _asked() -> Json:
    """What is asked: the protocol's words, the conversation in the address."""
    found: Json = {}
    for t in ("chat.send", "chat.regen", "chat.stop", "context.clear"):
        fields = tuple(field for field in CLIENT[t].fields if field.name != "c")
        schema = as_schema(fields, t={"const": t})
        if t == "chat.send":
            schema["required"].remove("t")  # it is meant where none is said
        found[_named(t)] = schema | {"description": CLIENT[t].says}
    return {**found, "Asked": {"anyOf": [ref(name) for name in found]}}


def _named(t: str) -> str:
    """`chat.send` -> `ChatSend`."""
    return "".join(word.capitalize() for word in t.split("."))
