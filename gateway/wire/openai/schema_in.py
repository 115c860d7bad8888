"""A tool's JSON schema, brought down to the typed subset that the model's host keeps (reference 1.5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from clawdsite.core.errors import BadRequest
from gateway.types import Json
from gateway.wire.openai.fields import refused

MOST_NODES: Final = 20_000  # schemas of one request, counted again wherever a reference leads to them
MOST_LETTERS: Final = 2_000_000  # of JSON text that references of one request lead to
MOST_LEVELS: Final = 48
MOST_PARTS: Final = 64  # of one allOf
MOST_REFS: Final = 64  # followed inside one another
_NO_PARAMETERS: Final[Json] = {"type": "object", "properties": {}}
_FOLDED: Final = (
    "default", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "minItems", "maxItems",
)  # fmt: skip


@dataclass(slots=True)
class Room:
    """What the schemas of one request may still cost."""

    nodes: int = MOST_NODES
    letters: int = MOST_LETTERS


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk is. refs: the references that are being followed, so that a circle is seen."""

    path: str = ""
    level: int = 0
    refs: frozenset[str] = frozenset({"#"})

    def at(self, step: str) -> Place:
        return Place(f"{self.path}.{step}" if self.path else step, self.level + 1, self.refs)


class SchemaReader:
    """One function's parameters."""

    def __init__(self, root: Json, name: str, param: str, room: Room) -> None:
        self._root = root
        self._name = name
        self._param = param
        self._room = room
        self._sizes: dict[str, int] = {}

    def parameters(self) -> Json:
        """`type`, `properties`, `required`, `items` of the whole, with references written out.

        Raises:
            BadRequest: `invalid_function_parameters` for what is no schema of an object.
        """
        if not self._root:
            return dict(_NO_PARAMETERS)
        flat, place = self._flat(self._root, Place())
        kept = self._kept(flat, place)
        kind = kept.get("type", "object")
        if kind != "object" and not isinstance(kind, list):
            raise self._bad(place, "the parameters are not of type object")
        subset: Json = {key: kept[key] for key in ("items", "required") if key in kept}
        return {"type": "object", "properties": kept.get("properties", {}), **subset}

    def _property(self, node: object, place: Place) -> Json:
        if isinstance(node, bool):
            return {}
        if not isinstance(node, dict):
            raise self._bad(place, "expected an object")
        flat, inside = self._flat(node, place)
        kept = self._kept(flat, inside)
        described = _described(flat)
        return {**kept, "description": described} if described else kept

    def _kept(self, node: Json, place: Place) -> Json:
        """The keywords that survive, of a node without references."""
        kept: Json = {}
        if node.get("type") is not None:
            kept["type"] = self._type(node["type"], place)
        choices = node.get("anyOf", node.get("oneOf"))
        if choices is not None:
            kept["anyOf"] = self._each(choices, place.at("anyOf"))
        if "items" in node:
            kept["items"] = self._items(node["items"], place.at("items"))
        if "enum" in node or "const" in node:
            kept["enum"] = self._list(node.get("enum", [node.get("const")]), place.at("enum"))
        if node.get("properties") is not None:
            kept["properties"] = self._properties(node["properties"], place.at("properties"))
        if node.get("required") is not None and not isinstance(node["required"], bool):
            kept["required"] = self._names(node["required"], place.at("required"))
        if node.get("description") is not None and not isinstance(node["description"], str):
            raise self._bad(place, "its description is not a string")
        return kept

    def _properties(self, found: object, place: Place) -> Json:
        if not isinstance(found, dict):
            raise self._bad(place, "expected an object")
        return {key: self._property(node, place.at(key)) for key, node in found.items()}

    def _items(self, found: object, place: Place) -> Json:
        if isinstance(found, list):
            return {"anyOf": self._each(found, place)} if found else {}
        return self._property(found, place)

    def _each(self, found: object, place: Place) -> list[Json]:
        return [self._property(node, place.at(str(at))) for at, node in enumerate(self._list(found, place))]

    def _type(self, found: object, place: Place) -> str | list[str]:
        return found if isinstance(found, str) else self._names(found, place.at("type"))

    def _names(self, found: object, place: Place) -> list[str]:
        names = self._list(found, place)
        if not all(isinstance(name, str) for name in names):
            raise self._bad(place, "expected strings")
        return list(dict.fromkeys(names))

    def _list(self, found: object, place: Place) -> list[Any]:
        if not isinstance(found, list):
            raise self._bad(place, "expected an array")
        return found

    def _flat(self, node: Json, place: Place) -> tuple[Json, Place]:
        """The node with `$ref` and `allOf` written into it, and the place with the references followed."""
        self._spend(place)
        while "$ref" in node:
            ref = node["$ref"]
            beside = {key: value for key, value in node.items() if key != "$ref"}
            target = self._target(ref, place)
            self._pay(ref, target)
            if ref in place.refs:  # a circle: say what kind of thing comes here, and no more
                node = {key: target[key] for key in ("type", "description") if key in target} | beside
            else:
                node = _joined(target, beside)
                place = Place(place.path, place.level, place.refs | {ref})
                self._spend(place)
        return (node, place) if node.get("allOf") is None else self._all_of(node, place)

    def _all_of(self, node: Json, place: Place) -> tuple[Json, Place]:
        whole = {key: value for key, value in node.items() if key != "allOf"}
        inside = place.at("allOf")
        parts = self._list(node["allOf"], inside)
        if len(parts) > MOST_PARTS:
            raise self._bad(inside, f"more than {MOST_PARTS} parts")
        for part in parts:
            if not isinstance(part, dict):
                raise self._bad(inside, "expected objects")
            flat, found = self._flat(part, inside)
            whole = _joined(flat, whole)
            place = Place(place.path, place.level, place.refs | found.refs)
        return whole, place

    def _target(self, ref: object, place: Place) -> Json:
        """What a local reference points at (RFC 6901)."""
        if not isinstance(ref, str) or not (ref == "#" or ref.startswith("#/")):
            raise self._bad(place, "only references inside the schema (#/...) are followed")
        found: Any = self._root
        for step in unquote(ref).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name[:6]) < len(found):
                found = found[int(name[:6])]
            else:
                raise self._bad(place, "a reference points at nothing")
        if isinstance(found, bool):
            return {}
        if not isinstance(found, dict):
            raise self._bad(place, "a reference points at something that is no schema")
        return found

    def _spend(self, place: Place) -> None:
        self._room.nodes -= 1
        if self._room.nodes < 0 or place.level > MOST_LEVELS or len(place.refs) > MOST_REFS:
            raise self._too_large()

    def _pay(self, ref: str, target: Json) -> None:
        """Each reference costs the text it leads to: a short schema may stand for an endless one."""
        if ref not in self._sizes:
            self._sizes[ref] = len(json.dumps(target))
        self._room.letters -= self._sizes[ref]
        if self._room.letters < 0:
            raise self._too_large()

    def _too_large(self) -> BadRequest:
        return self._bad(Place(), "it is too large once its references are followed")

    def _bad(self, place: Place, reason: str) -> BadRequest:
        where = f" at {place.path[:80]}" if place.path else ""
        message = f"Invalid schema for function '{self._name}'{where}: {reason}."
        return refused(self._param, message, "invalid_function_parameters")


def _joined(base: Json, over: Json) -> Json:
    """Both at once; what `over` says wins, but properties and required names add up."""
    both = {**base, **over}
    for key in ("properties", "required"):
        one, other = base.get(key), over.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            both[key] = {**one, **other}
        elif isinstance(one, list) and isinstance(other, list):
            both[key] = one + other
    return both


def _described(node: Json) -> str:
    """The description, with the keywords that have no place of their own added in words."""
    text = node.get("description") or ""
    words = [f"{key}: {_worded(node[key])}" for key in _FOLDED if node.get(key) is not None]
    folded = "; ".join(word for word in words if len(word) <= 100)
    return f"{text} ({folded})".strip() if folded else text


def _worded(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
