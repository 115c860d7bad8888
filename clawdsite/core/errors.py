"""Every error a caller can meet, with OpenAI's spelling of its code (contract.md, Errors).

    ClawdError
    ├── BadRequest           400  invalid_request_error  (code and param say what and where)
    │   ├── ContextTooLong   400  context_length_exceeded
    │   ├── BodyTooLarge     413  body_too_large
    │   ├── MethodNotAllowed 405  method_not_supported
    │   ├── UnsupportedMedia 415  unsupported_media_type
    │   ├── SlowBody         408  request_timeout
    │   └── HeadTooLarge     431  headers_too_large
    ├── InvalidToken         401  AUTH_INVALID_TOKEN
    │   └── AccessWithdrawn  401  AUTH_INVALID_TOKEN     (while the call was under way)
    ├── InsufficientScope    403  insufficient_scope
    ├── Forbidden            403  forbidden              (a foreign Host, Origin or forwarded header)
    ├── NotFound             404  not_found
    │   └── ModelNotFound    404  model_not_found
    ├── Conflict             409  conflict
    │   ├── Busy             409  busy                   (an answer is being written in this conversation)
    │   └── NotContinuable   409  not_continuable        (an answer that is whole, or is answered already)
    ├── RateLimited          429  rate_limit_exceeded
    └── Unavailable          503  (infrastructure; always with Retry-After)
        ├── KeysUnreachable      503  auth_unavailable
        ├── Overloaded           503  server_is_overloaded    (the queue is full, or waiting took too long)
        ├── Draining             503  shutting_down
        ├── UpstreamUnavailable  503  upstream_unavailable
        ├── UpstreamError        502  upstream_error          (it answered with a failure)
        ├── UpstreamInvalid      502  upstream_invalid        (it answered nonsense)
        └── UpstreamTimeout      504  upstream_timeout
    Internal                 500  internal_error              (a bug of ours; says nothing)

`body()` is the one envelope of every channel: {"error": {message, type, param, code, details?}}.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ClawdError(Exception):
    """An error that may be shown to a caller.

    message: one sentence for a person; never vendor text, a stack trace or a secret.
    param: path of the field at fault (`messages[1].content`), or None.
    details: one more fact (`token is expired`), shown as `error.details`.
    retry_after: seconds; sent as Retry-After.
    should_retry: sent as `x-should-retry` (OpenAI's SDKs obey it); None leaves it out.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code: str | None = "internal_error"
    outcome: ClassVar[str] = "error"  # the word of the access log (gateway.call.OUTCOMES)

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        details: str | None = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.param = param
        self.details = details
        self.retry_after = retry_after
        self.should_retry = should_retry

    def body(self) -> dict[str, dict[str, Any]]:
        """The envelope of every channel; `details` only where there is one (S12)."""
        error: dict[str, Any] = {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }
        if self.details is not None:
            error["details"] = self.details
        return {"error": error}

    def headers(self) -> dict[str, str]:
        """Headers that OpenAI's SDKs and RFC 9110 clients act on."""
        found: dict[str, str] = {}
        if self.retry_after is not None:
            found["Retry-After"] = str(max(1, round(self.retry_after)))
        if self.should_retry is not None:
            found["x-should-retry"] = "true" if self.should_retry else "false"
        return found


class Internal(ClawdError):
    """A bug of ours. The caller learns the request id and nothing else."""


class BadRequest(ClawdError):
    """The request is wrong; code is one of OpenAI's (`invalid_type`, `invalid_value`, ...)."""

    status = 400
    type = "invalid_request_error"
    code: str | None = None
    outcome = "bad_request"


class ContextTooLong(BadRequest):
    """More tokens than the model holds; never cut silently (M1)."""

    code = "context_length_exceeded"


class BodyTooLarge(BadRequest):
    status = 413
    code = "body_too_large"


class MethodNotAllowed(BadRequest):
    status = 405
    code = "method_not_supported"


class UnsupportedMedia(BadRequest):
    status = 415
    code = "unsupported_media_type"


class SlowBody(BadRequest):
    """The body did not arrive in time (RFC 9110 section 15.5.9)."""

    status = 408
    code = "request_timeout"


class HeadTooLarge(BadRequest):
    """More bytes of headers than a request may have (RFC 6585 section 5)."""

    status = 431
    code = "headers_too_large"


class InvalidToken(ClawdError):
    """No token, or one that does not count; `details` says why (S12)."""

    status = 401
    type = "authentication_error"
    code = "AUTH_INVALID_TOKEN"
    outcome = "unauthorized"

    def __init__(self, details: str, *, sent: bool = True) -> None:
        super().__init__("Invalid or expired token", details=details)
        self.sent = sent  # RFC 6750 section 3.1: no error= where no token was sent

    def headers(self) -> dict[str, str]:
        challenge = 'Bearer realm="clawdbot"' + (', error="invalid_token"' if self.sent else "")
        return {**super().headers(), "WWW-Authenticate": challenge}


class AccessWithdrawn(InvalidToken):
    """The caller was good when the call began, and was ended or lost the right while it ran (M7)."""

    outcome = "stopped"

    def __init__(self, details: str) -> None:
        super().__init__(details)
        self.message = "Access was withdrawn"


class InsufficientScope(ClawdError):
    """The token is good but lacks a scope (RFC 6750 section 3.1)."""

    status = 403
    type = "permission_error"
    code = "insufficient_scope"
    outcome = "forbidden"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This call needs the scope {scope}.", details=f"missing scope: {scope}")
        self.scope = scope

    def headers(self) -> dict[str, str]:
        challenge = f'Bearer realm="clawdbot", error="insufficient_scope", scope="{self.scope}"'
        return {**super().headers(), "WWW-Authenticate": challenge}


class Forbidden(ClawdError):
    """Not from here: a Host, Origin or forwarded header that this door refuses."""

    status = 403
    type = "permission_error"
    code = "forbidden"
    outcome = "forbidden"


class NotFound(ClawdError):
    status = 404
    type = "invalid_request_error"
    code = "not_found"
    outcome = "not_found"


class ModelNotFound(NotFound):
    code = "model_not_found"

    def __init__(self, model: str) -> None:
        message = f"The model `{model}` does not exist or you do not have access to it."
        super().__init__(message, param="model")


class Conflict(ClawdError):
    """What is asked does not fit what is there: an id used twice, a state that has changed."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"
    outcome = "bad_request"


class Busy(Conflict):
    """An answer is being written in this conversation; details: who asked."""

    code = "busy"


class NotContinuable(Conflict):
    """It is no answer that was cut, or something follows it already."""

    code = "not_continuable"


class RateLimited(ClawdError):
    status = 429
    type = "requests"
    code = "rate_limit_exceeded"
    outcome = "rate_limited"


class Unavailable(ClawdError):
    """Infrastructure trouble: 503, never 401 and never the caller's fault (M16)."""

    status = 503
    type = "server_error"
    code = "unavailable"
    outcome = "unavailable"

    def __init__(self, message: str, *, retry_after: float | None = 5, **more: Any) -> None:
        super().__init__(message, retry_after=retry_after, **more)


class KeysUnreachable(Unavailable):
    """The issuer's keys could not be fetched, so the token could not be judged."""

    code = "auth_unavailable"


class Overloaded(Unavailable):
    type = "service_unavailable_error"
    code = "server_is_overloaded"
    outcome = "overloaded"


class Draining(Unavailable):
    code = "shutting_down"
    outcome = "draining"


class UpstreamUnavailable(Unavailable):
    """The model's host refused the connection or could not be reached."""

    code = "upstream_unavailable"
    outcome = "upstream_unavailable"


class UpstreamError(Unavailable):
    """The model's host answered with a failure, or broke off an answer that had begun."""

    status = 502
    code = "upstream_error"
    outcome = "upstream_error"


class UpstreamInvalid(Unavailable):
    """The model's host sent something that is not its protocol."""

    status = 502
    code = "upstream_invalid"
    outcome = "upstream_invalid"


class UpstreamTimeout(Unavailable):
    """No first piece, or silence inside an answer, for longer than the configuration allows."""

    status = 504
    code = "upstream_timeout"
    outcome = "upstream_timeout"
