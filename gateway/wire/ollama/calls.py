"""Native tool calls of one answer, numbered and named as OpenAI's clients need them (reference 2.4)."""

from __future__ import annotations

import secrets

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import Json, ToolCalled
from gateway.wire.ollama.forced import dumps


class CallCounter:
    """Counts the calls of one answer: index is ours, since hosts repeat 0; ids are theirs where they differ.

    single: only the first call of the answer counts (`parallel_tool_calls: false`, legacy functions).
    """

    __slots__ = ("_ids", "_single", "count")

    def __init__(self, *, single: bool) -> None:
        self._single = single
        self._ids: set[str] = set()
        self.count = 0

    def read(self, native: list[Json]) -> list[ToolCalled]:
        """native: a line's `tool_calls`. Raises UpstreamInvalid for wrong types."""
        kept = []
        for call in native:
            if self._single and self.count:
                break
            kept.append(self._read(call))
        return kept

    def add(self, name: str, arguments: str, given: object = None) -> ToolCalled:
        """One call more. given: the host's id, if it has one."""
        id_ = given if isinstance(given, str) and given and given not in self._ids else new_call_id()
        self._ids.add(id_)
        self.count += 1
        return ToolCalled(self.count - 1, id_, name, arguments)

    def _read(self, call: Json) -> ToolCalled:
        function = call.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise UpstreamInvalid("The model's host sent a tool call that is not its protocol.")
        return self.add(function["name"], _arguments(function.get("arguments")), call.get("id"))


def new_call_id() -> str:
    """`call_` and 24 characters that need no escaping in a URL."""
    return f"call_{secrets.token_urlsafe(18)}"


def _arguments(native: object) -> str:
    """JSON text of the arguments object; a server in between may already have made it text."""
    if native is None or native == "":
        return "{}"
    if isinstance(native, str):
        return native
    if not isinstance(native, dict):
        raise UpstreamInvalid("The model's host sent tool arguments that are not its protocol.")
    return dumps(native)
