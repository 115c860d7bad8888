"""The socket's protocol as a table: docs/protocol.md, static/src/protocol.d.ts and tests are made from it.

`python -m chat.declared` writes the two files anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chat.shapes import (
    ANY,
    ID,
    TEXT,
    TRUTH,
    WHOLE,
    Field,
    Message,
    exactly,
    faults,
    listed,
    nullable,
    one_of,
    record,
)


def wrong_with(found: Mapping[str, Any]) -> list[str]:
    """What of a frame of the server's is not as the table says; empty: it is right."""
    message = SERVER.get(found.get("t", ""))
    if message is None:
        return [f"t: {found.get('t')!r} is no message of the server's"]
    return faults(message.fields, {name: value for name, value in found.items() if name != "t"})


# ---- the messages ------------------------------------------------------------------------------------------

OWN = Field("id", ID, "the client's own; the same again with the same body gets the same `ack`, for 24 hours")
CONVERSATION = Field("c", ID, "the conversation")
GENERATION = Field("g", ID, "the answer in the making")
NUMBER = Field("s", WHOLE, "number of the last delta seen; 0: none")
OPTIONS = Field(
    "opts",
    record(Field("think", nullable(TRUTH), optional=True), Field("model", nullable(TEXT), optional=True)),
    "null or missing leaves it to the configuration",
    optional=True,
)
MODEL = Field("model", TEXT, "who answers; empty where no answer could be begun")
STATES = one_of("queued", "generating", "complete", "stopped", "failed", "interrupted")
REASONS = one_of("stop", "length", "stopped", "error", "interrupted", "filtered")
USAGE = record(
    Field("in", WHOLE),
    Field("out", WHOLE),
    Field("ttft_ms", nullable(WHOLE)),
    Field("ms", WHOLE),
    Field("context", nullable(WHOLE), optional=True),
    Field("thought_ms", WHOLE, optional=True),
)

_LET_IN = (
    "`who` may read it `until` then, let in `by` an administrator `at` that time, and the `reason`; `title`, "
    "null: lost to its owner; `id` for `POST /api/notices`"
)
NOTICES: Final = {
    "notice.grant": _LET_IN,
    "notice.break_glass": "the same of an administrator's own look",
    "notice.context_trimmed": "`dropped`: so many earlier turns did not fit and did not go up",
}

