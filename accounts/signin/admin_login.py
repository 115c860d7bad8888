"""The admin's own login: throttled, with the providers beside it, or alone (admin.sso_only)."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.providers import registry
from accounts.signin import familiar, next_url, pages, sessions, throttle
from accounts.signin.views import LONGEST_NAME, logout
from clawdsite.core.config.live import current
from clawdsite.core.errors import RateLimited

TEMPLATE = "accounts/admin_login.html"


@sensitive_post_parameters("password")
@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """GET, POST /admin/login/: Django's form and checks, behind our limits."""
    sso_only = current().admin.sso_only
    name = request.POST.get("username", "")[:LONGEST_NAME]
    if request.method == "POST":
        if sso_only:
            return HttpResponse(status=405, headers={"Allow": "GET"})
        try:
            throttle.check(request, "password")
            familiar.count(request, name)
        except RateLimited as error:
            return pages.too_many(request, error.retry_after or 1)
    going = next_url.safe(request.GET.get("next", "")) if "next" in request.GET else "/admin/"
    tiles = [pages.tile(provider, going) for provider in registry.all()]
    before, whose = sessions.facts_of(request.session), request.session.get(SESSION_KEY)
    answer = admin.site.login(request, {"tiles": tiles, "sso_only": sso_only})
    if isinstance(answer, TemplateResponse):
        answer.template_name = TEMPLATE
    elif request.method == "POST" and request.user.is_authenticated:
        sessions.opened(request, before, whose)
        familiar.remember(request, answer, name)
    return answer


def admin_logout(request: HttpRequest) -> HttpResponse:
    """POST /admin/logout/: as everywhere; a mere look leads to the front of the admin."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:index"))
    return logout(request)
