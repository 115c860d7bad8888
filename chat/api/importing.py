"""Import by HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.caller import Caller
from accounts.policy import Action
from chat.api.views import ChatView
from chat.services import importing
from clawdsite.core.errors import BadRequest, UnsupportedMedia
from gateway.wire.jsonin import parse_text


class Import(ChatView):
    """POST the file itself, `Content-Type: application/json`; the entry lets this address have 50 MB."""

    action: ClassVar[Action] = "conversation.create"

    async def post(self, request: HttpRequest) -> HttpResponse:
        kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise UnsupportedMedia("Send the file itself, as application/json.", param="Content-Type")
        return JsonResponse(await self.asked(_store, request.body), status=201)


def _store(caller: Caller, body: bytes) -> dict[str, int]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("The file is not UTF-8.", code="invalid_json", param="file") from None
    return importing.store(caller, parse_text(text))
