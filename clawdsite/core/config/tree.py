"""config.yaml as a tree that remembers lines and origins; `${ENV}` is put in here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from clawdsite.core.config.problems import Ledger

Path = tuple[str | int, ...]

MOST_NODES: Final = 20_000  # aliases can multiply a small file; no configuration comes near
DEEPEST: Final = 20
STANDARD: Final = "tag:yaml.org,2002:"
CONTAINERS: Final = frozenset({STANDARD + "map", STANDARD + "seq"})
TAGGED: Final = "YAML tags are not supported"
QUOTE: Final = "put quotes around a value that begins with !"
TEXT: Final = frozenset({"str", "timestamp"})
QUOTED: Final = re.compile(r"(['\"])(.*?)\1")
YAML_MARK: Final = re.compile(r"<[a-z ]+>|\W{1,2}")
VARIABLE_MISSING: Final = "the environment variable"
VARIABLE: Final = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{")


@dataclass(slots=True)
class Entry:
    """One value of the file.

    value: a scalar, dict[str, Entry] or list[Entry]; may be a secret, hence never in a repr.
    key: dotted, as the file spells it. variables: environment variables that went in.
    fallback: a `:-default` was used. file: the mounted file that the value was read from.
    """

    value: Any = field(repr=False)
    line: int | None
    key: str
    variables: tuple[str, ...] = ()
    fallback: bool = False
    file: str | None = None

    @property
    def literal(self) -> bool:
        """Whether the value itself stands in config.yaml."""
        return not self.variables and self.file is None

    def plain(self) -> Any:
        """The values alone, as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: str | int) -> Entry | None:
        """The entry one step down, or None."""
        if isinstance(self.value, dict):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            found: Entry = self.value[step]
            return found
        return None

    def at(self, path: Path) -> Entry | None:
        """The entry at this path, or None."""
        found: Entry | None = self
        for step in path:
            found = found.child(step) if found else None
        return found

    def place(self, path: Path) -> tuple[str, int | None]:
        """Key and line to name for this path: its own, or those of the nearest entry above it."""
        entry, rest = self, list(path)
        while rest and (below := entry.child(rest[0])):
            entry = below
            rest.pop(0)
        key = entry.key
        for step in rest:
            key = below_key(key, step)
        return key, entry.line


def below_key(key: str, step: str | int) -> str:
    """`a.b` and `c` -> `a.b.c`; `a.b` and 1 -> `a.b[1]`; nothing and `a` -> `a`."""
    if isinstance(step, int):
        return f"{key}[{step}]"
    return f"{key}.{step}" if key else step


def parse(content: bytes, env: Mapping[str, str], ledger: Ledger) -> Entry:
    """The file's bytes -> its tree. What is wrong goes into the ledger and is left out of the tree."""
    root = Entry({}, None, "")
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        ledger.add(*_told(error))
        return root
    except RecursionError:
        ledger.add(None, "", "is nested too deeply")
        return root
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == STANDARD + "null"):
        ledger.add(None, "", "is empty", "half written? see config.example.yaml for what belongs here")
    elif not isinstance(node, yaml.MappingNode):
        ledger.add(_line(node), "", "expected `key: value` lines at the top")
    else:
        root.value = Planter(env, ledger).mapping(node, "", 0)
    return root


def _told(error: yaml.YAMLError) -> tuple[int | None, str, str]:
    # str(error) quotes the file, and `problem` may quote a name: either can be a piece of a secret.
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        said = QUOTED.sub(_unless_private, error.problem or error.context or "cannot be read")
        if "alias" in said:
            said = "refers to an anchor that does not exist; put quotes around a value that begins with *"
        return (mark.line + 1 if mark else None), "", f"not valid YAML: {said}"
    return None, "", "not valid YAML: the file is not UTF-8 text or holds control characters"


def _unless_private(quoted: re.Match[str]) -> str:
    return quoted[0] if YAML_MARK.fullmatch(quoted[2]) else "..."


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class Planter:
    """Turns PyYAML nodes into entries."""

    def __init__(self, env: Mapping[str, str], ledger: Ledger) -> None:
        self.env = env
        self.ledger = ledger
        self.left = MOST_NODES
        self.words = yaml.SafeLoader("")

    def mapping(self, node: yaml.MappingNode, key: str, depth: int) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for name_node, value_node in node.value:
            if not isinstance(name_node, yaml.ScalarNode):
                self.ledger.add(_line(name_node), key, "a key must be plain text")
                continue
            name = name_node.value
            below = below_key(key, name)
            line = _line(name_node)
            if name_node.tag == STANDARD + "merge":
                self.ledger.add(line, below, "merge keys are not supported")
            elif name in found:
                self.ledger.add(line, below, "given twice", f"first in line {found[name].line}")
            elif entry := self.entry(value_node, below, line, depth + 1):
                found[name] = entry
        return found

    def entry(self, node: yaml.Node, key: str, line: int, depth: int) -> Entry | None:
        """None where the value was refused; the ledger says why."""
        self.left -= 1
        if self.left < 0 or depth > DEEPEST:
            if "" not in self.ledger.settled:
                self.ledger.add(line, "", "is nested too deeply or far too large")
            return None
        if not isinstance(node, yaml.ScalarNode) and node.tag not in CONTAINERS:
            self.ledger.add(line, key, TAGGED, QUOTE)
            return None
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, key, line)
        if isinstance(node, yaml.MappingNode):
            return Entry(self.mapping(node, key, depth), line, key)
        below = (
            self.entry(child, below_key(key, index), _line(child), depth + 1)
            for index, child in enumerate(node.value)
        )
        return Entry([child for child in below if child], line, key)

    def scalar(self, node: yaml.ScalarNode, key: str, line: int) -> Entry | None:
        kind = node.tag.removeprefix(STANDARD)
        if kind in TEXT or "${" in node.value:
            return self.filled(node.value, key, line)
        if kind not in {"null", "bool", "int", "float"}:
            self.ledger.add(line, key, TAGGED, QUOTE)
            return None
        try:
            return Entry(self.words.construct_object(node), line, key)
        except (ValueError, KeyError, OverflowError):
            self.ledger.add(line, key, "is not a number")
            return None

    def filled(self, text: str, key: str, line: int) -> Entry | None:
        """Text with its `${NAME}` and `${NAME:-default}` put in; `$${` stands for `${` itself.

        As in a shell, `:-` also counts when the variable is set but empty. What comes out stays text:
        a secret of digits is no number, and numbers are read from text where numbers belong.
        """
        names: list[str] = []
        missing: list[str] = []
        fallback = False

        def put(match: re.Match[str]) -> str:
            nonlocal fallback
            escaped, name, default = match.groups()
            if escaped:
                return str(escaped)
            if not name:
                missing.append("")
                return ""
            names.append(name)
            if default is not None and not self.env.get(name):
                fallback = True
                return str(default)
            if name not in self.env:
                missing.append(name)
            return self.env.get(name, "")

        value = VARIABLE.sub(put, text)
        for name in missing:
            if name:
                self.ledger.add(line, key, f"{VARIABLE_MISSING} {name} is not set")
            else:
                self.ledger.add(line, key, "expected ${NAME} or ${NAME:-default}", "write $${ for a plain ${")
        return None if missing else Entry(value, line, key, tuple(names), fallback)
