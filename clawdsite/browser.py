"""What only a browser needs, as async middlewares that programs' paths skip.

Django's own classes hop to a thread for each of their hooks: some 0.1 ms a hop, and /v1 needs none of them.
"""

from __future__ import annotations

from typing import Any, Final

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.signin import csrf, sessions
from clawdsite.core.errors import ClawdError, Unavailable
from clawdsite.core.paths import is_program, speaks_json

# What `?lang=` may say -> Django's name of it.
LANGUAGES: Final = {"en": "en", "zh": "zh-hans"}


class ForBrowsers:
    """Mixin in front of one of Django's middlewares: programs' paths go straight through."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        if is_program(request.path_info):
            response: HttpResponseBase = await self.get_response(request)
            return response
        answer: HttpResponseBase = await super().__acall__(request)  # type: ignore[misc]
        return answer


class Language(MiddlewareMixin):
    """The page's language: `?lang=zh` or `en`, which is then remembered, else what the browser prefers."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.async_mode:
            return self.__acall__(request)
        chosen, code = self.language(request)
        with translation.override(code):
            return self.told(request, self.get_response(request), chosen, code)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        if is_program(request.path_info):
            response: HttpResponseBase = await self.get_response(request)
            return response
        chosen, code = self.language(request)
        with translation.override(code):
            return self.told(request, await self.get_response(request), chosen, code)

    def language(self, request: HttpRequest) -> tuple[str | None, str]:
        """(what the address asks for, what it will be)."""
        chosen = LANGUAGES.get(request.GET.get("lang", ""))
        return chosen, chosen or translation.get_language_from_request(request)

    def told(
        self, request: HttpRequest, response: HttpResponseBase, chosen: str | None, code: str
    ) -> HttpResponseBase:
        """The answer, with its language for caches and readers."""
        response.headers.setdefault("Content-Language", code)
        patch_vary_headers(response, ("Accept-Language",))
        if chosen is not None and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != chosen:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


class Session(ForBrowsers, SessionMiddleware):
    """request.session; what cannot be a session's name is none, and no database is asked about it."""

    def process_request(self, request: HttpRequest) -> None:
        name = settings.SESSION_COOKIE_NAME
        if not sessions.is_key(request.COOKIES.get(name, "")):
            request.COOKIES.pop(name, None)
        super().process_request(request)


class Common(ForBrowsers, CommonMiddleware):
    """ALLOWED_HOSTS and the missing slash."""


class Authentication(ForBrowsers, AuthenticationMiddleware):
    """request.user; a session that is over or revoked is nobody's any more."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        super().process_request(request)
        try:
            sessions.guard(request)
        except ClawdError as error:  # whether this session still counts cannot be told
            return self.unknown(request, error)
        except DatabaseError:
            return self.unknown(request, Unavailable("Sessions cannot be read at the moment."))
        return None

    def unknown(self, request: HttpRequest, error: ClawdError) -> HttpResponse:
        """Neither in nor out: nothing of the session is touched."""
        if speaks_json(request.path_info):
            return JsonResponse(error.body(), status=error.status, headers=error.headers())
        return HttpResponse(error.message, status=error.status, headers=error.headers())


class Messages(ForBrowsers, MessageMiddleware):
    """The admin's notices."""


class Frames(ForBrowsers, XFrameOptionsMiddleware):
    """X-Frame-Options."""


class Csrf(ForBrowsers, CsrfViewMiddleware):
    """The CSRF token of forms; /v1 is asked with bearers, which no browser adds by itself."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        """A front end of one's own may also sign people out."""
        ours: bool = super()._origin_verified(request)
        return ours or (request.path_info == "/logout" and csrf.is_front_end(request))

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
    FOREVER = 365 * 86400  # seconds: of files that are named by their content

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.sources = f"{self.static_prefix}src/"  # in a checkout: what the page is built from
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self.answer(request)
        return super().__call__(request)

    async def answer(self, request: HttpRequest) -> HttpResponseBase:
        """The file, what lies behind, or 404 at once: a page that outlived its build asks for old files."""
        if not request.path_info.startswith(self.static_prefix):
            response: HttpResponseBase = await self.get_response(request)
            return response
        found = await sync_to_async(self._read, thread_sensitive=False)(request)
        return found or HttpResponse("There is no such file.", status=404, content_type="text/plain")

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        path = request.path_info
        if path.startswith(self.sources):
            return None
        static = self.find_file(path) if self.autorefresh else self.files.get(path)
        if static is None:
            return None
        answer = static.get_response(request.method, request.META)
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        return HttpResponse(body, status=int(answer.status), headers=dict(answer.headers))
