"""How a call ended, as its account will say: what the door knows better than the view."""

from __future__ import annotations

from typing import Final

from gateway.call import Call

CLIENT_CLOSED: Final = 499  # nginx's word for a client that left before any status
BY_STATUS: Final = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
    503: "unavailable",
}

Verdict = tuple[str, str | None]  # outcome, error code


def settle(call: Call, verdict: Verdict | None, *, gone: bool, whole: bool) -> None:
    """Fill in outcome and status.

    verdict: of an end that was the door's own doing. gone: the client left. whole: nothing of the answer is
    missing, or none was begun.
    """
    if verdict is not None:
        call.outcome, call.error_code = verdict
    elif call.outcome == "ok":
        call.outcome = "client_closed" if gone else "error" if not whole else _by_status(call.status)
    if call.status == 0:
        call.status = CLIENT_CLOSED if call.outcome == "client_closed" else 503


def _by_status(status: int) -> str:
    if status < 400:
        return "ok"
    return BY_STATUS.get(status, "error" if status >= 500 else "bad_request")
