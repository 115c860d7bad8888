"""Conversations from elsewhere: ChatGPT's conversations.json and Open WebUI's export, read whole. Pure.

A file with anything wrong in it is refused whole, and its row is named (`conversation 3: mapping missing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 1_000_000  # characters of one message
ROLES: Final = ("user", "assistant")
FIRST_DAY: Final = 946_684_800.0  # 2000-01-01: what lies before it is no time of a chat

Node = Mapping[str, Any]


class BadFile(Exception):
    """The text says which conversation, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """key, parent: the file's own ids. parent: the nearest turn above that is shown; None: the first."""

    key: str
    parent: str | None
    role: str
    text: str
    model: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """One conversation. turns: parents before their children. leaf: the last turn of the shown branch."""

    title: str
    turns: tuple[Turn, ...]
    leaf: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class _Tree:
    """A conversation as its file has it: the shape that both formats come to."""

    parents: Mapping[str, str | None]
    turns: Mapping[str, Turn]
    current: str | None


def read(found: Any) -> list[Found]:
    """All conversations of a parsed file. BadFile."""
    if not isinstance(found, list):
        raise BadFile("a list of conversations was expected")
    webui = any(isinstance(one, dict) and "chat" in one for one in found)
    return [_conversation(one, number, webui) for number, one in enumerate(found, 1)]


def _conversation(one: Any, number: int, webui: bool) -> Found:
    try:
        if not isinstance(one, dict):
            raise BadFile("it is no object")
        tree = _webui(one) if webui else _chatgpt(one)
        order = list(_ordered(tree))
    except BadFile as bad:
        raise BadFile(f"conversation {number}: {bad}") from None
    title = one.get("title")
    at = _time(one.get("create_time", one.get("created_at")))
    return Found(_clean(title)[:LONGEST_TITLE] if isinstance(title, str) else "", *_shown(tree, order), at)


def _chatgpt(one: Node) -> _Tree:
    nodes = _nodes(one.get("mapping"), "mapping")
    turns = {}
    for key, node in nodes.items():
        message = node.get("message")
        if message is None:
            continue
        if not isinstance(message, dict):
            raise BadFile(f"{_name('mapping', key)}.message is no object")
        author, about = message.get("author"), message.get("metadata")
        role = author.get("role") if isinstance(author, dict) else None
        text = _parts(message.get("content"))
        model = about.get("model_slug") if isinstance(about, dict) else None
        turn = _turn(key, role, text, model, message.get("create_time"))
        if turn is not None:
            turns[key] = turn
    parents = {key: _parent(node.get("parent"), nodes, _name("mapping", key)) for key, node in nodes.items()}
    return _Tree(parents, turns, _current(one.get("current_node"), nodes, "current_node"))


def _webui(one: Node) -> _Tree:
    chat = one.get("chat")
    history = chat.get("history") if isinstance(chat, dict) else None
    if not isinstance(history, dict):
        raise BadFile("chat.history missing")
    nodes = _nodes(history.get("messages"), "messages")
    turns = {}
    for key, node in nodes.items():
        text = _webui_text(node)
        turn = _turn(key, node.get("role"), text, node.get("model"), node.get("timestamp"))
        if turn is not None:
            turns[key] = turn
    parents = {
        key: _parent(node.get("parentId"), nodes, _name("messages", key)) for key, node in nodes.items()
    }
    return _Tree(parents, turns, _current(history.get("currentId"), nodes, "currentId"))


# ---- the tree ------------------------------------------------------------------------------------


def _nodes(found: Any, name: str) -> Mapping[str, Node]:
    if found is None:
        raise BadFile(f"{name} missing")
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise BadFile(f"{name} is no object of objects")
    return found


def _name(where: str, key: str) -> str:
    """A node in an error's text: its id as far as it is a plain one."""
    return f"{where}.{key}" if len(key) <= 64 and key.isascii() and key.isprintable() else f"{where}.?"


