"""The end of every call: a line in the access log, the metrics, the usage row, a sampled body (S33, S35)."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from clawdsite.core import metrics
from clawdsite.core.paths import is_booked
from gateway import bodies, usage
from gateway.call import Call

log = logging.getLogger("clawdbot.access")

LONGEST: Final = 200  # characters of anything a stranger chose


def finish(call: Call) -> None:
    """Write the account of a finished call. Never raises over what a call holds, never waits."""
    now = time.monotonic()
    if log.isEnabledFor(logging.INFO):
        log.info("request", extra={"fields": fields_of(call, now)})
    count(call, now)
    if call.caller is not None and call.booked and is_booked(call.path):
        usage.enqueue(call)
    if call.sampled:
        bodies.keep(call)


def fields_of(call: Call, now: float) -> dict[str, Any]:
    """The access line. No query, no header, no body: nothing that could be a secret or a conversation."""
    return {
        "request_id": call.request_id,
        "caller": None if call.caller is None else call.caller.id[:LONGEST],
        "kind": None if call.caller is None else call.caller.kind,
        "method": call.method[:16],
        "path": call.path[:LONGEST],
        "route": call.route,
        "status": call.status,
        "outcome": call.outcome,
        "error_code": call.error_code,
        "model": _short(call.model),
        "stream": call.stream,
        "session": call.session is not None,
        "prompt_tokens": call.usage.prompt,
        "completion_tokens": call.usage.completion,
        "queue_ms": _ms(call.queued),
        "ttft_ms": _ms(call.ttft()),
        "total_ms": _ms(now - call.started),
        "address": call.address,
        "end_user": _short(call.end_user),
        "client_request_id": call.client_request_id,
        "notes": list(call.notes)[:20],
    }


def count(call: Call, now: float) -> None:
    """The metrics of a finished call; every label from a closed list."""
    if call.model and call.usage.completion:  # it answered, so the model's host has it: no stranger's word
        metrics.learn_models((call.model,))
    route, model = call.route or metrics.OTHER, metrics.model_label(call.model)
    metrics.requests.labels(route, str(call.status), call.outcome, model).inc()
    metrics.seconds.labels(route, model).observe(now - call.started)
    if call.outcome != "ok":
        metrics.errors.labels(call.outcome, model).inc()
    ttft = call.ttft()
    if ttft is not None:
        metrics.first_token.labels(model).observe(ttft)
    if call.queued is not None:
        metrics.queue_wait.labels(model).observe(call.queued)
    for kind, number in (("prompt", call.usage.prompt), ("completion", call.usage.completion)):
        if number:
            metrics.tokens.labels(kind, model).inc(number)


def _short(text: str | None) -> str | None:
    return None if text is None else text[:LONGEST]


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