MESSAGES: Final = (
    Message(
        "hello",
        "client",
        "the first frame, within 5 s",
        (
            Field("v", exactly(1), "version of the protocol"),
            Field("app", TEXT, "version of the page", optional=True),
            Field("lang", TEXT, "of the page (`zh-CN`), for the system prompt", optional=True),
            Field("tz", TEXT, "its time zone (`Asia/Shanghai`), likewise", optional=True),
            Field("focus", nullable(ID), "the conversation that is open: as by `sub`", optional=True),
            Field(
                "have",
                listed(record(GENERATION, NUMBER)),
                "answers of which a part was seen, at most 100: as by `resume`",
                optional=True,
            ),
        ),
        "`ready`, then what was missed",
        "chat:read",
    ),
    Message(
        "chat.send",
        "client",
        "a question; to edit one, `parent` is the parent of the edited message",
        (
            OWN,
            Field("c", nullable(ID), "null begins a conversation", optional=True),
            Field(
                "parent",
                nullable(ID),
                "what it follows; null: nothing, another first question; missing: the end of the branch",
                optional=True,
            ),
            Field(
                "team",
                nullable(TEXT),
                "slug, null is private; with `c: null` alone; missing: the person's default",
                optional=True,
            ),
            Field("text", TEXT, "at most 200,000 characters"),
            Field("images", listed(ID), "uploaded by `POST /api/images`, at most 8", optional=True),
            OPTIONS,
        ),
        "`ack`, or `error` with its `id`: `busy` names who asked",
        "chat:write",
    ),
    Message(
        "chat.regen",
        "client",
        "another answer beside `m`, or to the question `m`; with `more` the answer `m` itself goes on",
        (
            OWN,
            CONVERSATION,
            Field("m", ID, "a message of the conversation"),
            OPTIONS,
            Field("more", TRUTH, "go on where `m` was cut; see [the rules](#rules)", optional=True),
        ),
        "`ack` or `error`",
        "chat:write",
    ),
    Message(
        "chat.stop",
        "client",
        "end an answer; its text so far stays. Who asked, the owner, the team's lead",
        (OWN, GENERATION),
        "`ack`, later `gen.end` with `stopped`",
        "chat:write",
    ),
    Message(
        "context.clear",
        "client",
        "what was said before goes to the model no more",
        (OWN, CONVERSATION),
        "`ack`, and `context.cleared` for all who have it open",
        "chat:write",
    ),
    Message(
        "sub",
        "client",
        "follow what happens in a conversation",
        (CONVERSATION,),
        "a `snapshot` of what is being written there, then its deltas",
        "chat:read",
    ),
    Message("unsub", "client", "follow it no more", (CONVERSATION,), "nothing", "none"),
    Message(
        "resume",
        "client",
        "after a gap, or a new connection",
        (GENERATION, NUMBER),
        "the missing `delta`s, or one `snapshot`; then what follows",
        "chat:read",
    ),
    Message("ping", "client", "a sign of life", (Field("n", WHOLE),), "`pong`", "none"),
    Message(
        "ready",
        "server",
        "who this is and what they may: a page hides what the scopes forbid",
        (
            Field("user", record(Field("id", TEXT), Field("name", TEXT))),
            Field("scopes", listed(TEXT)),
            Field("teams", listed(TEXT), "slugs"),
            Field("exp", WHOLE, "when the session ends by itself, Unix seconds"),
            Field("now", WHOLE, "the server's clock"),
            Field("limits", record(*(Field(name, WHOLE) for name in ("text", "images", "image_bytes")))),
            Field("hb_ms", WHOLE, "how often to `ping`"),
            Field("app", TEXT, "version of the server"),
            Field(
                "running",
                listed(record(GENERATION, CONVERSATION, Field("m", ID), NUMBER)),
                "answers that this person asked for",
            ),
        ),
    ),
    Message(
        "ack",
        "server",
        "it is stored: the draft may go. Only what the message made is named",
        (
            OWN,
            Field("c", ID, "", optional=True),
            Field("mu", ID, "the question", optional=True),
            Field("ma", ID, "the answer to come", optional=True),
            Field("g", ID, "the answer in the making", optional=True),
        ),
    ),
    Message(
        "gen.queued",
        "server",
        "the answer waits for the model; said again whenever the place changes",
        (
            GENERATION,
            Field("pos", WHOLE, "1 is the next"),
            Field("eta_ms", nullable(WHOLE), "by what answers took lately; null: not known yet"),
        ),
    ),
    Message(
        "gen.start",
        "server",
        "an answer is asked for, by whomever",
        (
            GENERATION,
            CONVERSATION,
            Field("m", ID, "the message it becomes"),
            Field("parent", ID, "the question"),
            MODEL,
            Field("s", exactly(0)),
        ),
    ),
    Message(
        "delta",
        "server",
        "one more piece of the text or of the thinking",
        (
            GENERATION,
            Field("s", WHOLE, "from 1, without a gap"),
            Field("k", one_of("text", "think")),
            Field("d", TEXT),
        ),
    ),
    Message(
        "snapshot",
        "server",
        "all of it up to `s`, in place of what the client has",
        (
            GENERATION,
            Field("s", WHOLE),
            Field("text", TEXT),
            Field("think", TEXT),
            Field("state", STATES),
        ),
    ),
    Message(
        "gen.end",
        "server",
        "the answer is over; always comes, and may come again",
        (
            GENERATION,
            Field("s", WHOLE, "number of the last delta: a client that has fewer resumes"),
            Field("m", ID, "the message", optional=True),
            Field("reason", REASONS),
            Field(
                "usage",
                USAGE,
                "tokens and milliseconds; `context`: all it holds, or null; `thought_ms`: of thinking",
                optional=True,
            ),
            Field("err", record(Field("code", TEXT), Field("key", TEXT)), "with `error`", optional=True),
        ),
    ),
    Message("title", "server", "a title was found", (CONVERSATION, Field("title", TEXT))),
    Message(
        "conv.updated",
        "server",
        "what a list shows has changed; only what changed is there",
        (
            CONVERSATION,
            Field("title", TEXT, "", optional=True),
            Field("team", nullable(TEXT), "slug; null: private", optional=True),
            Field("updated", TEXT, "ISO 8601", optional=True),
            Field("pinned", TRUTH, "the reader's own", optional=True),
            Field("archived", TRUTH, "the reader's own", optional=True),
        ),
    ),
    Message("conv.deleted", "server", "it is gone, or may not be read any more", (CONVERSATION,)),
    Message(
        "context.cleared",
        "server",
        "draw a line",
        (CONVERSATION, Field("after", ID, "the mark, a message of its own")),
    ),
    Message(
        "limit",
        "server",
        "what is left of a limit",
        (Field("kind", one_of("requests")), Field("remaining", WHOLE), Field("reset_ms", WHOLE)),
    ),
    Message(
        "error",
        "server",
        "a message was not carried out; the codes are those of [errors](errors.md)",
        (
            Field("id", ID, "of the message", optional=True),
            Field("g", ID, "of the answer that was asked for", optional=True),
            Field("code", TEXT),
            Field("key", TEXT, "of the page's text"),
            Field("args", ANY, "what the text fills in: `param`, or `who`"),
            Field("retry", TRUTH, "whether the same may work later"),
            Field("retry_after_ms", WHOLE, "", optional=True),
            Field("ref", TEXT, "for the administrator: it is in the log"),
        ),
    ),
    Message(
        "auth.expiring",
        "server",
        "60 s ahead: `POST /api/session` extends the session, and the socket stays",
        (Field("exp", WHOLE, "Unix seconds"),),
    ),
    Message(
        "notice",
        "server",
        "something a person should know",
        (
            Field("level", one_of("info", "warning")),
            Field(
                "key",
                TEXT,
                f"of the page's text: {', '.join(f'`{name}` ({args})' for name, args in NOTICES.items())}",
            ),
            Field("c", ID, "the conversation it is about", optional=True),
            Field("args", ANY, "what the text fills in", optional=True),
        ),
    ),
    Message(
        "bye",
        "server",
        "the last frame before the server closes",
        (
            Field("code", WHOLE, "of the close"),
            Field("reconnect_after_ms", WHOLE, "missing: see the close", optional=True),
        ),
    ),
    Message("pong", "server", "", (Field("n", WHOLE, "of the `ping`"),)),
)

CLIENT: Final = {message.t: message for message in MESSAGES if message.side == "client"}
SERVER: Final = {message.t: message for message in MESSAGES if message.side == "server"}

CLOSES: Final = {
    1000: ("the client said so", "nothing"),
    1009: ("a message over 1 MiB", "one try again, then an error"),
    1011: ("the client answered no ping of the server's", "come back"),
    1012: ("the server is being restarted", "come back after `reconnect_after_ms`"),
    1013: ("the client read nothing for 60 s, or nobody could tell who it is", "come back"),
    4400: ("a frame that is not of this protocol", "one try again, then an error"),
    4401: ("no identity, or the session is over", "`POST /api/session`; 401: sign in again"),
    4403: ("a person who is switched off or may not read, or a bearer", "nothing: it stays so"),
    4408: ("no `hello` within 5 s", "one try again, then an error"),
    4409: ("more than 20 sockets of one person", "come back when the page is looked at again"),
    4426: ("a page of an older protocol", "keep the draft, load the page again"),
    4429: ("more frames than 20 a second, 60 at once", "come back after `reconnect_after_ms`"),
}
