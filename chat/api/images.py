"""Pictures by HTTP: POST the file's bytes, GET ours."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.policy import Action
from chat import images
from chat.api.views import ChatView
from clawdsite.core.errors import UnsupportedMedia


class Images(ChatView):
    """POST: the bytes of one file, `Content-Type: image/...`, its name in `X-File-Name` (percent-encoded).

    The type that is sent counts for nothing: the first bytes say what it is.
    """

    action: ClassVar[Action] = "image.upload"

    async def post(self, request: HttpRequest) -> HttpResponse:
        kind = request.headers.get("Content-Type", "")
        if not (kind.startswith("image/") or kind == "application/octet-stream"):
            message = "Send the file's bytes alone, with Content-Type: image/png (or jpeg, webp, gif)."
            raise UnsupportedMedia(message, param="Content-Type")
        name = unquote(request.headers.get("X-File-Name", ""), errors="replace")
        return JsonResponse(await images.upload(self.caller, request.body, name), status=201)


class OneImage(ChatView):
    """GET: our own bytes, to be shown inside our pages and never as a page."""

    action: ClassVar[Action] = "conversation.list"

    async def get(self, request: HttpRequest, image: str) -> HttpResponse:
        row = await self.asked(images.served, self.id_of(image))
        suffix = "png" if row.media_type == "image/png" else "jpg"
        return HttpResponse(
            bytes(row.content),
            content_type=row.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{row.id}.{suffix}"',
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )
