"""The page: `/` and `/c/<id>`. Its shell, the facts it starts with, and its words in one answer."""

from __future__ import annotations

import asyncio
import time
import uuid
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from accounts.caller import Caller
from accounts.models import Team
from accounts.signin import sessions
from accounts.threads import on_connection
from chat import preferences, selectors, texts
from chat.frames import NOWHERE
from chat.services import asking
from chat.words import LONGEST_TEXT, MOST_IMAGES
from clawdsite import __version__
from clawdsite.core import assets
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError, InvalidToken, NotFound, Unavailable
from gateway import services

DJANGO_NAMES: Final = {"en": "en", "zh": "zh-hans"}
HTML_NAMES: Final = {"en": "en", "zh": "zh-Hans"}
NAME: Final = "Clawdbot"
PATIENCE: Final = 0.5  # seconds that the page waits to hear whether the model takes pictures
ALLOWED: Final = ("GET", "HEAD")


async def page(request: HttpRequest, conversation: str = "") -> HttpResponse:
    """GET / or /c/<id>: the page for whoever is signed in, else the way to the login page."""
    if request.method not in ALLOWED:
        return HttpResponse(status=405, headers={"Allow": ", ".join(ALLOWED)})
    try:
        caller = await on_connection(partial(_caller, request))
        if caller is None:
            return _to_login(request)
        if not assets.is_built():
            return _plain(503, assets.UNBUILT)
        if "chat:read" not in caller.scopes:
            return _dressed(render(request, "chat/denied.html", {"missing": "chat:read"}, status=403))
        return await _shown(request, caller, conversation)
    except InvalidToken:  # revoked, or switched off, at this moment
        return _to_login(request)
    except (DatabaseError, Unavailable):
        return _plain(503, "Conversations cannot be read at the moment. Try again soon.", again=5)


async def _shown(request: HttpRequest, caller: Caller, conversation: str) -> HttpResponse:
    """The page with what it starts with."""
    vision = await takes_pictures()
    settings, facts = await on_connection(partial(_facts, request, caller, conversation))
    language = language_of(settings["language"])
    facts |= {"csrf": get_token(request), "language": language, "settings": settings, "vision": vision}
    card = (facts["open"] or {}).get("conversation")
    shown = {
        "boot": facts,
        "texts": texts.catalogue(language),
        "lang": HTML_NAMES[language],
        "theme": settings["theme"],
        "title": f"{card['title']} · {NAME}" if card and card["title"] else NAME,
    }
    missing = bool(facts["open"]) and card is None
    with translation.override(DJANGO_NAMES[language]):
        answer = render(request, "chat/page.html", shown, status=404 if missing else 200)
    answer.headers["Content-Language"] = DJANGO_NAMES[language]
    return _dressed(answer)


def _caller(request: HttpRequest) -> Caller | None:
    """Who asks by their session; the access line learns it too. InvalidToken, KeysUnreachable."""
    caller = sessions.caller_of(request)
    call = getattr(request, "scope", {}).get("clawdbot.call")
    if caller is not None and call is not None:
        call.caller = caller
    return caller


def language_of(setting: str) -> str:
    """ "en" or "zh": what the person chose, else what the browser prefers."""
    if setting in HTML_NAMES:
        return setting
    return "zh" if (translation.get_language() or "").startswith("zh") else "en"


async def takes_pictures() -> bool:
    """Whether a message may have pictures. A model's host that does not answer at once is not waited for."""
    if current().models.vision:
        return True
    try:
        facts = await asyncio.wait_for(services.facts_of(None, pictures=True), PATIENCE)
    except (ClawdError, TimeoutError):
        return False
    return facts.can("vision")


def _facts(request: HttpRequest, caller: Caller, conversation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(settings, what else the page starts with). Asks the database."""
    config = current()
    user: Any = request.user
    session = sessions.facts_of(request.session)
    teams = Team.objects.filter(slug__in=caller.teams)
    begun = asking.default_team(caller)
    facts: dict[str, Any] = {
        "app": __version__,
        "person": {"id": caller.id, "name": user.get_full_name(), "staff": user.is_staff},
        "scopes": sorted(caller.scopes),
        "teams": [{"slug": team.slug, "name": str(team)} for team in teams],
        "leads": sorted(caller.leads),
        "default_team": begun.slug if begun is not None else None,
        "expires_in": max(0, int(session.left(time.time()))) if session is not None else 0,
        "limits": {
            "text": LONGEST_TEXT,
            "images": MOST_IMAGES,
            "image_bytes": config.chat.image.max_bytes,
            "image_pixels": config.chat.image.max_pixels,
        },
        "default_model": config.models.default,
        "list": selectors.conversations(caller),
        "open": opened(caller, conversation) if conversation else None,
    }
    return preferences.settings_of(caller), facts


def opened(caller: Caller, conversation: str) -> dict[str, Any]:
    """The conversation of the address with its newest messages; what is hidden is as missing as what never
    was, and as an id that is spelled otherwise than ours."""
    try:
        where = uuid.UUID(conversation)
    except ValueError:
        where = NOWHERE
    if str(where) != conversation:
        where = NOWHERE
    try:
        return {"conversation": selectors.one(caller, where), **selectors.history(caller, where)}
    except NotFound:
        return {"missing": True}


def _to_login(request: HttpRequest) -> HttpResponse:
    going = request.get_full_path()
    query = "" if going == "/" else "?" + urlencode({"next": going})
    return _dressed(HttpResponseRedirect(reverse("login") + query))


def _plain(status: int, words: str, again: int = 0) -> HttpResponse:
    """A refusal that needs neither template nor database."""
    headers = {"Retry-After": str(again)} if again else {}
    return _dressed(HttpResponse(words, status=status, content_type="text/plain", headers=headers))


def _dressed(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    return answer
