"""Health, metrics, and the pages of errors."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import bad_request as plain_bad_request
from django.views.defaults import page_not_found, permission_denied
from prometheus_client import CONTENT_TYPE_LATEST

from clawdsite import __version__, health
from clawdsite.core import metrics as numbers
from clawdsite.core.config.live import current
from clawdsite.core.errors import BadRequest, ClawdError, Forbidden, Internal, NotFound
from clawdsite.core.lifecycle import lifecycle
from clawdsite.core.paths import speaks_json
from clawdsite.entry.head import is_loopback, is_within, networks
from gateway.admission.queue import line

numbers.build.labels(__version__).set(1)


async def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive; nothing more for strangers."""
    if not is_insider(request):
        return HttpResponse()
    return JsonResponse((await health.look()).details)


async def readyz(request: HttpRequest) -> HttpResponse:
    """Whether new requests should come here: 200 or 503; why, for insiders."""
    found = await health.look()
    status = 200 if found.ready else 503
    return JsonResponse(found.details, status=status) if is_insider(request) else HttpResponse(status=status)


async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus; for anyone else it does not exist."""
    if not is_insider(request):
        return nothing(request)
    numbers.in_flight.set(len(lifecycle.running))
    numbers.slots.set(line().running)
    numbers.waiting.set(line().waiting)
    return HttpResponse(numbers.page(), content_type=CONTENT_TYPE_LATEST)


def is_insider(request: HttpRequest) -> bool:
    """This machine, or an address of metrics.allow. What a proxy of this machine passes on is nobody's here:
    one that server.trusted_proxies does not name hides who asks."""
    address = request.META.get("REMOTE_ADDR", "")
    passed_on = getattr(request, "scope", {}).get("clawdbot.forwarded", False)
    ours = is_loopback(address) and not passed_on
    return ours or is_within(address, networks(current().metrics.allow))


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """An address under /v1 or /api that does not exist."""
    return envelope(NotFound(f"There is nothing at {request.method} {request.path[:200]}."))


def envelope(error: ClawdError) -> HttpResponse:
    """The one JSON shape of errors."""
    return JsonResponse(error.body(), status=error.status, headers=error.headers())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if speaks_json(request.path):
        return envelope(BadRequest("The request is not one that can be served."))
    return plain_bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if speaks_json(request.path):
        return envelope(Forbidden("This is not for you."))
    return permission_denied(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or from a foreign page; Django's reason is for developers."""
    if speaks_json(request.path):
        return envelope(Forbidden("Send the CSRF token of GET /api/session as X-CSRFToken."))
    form = "old" if settings.CSRF_COOKIE_NAME in request.COOKIES else "without cookies"
    return render(request, "403.html", {"form": form}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if speaks_json(request.path):
        return envelope(NotFound("There is nothing here."))
    return page_not_found(request, exception)


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    if speaks_json(request.path):
        return envelope(Internal("Something went wrong here. The request id tells the administrator what."))
    return page_of_500(request)


def page_of_500(request: HttpRequest) -> HttpResponse:
    """With the reference under which the log has it, and without what may be broken: session and database."""
    call = getattr(request, "scope", {}).get("clawdbot.call")
    shown = {"reference": call.request_id if call is not None else ""}
    return HttpResponse(loader.get_template("500.html").render(shown), status=500)
