"""docs/protocol.md and static/src/protocol.d.ts, made from the table: `python -m chat.declared`."""

from __future__ import annotations

from pathlib import Path

from chat.protocol import CLIENT, CLOSES, MESSAGES, SERVER
from chat.shapes import Message


def declaration() -> str:
    """static/src/protocol.d.ts."""
    parts = [
        "// Made by `python -m chat.declared` from chat/protocol.py: change it there.\n",
        "/** A UUID in lower case. */\nexport type Id = string;\n",
        "/** Unknown types and fields are to be ignored, by both sides. */\n",
    ]
    for message in MESSAGES:
        lines = [f"/** {message.says} */"] if message.says else []
        lines.append(f"export interface {interface(message)} {{\n  t: \"{message.t}\";")
        for field in message.fields:
            said = f"  /** {field.says} */\n" if field.says else ""
            lines.append(f"{said}  {field.name}{'?' if field.optional else ''}: {field.kind.ts};")
        parts.append("\n".join(lines) + "\n}\n")
    for name, side in (("ClientMessage", CLIENT), ("ServerMessage", SERVER)):
        parts.append(f"export type {name} =\n  | " + "\n  | ".join(map(interface, side.values())) + ";\n")
    parts.append(f"export type Close = {' | '.join(map(str, CLOSES))};\n")
    return "\n".join(parts)


def interface(message: Message) -> str:
    """`chat.send` -> `ChatSend`."""
    return "".join(word.capitalize() for word in message.t.split("."))


def client_table() -> str:
    rows = ["| `t` | fields | what it is | answer | scope |", "|---|---|---|---|---|"]
    for message in CLIENT.values():
        fields = _fields(message)
        rows.append(f"| `{message.t}` | {fields} | {message.says} | {message.answer} | {message.scope} |")
    return "\n".join(rows)


def server_table() -> str:
    rows = ["| `t` | fields | what it is |", "|---|---|---|"]
    rows += [f"| `{message.t}` | {_fields(message)} | {message.says} |" for message in SERVER.values()]
    return "\n".join(rows)


def close_table() -> str:
    rows = ["| close | when | what a client does |", "|---|---|---|"]
    rows += [f"| {code} | {when} | {then} |" for code, (when, then) in CLOSES.items()]
    return "\n".join(rows)


def _fields(message: Message) -> str:
    found = []
    for field in message.fields:
        name = f"`{field.name}{'?' if field.optional else ''}`"
        found.append(f"{name} {field.says}" if field.says else name)
    return "; ".join(found).replace("|", "\\|")


def page(text: str) -> str:
    """docs/protocol.md with its tables as they should be."""
    for name, table in (("client", client_table), ("server", server_table), ("closes", close_table)):
        begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        text = before + begin + table() + end + rest.partition(end)[2]
    return text


def write(root: Path) -> None:
    """Both files anew."""
    docs = root / "docs" / "protocol.md"
    docs.write_text(page(docs.read_text()))
    declared = root / "static" / "src" / "protocol.d.ts"
    declared.parent.mkdir(parents=True, exist_ok=True)
    declared.write_text(declaration())


if __name__ == "__main__":
    write(Path(__file__).resolve().parent.parent)
