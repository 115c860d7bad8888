"""From a provider's tile to a signed-in person: start and callback, the same for every provider."""

from __future__ import annotations

import logging
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from accounts import linking
from accounts.models import User
from accounts.providers import registry
from accounts.providers.base import SignOn, SSOError, SSOIdentity, Transaction
from accounts.signin import failures, next_url, pages, sessions, throttle, transactions
from clawdsite.core.errors import RateLimited

log = logging.getLogger(__name__)

SINGLE: Final = ("state", "code", "iss", "error", "authCode")
LONGEST_CODE: Final = 4096
UNKNOWN: Final = (
    "the state is unknown to this browser, used or too old: an old link, cookies that are blocked, or a "
    "sign-in that began at another address than server.public_url"
)
# Words in the User-Agent of the vendors' own clients.
CLIENTS: Final = {
    "wecom": ("wxwork",),
    "dingtalk": ("dingtalk",),
    "feishu": ("feishu", "lark"),
    "lark": ("lark", "feishu"),
}


def start(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /auth/<provider>/start?next=: off to the provider. link=1: to add an identity, after a question."""
    provider = known(slug)
    linking_one = (request.POST if request.method == "POST" else request.GET).get("link") == "1"
    if request.method not in (("GET", "HEAD", "POST") if linking_one else ("GET", "HEAD")):
        return HttpResponseNotAllowed(["GET"])
    try:
        throttle.check(request, "start")
    except RateLimited as error:
        return pages.too_many(request, error.retry_after or 1)
    going = next_url.safe((request.GET.get("next") or request.POST.get("next")) or "")
    if linking_one and not request.user.is_authenticated:
        return pages.back_to_login("expired", "")
    if linking_one and request.method != "POST":
        return pages.confirm_link(request, provider, going)
    sessions.sweep()
    link = str(request.user.pk) if linking_one else None
    attempt = transactions.begin(request.session, provider, next_url=going, link=link)
    try:
        url = provider.authorize_url(attempt, in_app=in_app(request, provider), lang=language())
    except SSOError as error:
        return failed(request, provider.config.slug, error, going)
    answer = pages.onward(request, url) if linking_one else pages.closed(HttpResponseRedirect(url))
    transactions.show_cookie(request.session, answer)
    return answer


@csrf_exempt  # nothing but GET is for it
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """GET /callback: what the provider sent the browser back with. Nothing here touches a session that did
    not start this attempt."""
    if not registry.all():
        raise Http404
    try:
        throttle.check(request, "callback")
    except RateLimited as error:
        return pages.too_many(request, error.retry_after or 1)
    query = request.GET
    if any(len(query.getlist(name)) > 1 for name in SINGLE):
        return lost(request, "the answer names a parameter twice")
    attempt = transactions.take(request.session, query.get("state", ""))
    if attempt is None:
        return lost(request, UNKNOWN)
    try:
        provider = registry.get(attempt.provider)
    except KeyError:
        return lost(request, "the provider was switched off meanwhile")
    if attempt.link is not None and attempt.link != str(request.user.pk):
        return lost(request, "another person is signed in than when the linking began")
    return _finish(request, provider, attempt)


def _finish(request: HttpRequest, provider: SignOn, attempt: Transaction) -> HttpResponse:
    """The attempt is out of the session already: whatever happens now happens once."""
    query = dict(request.GET.lists())
    try:
        provider.check_return(attempt, query)
        code = _code(provider, query)
    except SSOError as error:
        if error.code == "invalid_response":  # nothing was asked of the provider, and nothing will be
            return refused(request, attempt.provider, error, attempt.next)
        return failed(request, attempt.provider, error, attempt.next)
    try:
        identity = provider.fetch_identity(attempt, code)
        user = _known(request, provider, attempt, identity)
    except SSOError as error:
        return failed(request, attempt.provider, error, attempt.next)
    if attempt.link is None:
        sessions.open_for(request, user, attempt.provider, identity)
    return pages.closed(HttpResponseRedirect(attempt.next))


def _code(provider: SignOn, query: dict[str, list[str]]) -> str:
    answer = provider.returned(query)
    if answer.code is None:
        raise SSOError("denied", "the provider answered with an error, or without a code")
    if not (answer.code.isascii() and answer.code.isprintable() and len(answer.code) <= LONGEST_CODE):
        raise SSOError("invalid_response", "the code is too long or holds characters that no code has")
    return answer.code


def _known(request: HttpRequest, provider: SignOn, attempt: Transaction, identity: SSOIdentity) -> User:
    signed_in = request.user if attempt.link is not None else None
    link_to = signed_in if isinstance(signed_in, User) else None
    return linking.sign_in(identity, provider.config, link_to=link_to)


def lost(request: HttpRequest, why: str) -> HttpResponse:
    """400 and a page that says what to do; whoever is signed in stays it."""
    reference = ""
    if throttle.too_often(request, "unknown_state") is None:
        reference = failures.note("", "lost", why, throttle.address_of(request))
    return pages.stopped(request, "lost", reference)


def refused(request: HttpRequest, slug: str, error: SSOError, going: str) -> HttpResponse:
    """400 in place: the answer itself is not to be believed."""
    reference = failures.note(slug, error.code, error.detail, throttle.address_of(request))
    return pages.stopped(request, error.code, reference, going)


def failed(request: HttpRequest, slug: str, error: SSOError, going: str) -> HttpResponse:
    """To the login page, with the code and a reference to what happened."""
    reference = failures.note(slug, error.code, error.detail, throttle.address_of(request))
    return pages.back_to_login(error.code, reference, going)


def known(slug: str) -> SignOn:
    """The enabled provider of this name, or 404."""
    try:
        return registry.get(slug)
    except KeyError:
        raise Http404 from None


def in_app(request: HttpRequest, provider: SignOn) -> bool:
    """Whether the browser is the vendor's own client."""
    agent = request.META.get("HTTP_USER_AGENT", "").casefold()
    return any(word in agent for word in CLIENTS.get(provider.config.provider, ()))


def language() -> str:
    """The page's language, as the vendors name it."""
    return "zh" if (get_language() or "").startswith("zh") else "en"
