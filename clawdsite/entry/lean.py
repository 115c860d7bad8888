"""Django behind the entry, without its thread hops where programs ask (three a request, some 0.3 ms)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from io import BytesIO
from tempfile import SpooledTemporaryFile

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import close_old_connections
from django.http import JsonResponse
from django.http.response import HttpResponseBase

from clawdsite.core.errors import BadRequest
from clawdsite.core.paths import is_program
from clawdsite.entry.asgi import Receive, Scope, Send
from gateway.streaming import EventStream


class Lean(ASGIHandler):
    """Django's own ASGI application for browsers; a shorter road to the same views for programs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with ThreadSensitiveContext() as context:
            if is_program(scope["path"]):
                await self.serve(scope, receive, send, context)
            else:
                await self.handle(scope, receive, send)

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, context: ThreadSensitiveContext
    ) -> None:
        """`handle` of Django 5.2 without its signals' threads; a client that goes cancels the view."""
        body = await self.whole_body(receive)
        if body is None:
            return
        request, _ = self.create_request(scope, body)
        if request is None:
            error = BadRequest("The query string is not UTF-8.", code="invalid_query")
            await self.send_response(JsonResponse(error.body(), status=error.status), send)
            return
        listening = asyncio.create_task(self.listen_for_disconnect(receive))
        answering = asyncio.create_task(self.answer(request, send))
        try:
            await asyncio.wait((listening, answering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            response: HttpResponseBase | None = None
            try:
                response = await self._end(listening, answering)
            finally:
                await _let_go(response, context)
                body.close()

    async def answer(self, request: ASGIRequest, send: Send) -> HttpResponseBase:
        """The response, sent."""
        response = await self.run_get_response(request)
        if isinstance(response, EventStream) and response.direct is not None:
            response.direct.write = request.scope.get("clawdbot.write")
        await self.send_response(response, send)
        return response

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """Django's way; an event stream without its cutting and copying, which costs as much as the event."""
        if not isinstance(response, EventStream):
            await super().send_response(response, send)
            return
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async with aclosing(response.pieces) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _end(
        self, listening: asyncio.Task[None], answering: asyncio.Task[HttpResponseBase]
    ) -> HttpResponseBase | None:
        """Both tasks over; the client's going is no error, everything else of the view's is."""
        for task in (listening, answering):
            task.cancel()
        results = await asyncio.gather(listening, answering, return_exceptions=True)
        heard, response = results[0], results[1]
        if isinstance(response, HttpResponseBase):
            return response
        if isinstance(response, asyncio.CancelledError):
            return None
        if isinstance(response, BaseException):
            raise response
        if isinstance(heard, Exception) and not isinstance(heard, RequestAborted):
            raise heard
        return None

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:
        """For programs: no second log line of Django's own, and no thread for it."""
        if not is_program(request.path_info):
            response: HttpResponseBase = await super().get_response_async(request)
            return response
        response = await self._middleware_chain(request)
        response._resource_closers.append(request.close)
        return response

    async def run_get_response(self, request: ASGIRequest) -> HttpResponseBase:
        """The response; the call's account learns which pattern matched."""
        response: HttpResponseBase = await super().run_get_response(request)
        call = request.scope.get("clawdbot.call")
        if call is not None and request.resolver_match is not None:
            call.route = "/" + request.resolver_match.route
        return response

    async def whole_body(self, receive: Receive) -> BytesIO | None:
        """The body in memory (the entry has bounded it), or None where the client went."""
        body = BytesIO()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body.write(message.get("body", b""))
            more = message.get("more_body", False)
        body.seek(0)
        return body

    async def read_body(self, receive: Receive) -> SpooledTemporaryFile[bytes]:
        """Django's spool for browsers' uploads; closed also where the entry ends the reading."""
        spool = SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b")  # noqa: SIM115
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                spool.write(message.get("body", b""))
                more = message.get("more_body", False)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool


async def _let_go(response: HttpResponseBase | None, context: ThreadSensitiveContext) -> None:
    """Close the response; in the request's own thread where a view used one (its database connection)."""
    if context in SyncToAsync.context_to_thread_executor:
        await sync_to_async(close_old_connections if response is None else response.close)()
    elif response is not None:
        response.close()
