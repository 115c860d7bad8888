"""AsyncAPIView: DRF's APIView with an async road from token to answer, without a thread hop (design D4)."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.views import APIView

from accounts.authentication import authenticate
from accounts.caller import Caller
from accounts.permissions import require
from accounts.policy import Action
from clawdsite.core.errors import ClawdError, Internal, MethodNotAllowed, NotFound, Unavailable
from gateway.admission import limits
from gateway.call import Call
from gateway.leaving import Leaving

log = logging.getLogger(__name__)


def call_of(request: HttpRequest) -> Call:
    """The account of this call: the entry's, or a fresh one where there is no entry (test client)."""
    scope = getattr(request, "scope", {})
    call: Call | None = scope.get("clawdbot.call")
    if call is None:
        call = getattr(request, "clawdbot_call", None) or Call("req_none", method=request.method or "")
        request.clawdbot_call = call
    return call


def refuse(error: ClawdError, call: Call) -> HttpResponse:
    """The envelope with its status and headers; the call's account learns the outcome."""
    call.outcome, call.error_code = error.outcome, error.code
    return JsonResponse(error.body(), status=error.status, headers=error.headers())


def known(error: Exception) -> ClawdError:
    """Any exception as an error that may be shown. What is not ours is a bug: logged, and said as such."""
    if isinstance(error, ClawdError):
        return error
    if isinstance(error, Http404):
        return NotFound("There is nothing here.")
    if isinstance(error, OperationalError | InterfaceError):  # away, or locked for too long (M16)
        log.warning("the database did not answer: %s", type(error).__name__)
        return Unavailable("The database cannot be asked at the moment. Try again soon.")
    log.error("unexpected error", exc_info=error)
    return Internal("Something went wrong here. The request id tells the administrator what.")


class AsyncAPIView(APIView):
    """A view whose `post`/`get` are coroutines that return a Django response or raise ClawdError.

    action: what policy must allow before the method runs.
    """

    action: ClassVar[Action]
    caller: Caller
    call: Call
    authorization: str | None

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request, self.args, self.kwargs = request, args, kwargs
        self.call = call_of(request)
        self.authorization = request.headers.get("Authorization")  # for `upstream.authorization: forward`
        response: HttpResponseBase
        try:
            await self.admit(request)
            method = getattr(self, (request.method or "").lower(), None)
            if method is None or request.method not in self.allowed_methods:
                known_methods = self.spoken_methods()
                raise MethodNotAllowed(f"{request.method} is not for this address; use {known_methods}.")
            with self.call.leaving:
                response = await method(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            await self.call.close()
            response = refuse(known(error), self.call)
        if not response.streaming:
            response.headers["Content-Length"] = str(len(response.content))
        for name, value in self.call.response_headers.items():
            response.headers[name] = value
        return response

    async def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What may be asked here. (DRF's own answer is not for an async view.)"""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    async def admit(self, request: HttpRequest) -> None:
        """Who is asking, may they, and not too often; and they are listened for while the call runs."""
        limits.count_address(self.call)
        self.caller = self.call.caller = await authenticate(request)
        if self.is_counted(request):
            limits.count_caller(self.caller, self.call)
        require(self.caller, self.action)
        if self.caller.kind != "debug":
            leaving = Leaving(self.caller, self.call.close, lambda: self.still_may(request))
            self.call.leaving = leaving
            self.call.closers.append(leaving.stop)

    def is_counted(self, request: HttpRequest) -> bool:
        """Whether this is one of the caller's requests a minute; its address' it always is."""
        return True

    async def still_may(self, request: HttpRequest) -> None:
        """Raises what `admit` would raise about the caller, were the call made now."""
        require(await authenticate(request), self.action)

    def spoken_methods(self) -> str:
        """The methods this address takes, for an error message."""
        return " or ".join(m for m in self.allowed_methods if m != "OPTIONS")
