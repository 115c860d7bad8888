"""How a request is asked of one model: thinking, stop strings, forced calls (reference 1.6, 1.7)."""

from __future__ import annotations

from gateway.types import ChatRequest, ModelFacts, Plan


def path_for(request: ChatRequest) -> str:
    """The native endpoint."""
    return "/api/generate" if request.kind == "text" else "/api/chat"


def plan_for(request: ChatRequest, facts: ModelFacts) -> Plan:
    """The plan that `to_payload` sends and `EventReader` reads by.

    A forced call is JSON without thinking, and knows no stop strings, which would only break the JSON.
    Stop strings go to the host where the model does not think; where it does they would also match inside
    its thoughts, so the gateway matches them itself.
    """
    if request.kind == "text":  # a raw continuation; the host would still split `<think>` off by itself
        return Plan(think=False)
    think = _think(request, facts)
    if request.tool_choice.mode == "named":
        return Plan(think, forced="named", forced_name=request.tool_choice.name)
    if request.tool_choice.mode == "required":
        return Plan(think, forced="required")
    thinks = facts.can("thinking") and think is not False  # a host that is told nothing lets it think
    return Plan(think, stops=request.stop if thinks else ())


def _think(request: ChatRequest, facts: ModelFacts) -> bool | None:
    """The native `think`; None leaves it out, as for every model that cannot think.

    With a format the host would first think freely and may then never apply the format, so that only an
    explicit wish keeps thinking on.
    """
    if not facts.can("thinking"):
        return None
    if request.tool_choice.mode in ("named", "required"):
        return False
    if request.format is not None and not request.effort_given:
        return False
    return request.think
