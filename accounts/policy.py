"""May they: contract.md, "Who may do what", as a table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from accounts.caller import Caller

Action = Literal["model.ask", "model.list"]

NEEDS: Final[dict[Action, str | None]] = {
    "model.ask": "chat:write",
    "model.list": None,  # any valid token
}


@dataclass(frozen=True, slots=True)
class Decision:
    """allowed, and why: `missing` names the scope that would have made the difference."""

    allowed: bool
    reason: str
    missing: str | None = None


def decide(caller: Caller, action: Action) -> Decision:
    """Whether this caller may do this. An action that is not in the table is a KeyError: a bug."""
    scope = NEEDS[action]
    if scope is None:
        return Decision(True, f"{action} is open to every identified caller")
    if scope in caller.scopes:
        return Decision(True, f"{action} by scope {scope}")
    return Decision(False, f"{action} needs scope {scope}", missing=scope)
