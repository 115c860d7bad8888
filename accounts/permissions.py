"""The policy's answer, as an error where it is no."""

from __future__ import annotations

from accounts.caller import Caller
from accounts.policy import Action, Resource, decide
from clawdsite.core.errors import InsufficientScope, NotFound


def require(caller: Caller, action: Action, resource: Resource | None = None) -> None:
    """Returns if this caller may do this. InsufficientScope (403) names the scope that is missing; NotFound
    (404) is for what the caller must not learn to be there."""
    decision = decide(caller, action, resource)
    if decision.allowed:
        return
    if decision.hidden or decision.missing is None:
        raise NotFound("There is nothing here by this id.")
    raise InsufficientScope(decision.missing)
