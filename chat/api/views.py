"""Parse, make one call, render."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from accounts import selectors as people
from accounts.caller import Caller
from accounts.policy import Action
from accounts.threads import on_connection
from accounts.tokens.revocation import revocations
from chat import access, selectors, telling, words
from chat.api import answering, exports
from chat.frames import LONGEST_WORD
from chat.prompts import Place
from chat.services import keeping
from clawdsite.core.errors import BadRequest, ClawdError, NotFound, Unavailable
from gateway.async_view import AsyncAPIView
from gateway.types import Json
from gateway.views import LARGE, json_body

GONE = "There is nothing here by this id."


class ChatView(AsyncAPIView):
    """A view whose answer is made in a thread: it asks the database."""

    action: ClassVar[Action] = "conversation.list"

    async def asked(self, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return await on_connection(partial(act, self.caller, *args, **more))

    async def body_of(self, request: HttpRequest) -> Json:
        """The request's JSON object; a large one is read in a thread, so that no stream waits for it."""
        if len(request.body) > LARGE:
            return await asyncio.to_thread(json_body, request)
        return json_body(request)

    def is_counted(self, request: HttpRequest) -> bool:
        """A person who looks around uses nothing up of what is there for questions."""
        return self.caller.kind != "person" or request.method not in ("GET", "HEAD")

    @property
    def asker(self) -> answering.Asker:
        language = self.request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0]
        place = Place(language.strip()[:LONGEST_WORD])
        return answering.Asker(self.caller, self.call, self.still_reads, place)

    async def still_reads(self, conversation: uuid.UUID) -> bool:
        """Whether the caller, as of now, may read this; where that cannot be told, what streams goes on."""
        try:
            await self.asked(_reads, conversation)
        except (Unavailable, Error):
            return True
        except ClawdError:
            return False
        return True

    def id_of(self, text: str) -> uuid.UUID:
        """An id in the address; another spelling than ours is unknown."""
        try:
            found = uuid.UUID(text)
        except ValueError:
            raise NotFound(GONE) from None
        if str(found) != text:
            raise NotFound(GONE)
        return found


