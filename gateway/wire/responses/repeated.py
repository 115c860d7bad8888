"""What the response object says of its request."""

from __future__ import annotations

from gateway.types import ChatRequest, Json


def repeated(request: ChatRequest, body: Json) -> Json:
    """Fields of the object, from the body as sent; defaults only where they are true of every model."""
    reasoning = body.get("reasoning") or {}
    return {
        "instructions": body.get("instructions"),
        "max_output_tokens": request.max_tokens,
        "max_tool_calls": body.get("max_tool_calls"),
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": request.parallel_tool_calls,
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": False,
        "temperature": request.options.get("temperature"),
        "text": _text(body.get("text") or {}),
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_tool(tool) for tool in body.get("tools") or ()],
        "top_logprobs": request.top_logprobs or 0,
        "top_p": request.options.get("top_p"),
        "truncation": "disabled",
        "user": request.end_user,
    }


def _text(text: Json) -> Json:
    form = dict(text.get("format") or {"type": "text"})
    if form["type"] == "json_schema":
        form.setdefault("name", "response")
    verbosity = {"verbosity": text["verbosity"]} if text.get("verbosity") else {}
    return {"format": form, **verbosity}


def _tool(tool: Json) -> Json:
    keys = ("description", "parameters", "strict")
    return {"type": "function", "name": tool["name"], **{key: tool.get(key) for key in keys}}
