"""Search by HTTP."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from chat.api.views import ChatView
from chat.search.finding import find
from clawdsite.core.errors import BadRequest


class Search(ChatView):
    """GET ?q=&cursor=: what the caller may read and the query is found in."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        query = request.GET.get("q")
        if query is None:
            raise BadRequest("q says what to look for.", code="missing_required_parameter", param="q")
        return JsonResponse(await self.asked(find, query, cursor=request.GET.get("cursor", "")))
