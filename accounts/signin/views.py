"""The login page, the local password, and signing out."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.providers import registry
from accounts.providers.base import SSOError
from accounts.signin import failures, familiar, next_url, pages, sessions, throttle, transactions
from clawdsite.core.config.live import current
from clawdsite.core.errors import RateLimited

LONGEST_NAME: Final = 150
LONGEST_PASSWORD: Final = 4096


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """GET /login: the ways in, and what came of the last one. POST: name and password."""
    if request.method == "POST":
        return by_password(request)
    going = next_url.safe(request.GET.get("next", ""))
    failed = request.GET.get("sso_error", "")
    out = "out" in request.GET or "state" in request.GET  # a provider's logout comes back with its state
    if request.user.is_authenticated and not failed and not out:
        return HttpResponseRedirect(going)
    reference = request.GET.get("ref", "") if failed else ""
    expired = "expired" in request.GET  # the page that was open sends people here
    return pages.login(request, failed=failed, reference=reference, going=going, out=out, expired=expired)


def by_password(request: HttpRequest) -> HttpResponse:
    """Name and password, where the configuration allows it. The answer is the same whatever was wrong."""
    if not current().local_login:
        raise Http404
    going = next_url.safe(request.POST.get("next", ""))
    name, password = request.POST.get("username", ""), request.POST.get("password", "")
    try:
        throttle.check(request, "password")
        familiar.count(request, name[:LONGEST_NAME])
    except RateLimited as error:
        return pages.too_many(request, error.retry_after or 1)
    user = check_password(request, name, password)
    if user is None:
        detail = "name or password wrong, or the person is inactive"
        reference = failures.note("", "password", detail, throttle.address_of(request))
        return pages.login(
            request, failed="password", reference=reference, going=going, status=403, username=name[:150]
        )
    sessions.open_for(request, user)
    answer = HttpResponseRedirect(going)
    familiar.remember(request, answer, name)
    return answer


def check_password(request: HttpRequest, name: str, password: str) -> User | None:
    """The active person of this name and password."""
    if len(name) > LONGEST_NAME or len(password) > LONGEST_PASSWORD or "\0" in name + password:
        name = password = ""
    found = authenticate(request, username=name, password=password)
    return found if isinstance(found, User) else None


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """POST /logout: out here first, then out at the provider where it can do that (RP-initiated logout)."""
    going = next_url.safe(request.POST.get("next", ""))
    facts = sessions.close(request)
    url = provider_logout(facts) if facts is not None else None
    if url is not None:
        reachable = next_url.origin_of(url) in issuers() | set(current().server.front_ends)
        return pages.closed(HttpResponseRedirect(url)) if reachable else pages.onward(request, url)
    if next_url.front_end(going) is not None:
        return HttpResponseRedirect(going)
    query = {"out": "1"} if going == next_url.HOME else {"out": "1", "next": going}
    return HttpResponseRedirect(f"{reverse('login')}?{urlencode(query)}")


def provider_logout(facts: sessions.Facts) -> str | None:
    """Where the provider signs people out. Its being down, or gone, is no reason to stay signed in here."""
    try:
        provider = registry.get(facts.provider)
        back = f"{current().public_url}{reverse('login')}"
        return provider.logout_url(facts.id_token, transactions.word(transactions.STATE), back)
    except (KeyError, SSOError):
        return None


def issuers() -> set[str | None]:
    """Origins that the pages' policy lets a form's redirect go to (clawdsite.entry.dress)."""
    return {next_url.origin_of(provider.issuer_url) for provider in current().providers}
