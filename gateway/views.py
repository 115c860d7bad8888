"""OpenAI's surface: parse, ask, render."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from accounts.policy import Action
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import (
    BadRequest,
    ClawdError,
    ContextTooLong,
    NotFound,
    UnsupportedMedia,
    UpstreamInvalid,
)
from gateway import openapi, resumable, services
from gateway.admission import limits
from gateway.async_view import AsyncAPIView
from gateway.dialects import CHAT, Collector, Dialect
from gateway.streaming import GRACE, Direct, EventStream, give_up, to_sse
from gateway.types import Batch, ChatRequest, Json
from gateway.wire.jsonin import parse_object
from gateway.wire.openai import (
    from_embedding_body,
    to_embeddings,
    to_model,
    to_models,
)

LONGEST_NUMBER: Final = 9  # digits
LARGE: Final = 1_000_000  # bytes of a body that is parsed in a thread: it may take a second of CPU


def json_body(request: HttpRequest) -> Json:
    """The request's JSON object. Raises BadRequest (invalid_json) or UnsupportedMedia."""
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        message = "Send the body as JSON, with Content-Type: application/json."
        raise UnsupportedMedia(message, param="Content-Type")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Send the body without Content-Encoding.", param="Content-Encoding")
    return parse_object(request.body)


class AskView(AsyncAPIView):
    """A question to the model, streamed or whole, in the dialect of its endpoint."""

    action: ClassVar[Action] = "model.ask"
    dialect: Dialect = CHAT

    async def post(self, request: HttpRequest) -> HttpResponseBase:
        config, session = current(), request.headers.get("X-Session-Id")

        def read() -> tuple[Json, Sequence[ChatRequest]]:
            body = json_body(request)
            return body, self.dialect.read(body, session, config)

        body, asked = await asyncio.to_thread(read) if len(request.body) > LARGE else read()
        keeper = resumable.keeper_for(request) if asked[0].stream else None
        if keeper is not None:
            question = resumable.Question(self.caller, asked, body, self.dialect, config, self.authorization)
            return await resumable.begin(keeper, question, self.call)
        self.call.closers.append(limits.sit(self.caller, self.call))
        direct = Direct() if asked[0].stream else None
        events = services.complete(
            self.caller,
            asked,
            self.call,
            authorization=self.authorization,
            take=None if direct is None else direct.take,
        )
        self.call.closers.append(events.aclose)
        try:
            if direct is not None:
                return await self.streamed(events, direct, asked, body, config)
            return await self.whole(events, asked, body, config)
        except ClawdError as error:
            raise self.dialect.named(error) from None

    async def streamed(
        self,
        events: AsyncGenerator[Batch, None],
        direct: Direct,
        asked: Sequence[ChatRequest],
        body: Json,
        config: Config,
    ) -> EventStream:
        """The first event decides the status, for as long as the grace lasts."""
        first = asyncio.ensure_future(anext(events))
        self.call.closers.append(lambda: give_up(first))
        await asyncio.wait({first}, timeout=GRACE)
        if first.done():
            first.result()  # a failure before the first event still has its own status
        writer = self.dialect.writer(asked, body, self.call.model or "", config)
        direct.begin(writer)
        return EventStream(to_sse(self.dialect, writer, first, events, self.call), direct)

    async def whole(
        self, events: AsyncGenerator[Batch, None], asked: Sequence[ChatRequest], body: Json, config: Config
    ) -> HttpResponse:
        """All of the answer in one JSON body; an answer that broke off is an error and nothing else."""
        collector: Collector | None = None
        async for batch in events:
            if collector is None:
                collector = self.dialect.collector(asked, body, self.call.model or "", config)
            collector.add(batch)
        if collector is None:
            raise UpstreamInvalid("The model's host sent an empty answer.", should_retry=False)
        await self.call.close()
        return JsonResponse(collector.body())


class Generation(AsyncAPIView):
    """GET /v1/generations/{id}?after=n: what is missing of a resumable answer."""

    action: ClassVar[Action] = "model.ask"

    async def get(self, request: HttpRequest, generation: str) -> HttpResponseBase:
        stream = await resumable.rest(self.caller, generation, after_of(request), self.call)
        if stream is None:
            raise NotFound("There is nothing here by this id.")
        return stream


def after_of(request: HttpRequest) -> int:
    """The number of the last chunk that the client has; 0: none."""
    text = request.GET.get("after", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise BadRequest("after must be the number of a chunk, 0 or more.", param="after")
    return int(text)


class Embeddings(AsyncAPIView):
    """POST /v1/embeddings."""

    action: ClassVar[Action] = "model.ask"

    async def post(self, request: HttpRequest) -> HttpResponse:
        session = request.headers.get("X-Session-Id")
        asked = from_embedding_body(json_body(request), session=session)
        self.call.session, self.call.end_user = asked.session, asked.end_user
        self.call.closers.append(limits.sit(self.caller, self.call))
        try:
            native, model = await services.embed(
                self.caller, asked, self.call, authorization=self.authorization
            )
        except ContextTooLong:
            raise ContextTooLong(
                "A text is longer than the model takes. Please shorten it.", param="input"
            ) from None
        finally:
            await self.call.close()
        return JsonResponse(to_embeddings(native, asked, model))


class Models(AsyncAPIView):
    """GET /v1/models."""

    action: ClassVar[Action] = "model.list"

    async def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(to_models(await services.list_models(authorization=self.authorization)))


class OneModel(AsyncAPIView):
    """GET /v1/models/{id}; ids may hold `/` and `:`."""

    action: ClassVar[Action] = "model.list"

    async def get(self, request: HttpRequest, model: str) -> HttpResponse:
        card = await services.one_model(model, authorization=self.authorization)
        return JsonResponse(to_model(card))


class OpenApi(AsyncAPIView):
    """GET /v1/openapi.json."""

    action: ClassVar[Action] = "model.list"

    async def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(openapi.document(current()))
