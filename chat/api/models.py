"""What there is to choose from, and to call, by HTTP: models, and the description of /api itself."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, JsonResponse

from accounts.policy import Action
from chat import openapi
from chat.api.views import ChatView
from clawdsite.core.config.live import current
from gateway import services
from gateway.types import Json, ModelCard


class Models(ChatView):
    """GET: what there is to chat with, and what each can. Asked of the model's host each time."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        cards = await services.list_models(authorization=self.authorization)
        shown = [_shown(card) for card in cards if talks(card)]
        return JsonResponse({"default": current().models.default, "models": shown})


def talks(card: ModelCard) -> bool:
    """Whether it answers questions: some only embed. Where its host does not say, it may."""
    return not card.capabilities or "completion" in card.capabilities


def _shown(card: ModelCard) -> Json:
    """Null: its host does not say."""
    known = bool(card.capabilities)
    can = {name: name in card.capabilities if known else None for name in ("vision", "thinking")}
    return {"id": card.id, **can}


class OpenApi(ChatView):
    """GET /api/openapi.json: this surface, for programs that read such files."""

    action: ClassVar[Action] = "model.list"

    async def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse(openapi.document(current()))
