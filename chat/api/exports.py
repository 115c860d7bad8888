"""A conversation as a file: what reading allows, and no more."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpResponse

from accounts.caller import Caller
from chat import access, selectors
from chat.api.closing import closed
from chat.models import Conversation, Message
from chat.services.noting import note
from clawdsite.core.errors import BadRequest

LONGEST_NAME: Final = 90  # characters of a title in a file's name


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: str


def export(caller: Caller, conversation: uuid.UUID, wanted: str) -> File:
    """wanted: `markdown` (the shown branch) or `json` (every branch). NotFound, BadRequest."""
    row = access.get(caller, "conversation.export", conversation)
    if wanted not in ("markdown", "json"):
        raise BadRequest("format is markdown or json.", param="format")
    note(caller, "exported", row.id, format=wanted)
    name = row.title[:LONGEST_NAME] or "conversation"  # its ending is ours, whatever the title ends with
    if wanted == "markdown":
        return File(f"{name}.md", "text/markdown", _markdown(row))
    whole = json.dumps(_whole(caller, row), ensure_ascii=False, indent=2)
    return File(f"{name}.json", "application/json", whole)


def as_file(file: File) -> HttpResponse:
    """To be saved, never to be shown as a page of ours."""
    plain = re.sub(r"[^A-Za-z0-9._ -]+", "_", file.name)
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return HttpResponse(
        file.content,
        content_type=f"{file.media_type}; charset=utf-8",
        headers={"Content-Disposition": named},
    )


def _whole(caller: Caller, row: Conversation) -> dict[str, Any]:
    messages = selectors.whole(row.messages).order_by("id")
    return {**selectors.card(caller, row), "messages": [selectors.message(one) for one in messages]}


def _markdown(row: Conversation) -> str:
    """The shown branch, thinking left out."""
    everything = {message.id: message for message in row.messages.select_related("asker")}
    found: list[Message] = []
    at = row.leaf
    while at is not None and at in everything:
        found.append(everything[at])
        at = everything[at].parent_id
    parts = [closed(f"# {row.title}\n")] if row.title else []
    for turn in reversed(found):
        if turn.role == Message.Role.MARK:
            parts.append("---\n")
        elif turn.role == Message.Role.USER:
            who = " ".join(turn.asker.get_full_name().split()) if turn.asker else "?"
            parts.append(f"{closed(f'## {who}')}\n\n{closed(turn.text)}\n")
        else:
            who = turn.model or "model"
            parts.append(f"{closed(f'## {who}')}\n\n{closed(turn.text)}\n")
    return "\n".join(parts)
