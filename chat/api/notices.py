"""What a person is told on their next visit: who was let into their conversations, and who looked (M20)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

from accounts.caller import Caller
from chat.api.views import ChatView
from chat.services import granting
from clawdsite.core.errors import BadRequest, NotFound
from gateway.types import Json

MOST = 100


class Notices(ChatView):
    """GET: what is new. POST {"seen": [ids]}: these were shown, and are not news any more."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse(await self.asked(_news))

    async def post(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse(await self.asked(_seen, _ids(await self.body_of(request))))


def _news(caller: Caller) -> Json:
    _person(caller)
    return {"notices": granting.notices(caller)}


def _seen(caller: Caller, ids: list[int]) -> Json:
    return {"seen": granting.told(_person(caller), ids)}


def _person(caller: Caller) -> str:
    """Programs own nothing, so there is nothing to tell them."""
    if caller.kind != "person":
        raise NotFound("There is nothing here by this id.")
    return caller.id


def _ids(body: Json) -> list[int]:
    found: Any = body.get("seen")
    if not isinstance(found, list) or len(found) > MOST:
        raise BadRequest(f"seen must be a list of at most {MOST} ids.", param="seen")
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**53 for one in found):
        raise BadRequest("seen holds the ids of notices.", param="seen")
    return found
