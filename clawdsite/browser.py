"""What only a browser needs, as async middlewares that programs' paths skip.

Django's own classes hop to a thread for each of their hooks: some 0.1 ms a hop, and /v1 needs none of them.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from clawdsite.core.paths import is_program


class ForBrowsers:
    """Mixin in front of one of Django's middlewares: programs' paths go straight through."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        if is_program(request.path_info):
            response: HttpResponseBase = await self.get_response(request)
            return response
        answer: HttpResponseBase = await super().__acall__(request)  # type: ignore[misc]
        return answer


class Session(ForBrowsers, SessionMiddleware):
    """request.session."""


class Common(ForBrowsers, CommonMiddleware):
    """ALLOWED_HOSTS and the missing slash."""


class Authentication(ForBrowsers, AuthenticationMiddleware):
    """request.user."""


class Messages(ForBrowsers, MessageMiddleware):
    """The admin's notices."""


class Frames(ForBrowsers, XFrameOptionsMiddleware):
    """X-Frame-Options."""


class Csrf(ForBrowsers, CsrfViewMiddleware):
    """The CSRF token of forms; /v1 is asked with bearers, which no browser adds by itself."""

    async def process_view(self, request: HttpRequest, *rest: Any) -> HttpResponse | None:
        if is_program(request.path_info):
            return None
        # May parse the body of a form, and that may be large.
        refusal: HttpResponse | None = await sync_to_async(super().process_view)(request, *rest)
        return refusal


class StaticFiles(WhiteNoiseMiddleware):
    """Static files, in the event loop's way: whitenoise itself would push every request through a thread."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self.answer(request)
        return super().__call__(request)

    async def answer(self, request: HttpRequest) -> HttpResponseBase:
        """The file, or what lies behind."""
        if not request.path_info.startswith(self.static_prefix):
            response: HttpResponseBase = await self.get_response(request)
            return response
        found = await sync_to_async(self._read, thread_sensitive=False)(request)
        return found if found is not None else await self.get_response(request)

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        path = request.path_info
        static = self.find_file(path) if self.autorefresh else self.files.get(path)
        if static is None:
            return None
        answer = static.get_response(request.method, request.META)
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        return HttpResponse(body, status=int(answer.status), headers=dict(answer.headers))