class Conversations(ChatView):
    """GET: one page of the list. POST: ask the first question of a new one (server-sent events)."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        cursor, archived = request.GET.get("cursor", ""), request.GET.get("archived") == "true"
        return JsonResponse(await self.asked(selectors.conversations, cursor=cursor, archived=archived))

    async def post(self, request: HttpRequest) -> HttpResponseBase:
        body = await self.body_of(request)
        if body.get("c") is not None:
            raise BadRequest("Ask in a conversation at its own address.", param="c")
        return await answering.ask(self.asker, said(words.ask, body))


class OneConversation(ChatView):
    """GET: its card. PATCH: title, team, leaf, pinned, archived. DELETE: undone within 30 s, or gone."""

    async def get(self, request: HttpRequest, conversation: str) -> HttpResponse:
        return JsonResponse(await self.asked(selectors.one, self.id_of(conversation)))

    async def patch(self, request: HttpRequest, conversation: str) -> HttpResponse:
        where, body = self.id_of(conversation), await self.body_of(request)
        unknown = body.keys() - {"title", "team", "leaf", "pinned", "archived"}
        if unknown or not body:
            param = min(unknown, default=None)
            raise BadRequest("PATCH takes title, team, leaf, pinned and archived.", param=param)
        changed, was = await self.asked(_change, where, body)
        if body.keys() & {"pinned", "archived"}:
            telling.shelved(self.caller.id, where, {name: changed[name] for name in ("pinned", "archived")})
        if "team" in body:
            telling.moved(telling.facts_on(changed), self.caller.id, was)
        elif "title" in body:
            telling.updated(telling.facts_on(changed), self.caller.id)
        return JsonResponse(changed)

    async def delete(self, request: HttpRequest, conversation: str) -> HttpResponse:
        where = self.id_of(conversation)
        team, answers = await self.asked(_delete, where)
        telling.deleted(where, self.caller.id, team, answers)
        return HttpResponse(status=204)


class Undo(ChatView):
    """POST: take a deletion back."""

    async def post(self, request: HttpRequest, conversation: str) -> HttpResponse:
        where = self.id_of(conversation)
        await self.asked(keeping.undo, where)
        card = await self.asked(selectors.one, where)
        telling.updated(telling.facts_on(card), self.caller.id)
        return JsonResponse(card)


class Messages(ChatView):
    """GET: the history, or what is running (Accept: text/event-stream).

    POST: ask, regenerate, stop, clear the context, in the socket's words.
    """

    async def get(self, request: HttpRequest, conversation: str) -> HttpResponseBase:
        where = self.id_of(conversation)
        if "text/event-stream" in request.headers.get("Accept", ""):
            seen = request.headers.get("Last-Event-ID", "") or request.GET.get("after", "")
            return await answering.resume(self.caller, where, seen, self.still_reads)
        before = request.GET.get("before", "")
        return cast(HttpResponse, await self.asked(_history, where, before))

    async def post(self, request: HttpRequest, conversation: str) -> HttpResponseBase:
        where, body = self.id_of(conversation), await self.body_of(request)
        return await _said(self, {**body, "c": str(where)})


class Export(ChatView):
    """GET: the conversation as a file, `?format=markdown` or `json`."""

    async def get(self, request: HttpRequest, conversation: str) -> HttpResponse:
        wanted = request.GET.get("format", "markdown")
        return exports.as_file(await self.asked(exports.export, self.id_of(conversation), wanted))


async def _said(view: ChatView, body: Json) -> HttpResponseBase:
    kind = body.get("t", "chat.send")
    if kind == "chat.send":
        return await answering.ask(view.asker, said(words.ask, body))
    if kind == "chat.regen":
        return await answering.again(view.asker, said(words.again, body))
    if kind == "chat.stop":
        return JsonResponse(await answering.stop(view.caller, said(words.stop, body)))
    if kind == "context.clear":
        return JsonResponse(await answering.clear(view.caller, said(words.clear, body)))
    raise BadRequest("t is one of chat.send, chat.regen, chat.stop, context.clear.", param="t")


def said(read: Callable[[dict[str, Any]], Any], body: Json) -> Any:
    """A body in the socket's words; what cannot be taken is the HTTP error of the same code."""
    try:
        return read(body)
    except words.Refused as refused:
        raise answering.as_error(refused) from None


def _history(caller: Caller, where: uuid.UUID, before: str) -> JsonResponse:
    """Written in the thread, too: a page of it may have megabytes."""
    return JsonResponse(selectors.history(caller, where, before=before))


def _reads(caller: Caller, conversation: uuid.UUID) -> None:
    """Raises unless the caller, with the rights of this moment, may read this. A token that merely came to
    its end meanwhile ends no answer."""
    revocations.admit(caller)
    access.get(people.as_of_now(caller), "conversation.read", conversation)


def _delete(caller: Caller, where: uuid.UUID) -> tuple[str | None, list[uuid.UUID]]:
    """-> (whose lists it was in, what was being written there)."""
    gone, answers = keeping.delete(caller, where)
    return gone.team.slug if gone.team is not None else None, answers


def _change(caller: Any, where: uuid.UUID, body: Json) -> tuple[Json, str | None]:
    """Each right is checked before anything changes: a later refusal leaves nothing half done.

    -> (its card, the team it was in).
    """
    from django.db import transaction

    with transaction.atomic():
        was = selectors.one(caller, where)["team"] if "team" in body else None
        if "title" in body:
            keeping.rename(caller, where, body["title"])
        if "leaf" in body:
            keeping.show(caller, where, body["leaf"])
        marks = {name: body[name] for name in ("pinned", "archived") if name in body}
        if marks:
            keeping.place(caller, where, **marks)
        if "team" in body:
            keeping.move(caller, where, body["team"])
        return selectors.one(caller, where), was
