"""ChatRequest -> the native body of /api/chat or /api/generate (reference 1.1-1.7, api/types.go)."""

from __future__ import annotations

import base64
from typing import Any, Final

from clawdsite.core.errors import BadRequest
from gateway.types import ChatRequest, Json, Message, ModelFacts, Plan, Tool
from gateway.wire.ollama.forcing import to_forced_format, to_instruction

_SEED_MASK: Final = 0x7FFFFFFF  # the host reads seeds through a double into 32 bits


def to_payload(
    request: ChatRequest,
    facts: ModelFacts,
    plan: Plan,
    *,
    cap: int,
    defaults: Json,
    user_id: str | None,
    session_id: str | None,
    seed_offset: int = 0,
) -> Json:
    """The native body; always streamed, never cut to fit.

    cap: the most tokens any answer may have. defaults: native options for what the request leaves out.
    user_id, session_id: opaque ids, left out when None (S5). seed_offset: which of `n` answers this is.

    Raises:
        BadRequest: for what the model cannot do: pictures (param `messages[i].content`), tools.
    """
    payload: Json = {
        "model": facts.name,
        **_question(request, facts, plan),
        "stream": True,
        "truncate": False,
        "options": _options(request, plan, cap, defaults, seed_offset),
    }
    optional: Json = {
        "think": plan.think,
        "logprobs": True if request.logprobs else None,
        "top_logprobs": request.top_logprobs if request.logprobs else None,
        "user_id": user_id,
        "session_id": session_id,
    }
    return payload | {key: value for key, value in optional.items() if value is not None}


def _question(request: ChatRequest, facts: ModelFacts, plan: Plan) -> Json:
    """What the two endpoints word differently."""
    if request.kind == "text":
        return {"prompt": request.prompt, "raw": True}
    _check_vision(request, facts)
    messages = [_message(message) for message in request.messages]
    if plan.forced:
        messages = _instructed(messages, to_instruction(request, plan))
        return {"messages": messages, "format": to_forced_format(request, plan)}
    question: Json = {"messages": messages}
    if request.format is not None:
        question["format"] = request.format
    if request.tools and request.tool_choice.mode != "none":
        _check_tools(request, facts)
        question["tools"] = [_tool(tool) for tool in request.tools]
    return question


def _options(request: ChatRequest, plan: Plan, cap: int, defaults: Json, seed_offset: int) -> Json:
    options = {**defaults, **request.options}
    wanted = request.max_tokens or defaults.get("num_predict")
    options["num_predict"] = min(wanted, cap) if isinstance(wanted, int) and wanted > 0 else cap
    if request.stop:
        options.pop("stop", None)
        if not plan.stops and not plan.forced:
            options["stop"] = list(request.stop)
    seed = options.get("seed")
    if isinstance(seed, int):
        options["seed"] = (seed + seed_offset) & _SEED_MASK
    return options


def _message(message: Message) -> Json:
    native: Json = {"role": message.role, "content": message.content}
    optional: dict[str, Any] = {
        "thinking": message.thinking,
        "images": [base64.b64encode(image.content).decode("ascii") for image in message.images],
        "tool_calls": [
            _call(call.id, index, call.name, call.arguments) for index, call in enumerate(message.tool_calls)
        ],
        "tool_name": message.tool_name,
        "tool_call_id": message.tool_call_id,
    }
    return native | {key: value for key, value in optional.items() if value}


def _call(call_id: str, index: int, name: str, arguments: Json) -> Json:
    function = {"index": index, "name": name, "arguments": arguments}
    return {"id": call_id, "function": function} if call_id else {"function": function}


def _tool(tool: Tool) -> Json:
    described = {"description": tool.description} if tool.description else {}
    return {
        "type": "function",
        "function": {"name": tool.name, **described, "parameters": tool.parameters},
    }


def _instructed(messages: list[Json], instruction: str) -> list[Json]:
    """The instruction in the system message: some templates know only one, and only at the beginning."""
    if messages and messages[0]["role"] == "system":
        first, *rest = messages
        return [{**first, "content": f"{first['content']}\n\n{instruction}"}, *rest]
    return [{"role": "system", "content": instruction}, *messages]


def _check_vision(request: ChatRequest, facts: ModelFacts) -> None:
    if facts.can("vision"):
        return
    for message in request.messages:
        if message.images:
            raise BadRequest(
                "Invalid content type. image_url is only supported by certain models.",
                code="unsupported_value",
                param=f"{message.param}.content",
            )


def _check_tools(request: ChatRequest, facts: ModelFacts) -> None:
    if not facts.can("tools"):
        param = "functions" if request.legacy_functions else "tools"
        raise BadRequest(
            f"Unsupported parameter: '{param}' is not supported with this model.",
            code="unsupported_parameter",
            param=param,
        )
