"""A person's own settings and use, and who reads a conversation, by HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.policy import Action
from chat import preferences, selectors, spending
from chat.api.views import ChatView


class Settings(ChatView):
    """GET: all of them. PUT: an object with those that change."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(await self.asked(preferences.settings_of))

    async def put(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(await self.asked(preferences.change, await self.body_of(request)))


class Usage(ChatView):
    """GET: tokens and requests today and this month; ?team=slug: of a team, for its lead."""

    action: ClassVar[Action] = "model.list"  # whoever is known sees what they used

    async def get(self, request: HttpRequest) -> HttpResponse:
        team = request.GET.get("team")
        if team is None:
            return JsonResponse(await self.asked(spending.own))
        return JsonResponse(await self.asked(spending.of_team, team))


class Access(ChatView):
    """GET: who can see a conversation, and why; for whoever reads it."""

    async def get(self, request: HttpRequest, conversation: str) -> HttpResponse:
        return JsonResponse(await self.asked(selectors.readers, self.id_of(conversation)))
