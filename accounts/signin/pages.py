"""The login page in all its states, and the small pages around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts import demo
from accounts.providers import registry
from accounts.providers.base import SignOn
from accounts.signin import failures, next_url
from accounts.signin.words import FAILED, KINDS, MARKS
from clawdsite.core.config.live import current


@dataclass(frozen=True, slots=True)
class Tile:
    """A provider on the page."""

    slug: str
    kind: str
    label: Any
    url: str
    mark: str


def tile(provider: SignOn, going: str = next_url.HOME) -> Tile:
    """going: validated address to end at."""
    config = provider.config
    query = "" if going == next_url.HOME else "?" + urlencode({"next": going})
    url = reverse("signin-start", args=[config.slug]) + query
    kind = config.provider
    return Tile(config.slug, kind, config.label or KINDS[kind], url, MARKS[kind])


def login(
    request: HttpRequest,
    *,
    failed: str = "",
    reference: str = "",
    going: str = next_url.HOME,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The login page. failed: a code of `words.FAILED`, anything else says nothing."""
    shown = {
        "tiles": [tile(provider, going) for provider in registry.all()],
        "local_login": current().local_login,
        "failed": FAILED.get(failed),
        "reference": reference if failures.is_reference(reference) else "",
        "next": going,
        "lang_query": urlencode({"next": going}) if going != next_url.HOME else "",
        "person": request.user if request.user.is_authenticated else None,
        "demo": demo.shown_to(request),
        "programs": current().public_url,
        "development": current().development,
    }
    return _closed(render(request, "accounts/login.html", shown | more, status=status))


def stopped(request: HttpRequest, failed: str, reference: str, going: str = next_url.HOME) -> HttpResponse:
    """The login page in place of an answer at /callback: 400, and without a form (see `_closed`)."""
    return closed(login(request, failed=failed, reference=reference, going=going, status=400, formless=True))


def back_to_login(code: str, reference: str, going: str = next_url.HOME) -> HttpResponse:
    """To the login page, which says what went wrong; nothing of the callback's address stays."""
    query = {"sso_error": code, "ref": reference}
    if going != next_url.HOME:
        query["next"] = going
    return closed(HttpResponseRedirect(f"{reverse('login')}?{urlencode(query)}"))


def too_many(request: HttpRequest, seconds: float) -> HttpResponse:
    """429, with the time to wait."""
    page = login(request, failed="too_many", status=429, wait=round(seconds))
    page.headers["Retry-After"] = str(max(1, round(seconds)))
    return page


def confirm_link(request: HttpRequest, provider: SignOn, going: str) -> HttpResponse:
    """What a signed-in person sees before an identity is added to their account."""
    shown = {"tile": tile(provider), "next": going, "person": request.user}
    return _closed(render(request, "accounts/link.html", shown))


def onward(request: HttpRequest, url: str) -> HttpResponse:
    """A page that goes on to another site by itself. A form's answer may not redirect there: the policy
    `form-action 'self'` holds for redirects too."""
    return closed(render(request, "accounts/onward.html", {"url": url}))


def closed(response: HttpResponse) -> HttpResponse:
    """Kept by nobody, and its address told to nobody: it may hold a code or a state."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _closed(response: HttpResponse) -> HttpResponse:
    """For pages with a form: without a referrer browsers hide the Origin too, and Django refuses it."""
    response.headers["Cache-Control"] = "no-store"
    return response