def _parent(found: Any, nodes: Mapping[str, Node], name: str) -> str | None:
    if found is None:
        return None
    if not isinstance(found, str) or found not in nodes:
        raise BadFile(f"{name} has an unknown parent")
    return found


def _current(found: Any, nodes: Mapping[str, Node], name: str) -> str | None:
    if found is None and not nodes:  # nothing was said in it
        return None
    if found is None:
        raise BadFile(f"{name} missing")
    if not isinstance(found, str) or found not in nodes:
        raise BadFile(f"{name} does not exist")
    return found


def _ordered(tree: _Tree) -> Iterator[str]:
    """Every node behind its parent, otherwise as in the file. BadFile: a circle."""
    children: dict[str | None, list[str]] = {}
    for key, parent in tree.parents.items():
        children.setdefault(parent, []).append(key)
    waiting, seen = list(reversed(children.get(None, []))), 0
    while waiting:
        key = waiting.pop()
        seen += 1
        yield key
        waiting += reversed(children.get(key, []))
    if seen < len(tree.parents):  # what no root leads to goes round
        raise BadFile("its messages go round in a circle")


def _shown(tree: _Tree, order: list[str]) -> tuple[tuple[Turn, ...], str | None]:
    """The turns that are kept, hung under the nearest kept one above; and the shown branch's last one."""
    nearest: dict[str, str | None] = {}  # of each node: itself if kept, else the nearest kept one above
    kept: list[Turn] = []
    for key in order:
        parent = tree.parents[key]
        above = nearest[parent] if parent is not None else None
        turn = tree.turns.get(key)
        nearest[key] = above if turn is None else key
        if turn is not None:
            kept.append(Turn(key, above, turn.role, turn.text, turn.model, turn.at))
    return tuple(kept), nearest[tree.current] if tree.current is not None else None


# ---- one message ------------------------------------------------------------------------------------


def _turn(key: str, role: Any, text: str, model: Any, at: Any) -> Turn | None:
    """None: not shown (another role, or nothing said)."""
    if role not in ROLES or not text.strip():
        return None
    if len(text) > LONGEST_TEXT:
        raise BadFile(f"a message has more than {LONGEST_TEXT:,} characters")
    named = _clean(model)[:200] if isinstance(model, str) and role == "assistant" else ""
    return Turn(key, None, role, _clean(text), named, _time(at))


def _parts(content: Any) -> str:
    """ChatGPT's content: texts joined, a note for everything else."""
    if not isinstance(content, dict):
        return ""
    parts = content.get("parts")
    if isinstance(parts, list):
        return "\n".join(filter(None, map(_part, parts)))
    if isinstance(content.get("text"), str):
        return str(content["text"])
    return _note(content.get("content_type"))


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        if part.get("type", part.get("content_type")) == "text" and isinstance(part.get("text"), str):
            return str(part["text"])
        return _note(part.get("content_type", part.get("type")))
    return _note(None)


def _webui_text(node: Node) -> str:
    """Open WebUI's content, and a note for each attached file."""
    content, files = node.get("content"), node.get("files")
    parts = content if isinstance(content, list) else [content] if isinstance(content, str) else []
    attached = files if isinstance(files, list) else []
    notes = [_note(one.get("type")) for one in attached if isinstance(one, dict)]
    return "\n".join(filter(None, [*map(_part, parts), *notes]))


def _note(kind: Any) -> str:
    named = kind if isinstance(kind, str) and kind.replace("_", "").isalnum() and len(kind) <= 40 else "part"
    return f"[{named}: not imported]"


def _clean(text: str) -> str:
    """Without what no database keeps: NUL, and halves of surrogate pairs."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")


def _time(found: Any) -> datetime | None:
    """Unix seconds (or milli-, micro- or nanoseconds), or None where it is none."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not FIRST_DAY <= found < 1e20:
        return None
    seconds = float(found)
    while seconds > 1e11:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if seconds >= FIRST_DAY else None
