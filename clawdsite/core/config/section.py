"""What the schema is made of: frozen sections of documented keys.

`description` is what `clawdbot explain` and docs/configuration.md say of a key. Markers in
`json_schema_extra`: `restart` (a change takes a restart), `planned` (the feature is not built yet: any
value but the default is refused with `not available yet`).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def key(
    default: Any, description: str, *, restart: bool = False, planned: bool = False, **limits: Any
) -> Any:
    """A documented key with a constant default; `limits` are pydantic's (ge, le, min_length, ...)."""
    extra: JsonDict = {"restart": restart, "planned": planned}
    return Field(default, description=description, json_schema_extra=extra, **limits)


def part(model: type[Section], description: str, *, restart: bool = False) -> Any:
    """A documented sub-section that defaults to all of its own defaults."""
    return Field(default_factory=model, description=description, json_schema_extra={"restart": restart})
