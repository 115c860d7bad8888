"""What a client may say on the socket, and in the same words by HTTP: parsed, bounded, frozen. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

LONGEST_TEXT: Final = 200_000  # characters
MOST_IMAGES: Final = 8
LONGEST_ID: Final = 64


class Refused(Exception):
    """One message cannot be taken; the socket stays. code: of clawdsite.core.errors. id: the message's."""

    def __init__(
        self, code: str, message: str, *, param: str | None = None, sent_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.param, self.sent_id = code, message, param, sent_id


@dataclass(frozen=True, slots=True)
class Options:
    """How to answer. think, model: None leaves it to the configuration."""

    think: bool | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question. conversation None begins one: team then says whose it is (`given` False: the default).
    parent None is the end of the branch, or where it was given the beginning: another first question.

    id: the client's own; the same again is answered as before.
    """

    id: str
    conversation: uuid.UUID | None
    parent: uuid.UUID | None
    text: str
    images: tuple[uuid.UUID, ...] = ()
    options: Options = Options()
    team: str | None = None
    team_given: bool = False
    parent_given: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Another answer to the question above `message`; more: that answer itself goes on."""

    id: str
    conversation: uuid.UUID
    message: uuid.UUID
    options: Options = Options()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    id: str
    generation: uuid.UUID


@dataclass(frozen=True, slots=True)
class Clear:
    """Set a context mark at the end of the conversation's branch."""

    id: str
    conversation: uuid.UUID


class Reader:
    """Takes fields out of one JSON object; every refusal names the field and carries the message's id."""

    def __init__(self, found: dict[str, Any], sent_id: str | None = None) -> None:
        self.found = found
        self.sent_id = sent_id

    def refuse(self, code: str, message: str, param: str | None = None) -> Refused:
        return Refused(code, message, param=param, sent_id=self.sent_id)

    def own_id(self) -> str:
        """The client's id of this message: a UUID, in any version."""
        value = self.found.get("id")
        if not isinstance(value, str) or len(value) > LONGEST_ID or _uuid(value) is None:
            raise self.refuse("bad_request", "id must be a UUID that the client made.", "id")
        self.sent_id = value
        return value

    def reference(self, name: str) -> uuid.UUID:
        """An id of ours; another spelling than ours is as unknown as an id that never was."""
        value = self.found.get(name)
        if not isinstance(value, str):
            raise self.refuse("bad_request", f"{name} must be an id.", name)
        found = _uuid(value)
        if found is None:
            raise self.refuse("not_found", "There is nothing here by this id.", name)
        return found

    def optional(self, name: str) -> uuid.UUID | None:
        return None if self.found.get(name) is None else self.reference(name)

    def text(self, name: str = "text", *, blank: bool = False) -> str:
        """What a person wrote: at most 200,000 characters, nothing a database cannot keep. blank: it may be
        empty."""
        value = self.found.get(name)
        if not isinstance(value, str):
            raise self.refuse("bad_request", f"{name} must be text.", name)
        if len(value) > LONGEST_TEXT:
            raise self.refuse("too_long", f"{name} may have at most {LONGEST_TEXT:,} characters.", name)
        if not blank and not value.strip():
            raise self.refuse("bad_request", f"{name} must not be empty.", name)
        if not storable(value):
            raise self.refuse("bad_request", f"{name} holds characters that are none.", name)
        return value

    def images(self) -> tuple[uuid.UUID, ...]:
        value = self.found.get("images", [])
        if not isinstance(value, list) or len(value) > MOST_IMAGES:
            raise self.refuse("bad_request", f"images must be a list of at most {MOST_IMAGES} ids.", "images")
        return tuple(Reader({"images": one}, self.sent_id).reference("images") for one in value)

    def truth(self, name: str) -> bool:
        """Missing is false."""
        value = self.found.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse("bad_request", f"{name} must be true or false.", name)
        return value

    def options(self) -> Options:
        value = self.found.get("opts", {})
        if not isinstance(value, dict):
            raise self.refuse("bad_request", "opts must be an object.", "opts")
        think, model = value.get("think"), value.get("model")
        if think is not None and not isinstance(think, bool):
            raise self.refuse("bad_request", "opts.think must be true or false.", "opts.think")
        if model is not None and not _is_name(model):
            raise self.refuse("bad_request", "opts.model must be a model's name.", "opts.model")
        return Options(think, model)

    def team(self, conversation: uuid.UUID | None) -> tuple[str | None, bool]:
        """(slug or None for private, whether it was given at all)."""
        if "team" not in self.found:
            return None, False
        value = self.found["team"]
        if conversation is not None:
            raise self.refuse("bad_request", "team goes with a new conversation only.", "team")
        if value is not None and not isinstance(value, str):
            raise self.refuse("bad_request", "team must be a team's slug or null.", "team")
        return value, True


def ask(found: dict[str, Any], *, conversation: uuid.UUID | None = None) -> Ask:
    """A `chat.send`; conversation: where the address names it already (HTTP). Refused."""
    reader = Reader(found)
    sent_id = reader.own_id()
    where = conversation or reader.optional("c")
    team, given = reader.team(where)
    images = reader.images()
    return Ask(
        id=sent_id,
        conversation=where,
        parent=reader.optional("parent"),
        text=reader.text(blank=bool(images)),  # a picture may be the whole question
        images=images,
        options=reader.options(),
        team=team,
        team_given=given,
        parent_given=where is not None and "parent" in found,
    )


def again(found: dict[str, Any]) -> Again:
    """A `chat.regen`. Refused."""
    reader = Reader(found)
    return Again(
        reader.own_id(),
        reader.reference("c"),
        reader.reference("m"),
        reader.options(),
        reader.truth("more"),
    )


def stop(found: dict[str, Any]) -> Stop:
    """A `chat.stop`. Refused."""
    reader = Reader(found)
    return Stop(reader.own_id(), reader.reference("g"))


def clear(found: dict[str, Any]) -> Clear:
    """A `context.clear`. Refused."""
    reader = Reader(found)
    return Clear(reader.own_id(), reader.reference("c"))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and storable(value)


def storable(text: str) -> bool:
    """No NUL (PostgreSQL has none) and no half of a surrogate pair (UTF-8 has none)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _uuid(text: str) -> uuid.UUID | None:
    """An id in its one canonical spelling, or None."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
