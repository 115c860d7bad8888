"""Upstream: what the gateway asks of the model's host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from clawdsite.core.config.schema import Config
from clawdsite.core.config.schema import Upstream as Limits
from clawdsite.core.errors import ClawdError, ModelNotFound, UpstreamTimeout, UpstreamUnavailable
from gateway.types import Json, ModelCard, ModelFacts
from gateway.upstream.answer import Answer, not_again
from gateway.upstream.flights import Flights
from gateway.upstream.host import Host, to_object
from gateway.upstream.known import Key, Known, full_name, names_in, rooms_in
from gateway.upstream.lines import Lines
from gateway.upstream.pool import Pool
from gateway.upstream.watch import NEVER, Patience, Watch, not_loaded
from gateway.wire.ollama import card_from_show, cards_from_tags, facts_from_show

Tap = Callable[[list[Json]], bool]
LONG_ANSWER: Final = 64 * 1024 * 1024  # bytes of /api/embed


class Upstream:
    """The model's host as the live configuration says.

    configuration: read at each call, so limits follow a reload; a new URL gets a new session, and streams
        under way keep theirs.
    in_flight: calls that wait for, or read, an answer of a model.
    authorization (of the methods): the caller's own header value; it goes up where `upstream.authorization`
        is `forward`, and nowhere else.

    Every method raises ClawdError: UpstreamUnavailable, UpstreamTimeout, UpstreamInvalid, UpstreamError, or
    what the host's own refusal means (reference 2.8).
    """

    def __init__(self, configuration: Callable[[], Config]) -> None:
        self._host = Host(configuration)
        self._known = Known()
        self._flights = Flights()
        self.in_flight = 0

    async def aclose(self) -> None:
        """Close every connection; what is under way breaks off."""
        await self._flights.cancel()
        await self._host.close()

    # ---- asking a model -----------------------------------------------------------------------

    async def stream(
        self, path: str, payload: Json, *, authorization: str | None = None, tap: Tap | None = None
    ) -> AsyncGenerator[list[Json], None]:
        """POST, then the native lines as they come: one list for each read, never an empty one.

        tap: offered later lines before the reader is woken for them; those it takes are not yielded.

        Ends where the body ends well, with or without a `done` line. Closing the generator, or cancelling
        who reads it, closes the connection at once. A consumer that is slow makes the host wait.
        """
        limits, key = self._host.limits(), self._key(str(payload.get("model", "")), authorization)
        with self._calling(key) as pool:
            began = asyncio.get_running_loop().time()
            async with self._patience(limits, key):
                answer, chunk = await self._begin(pool, path, payload, key)
            self._known.saw_loaded(key)
            watch = Watch(limits, began, answer.interrupt)
            try:
                # The road of each piece: read, split, parse, yield; no timer and no task is made.
                split, piece, now = Lines(), answer.piece, asyncio.get_running_loop().time
                if tap is not None:
                    answer.tap(partial(_taken, split, watch, now, tap))
                while chunk:
                    lines = split.feed(chunk)
                    failure = answer.check_lines(lines, split)
                    if lines:
                        yield lines
                    if failure is not None:
                        raise not_again(failure)
                    watch.since = now()
                    chunk = await piece()
                    watch.since = NEVER
                lines = split.end()
                failure = answer.check_lines(lines, split)
                if lines:
                    yield lines
                if failure is not None:
                    raise not_again(failure)
                answer.check_end()
            finally:
                watch.stop()
                answer.close()

    async def embed(self, payload: Json, *, authorization: str | None = None) -> Json:
        """POST /api/embed, the whole answer."""
        limits, key = self._host.limits(), self._key(str(payload.get("model", "")), authorization)
        with self._calling(key) as pool:
            async with self._patience(limits, key):
                answer, first = await self._begin(pool, "/api/embed", payload, key)
                try:
                    rest = await answer.read(LONG_ANSWER)
                finally:
                    answer.close()
            self._known.saw_loaded(key)
        return to_object(first + rest)

    async def ensure_loaded(self, model: str, *, authorization: str | None = None) -> None:
        """Returns when the host has the model in memory (/api/ps, remembered for 5 s).

        A cold one is loaded by one request of the gateway's own, shared by all who wait for it; whoever is
        cancelled meanwhile leaves it running. UpstreamTimeout after `load_timeout`.
        """
        key = self._key(model, authorization)
        if self._known.is_loaded(key) or await self._is_running(key):
            return
        await self._flights.join(("load", key), partial(self._load, model, key))

    # ---- asking about models ------------------------------------------------------------------

    async def facts(self, model: str, *, authorization: str | None = None) -> ModelFacts:
        """/api/show, remembered for 60 s. Raises ModelNotFound.

        The context is what the model was last loaded with, where that was seen.
        """
        key = self._key(model, authorization)
        known = self._known.facts(key)
        if known is None:
            known = facts_from_show(model, await self._show(model, key))
            self._known.learn(key, known)
        room = self._known.room(key)
        return known if room is None else replace(known, context_length=room)

    def room(self, model: str, *, authorization: str | None = None) -> int | None:
        """How many tokens of context it was last loaded with, where that was seen. Asks nobody."""
        return self._known.room(self._key(model, authorization))

    async def card(self, model: str, *, authorization: str | None = None) -> ModelCard:
        """/api/show, asked each time. Raises ModelNotFound."""
        return card_from_show(model, await self._show(model, self._key(model, authorization)))

    async def models(self, *, authorization: str | None = None) -> list[ModelCard]:
        """/api/tags, asked each time."""
        return cards_from_tags(
            await self._host.ask("GET", "/api/tags", None, self._host.goes_up(authorization))
        )

    async def ping(self) -> str:
        """The host's version. Raises UpstreamUnavailable, whatever is wrong with it."""
        limits = self._host.limits()
        try:
            native = await self._host.ask(
                "GET", "/api/version", None, self._host.goes_up(None), seconds=limits.connect_timeout
            )
        except ClawdError as error:
            raise UpstreamUnavailable(error.message) from None
        return str(native.get("version", ""))

    # ---- how ----------------------------------------------------------------------------------

    def _key(self, model: str, authorization: str | None) -> Key:
        return Key(full_name(model), self._host.goes_up(authorization), self._host.limits().url)

    @contextmanager
    def _calling(self, key: Key) -> Iterator[Pool]:
        """Counts the call, keeps its session open, and learns from its failure."""
        self.in_flight += 1
        try:
            with self._host.pool().call() as pool:
                yield pool
        except ModelNotFound:
            self._known.forget(key)
            raise
        except ClawdError:
            self._known.doubt(key)
            raise
        finally:
            self.in_flight -= 1

    def _patience(self, limits: Limits, key: Key) -> Patience:
        return Patience(limits, lambda: self._is_running(key))

    async def _begin(self, pool: Pool, path: str, payload: Json, key: Key) -> tuple[Answer, bytes]:
        """The answer and its first piece."""
        answer = await self._host.send(pool, "POST", path, payload, key.goes_up)
        try:
            await answer.check()
            return answer, await answer.piece()
        except BaseException:
            answer.close()
            raise

    async def _ask(self, method: str, path: str, payload: Json, key: Key, **more: float) -> Json:
        """About one model; forgets it where the host does not have it."""
        try:
            return await self._host.ask(method, path, payload, key.goes_up, **more)
        except ModelNotFound:
            self._known.forget(key)
            raise

    async def _show(self, model: str, key: Key) -> Json:
        ask = partial(self._ask, "POST", "/api/show", {"model": model}, key)
        return await self._flights.join(("show", model, key), ask)

    async def _is_running(self, key: Key) -> bool:
        """Whether /api/ps lists it now."""
        ask = partial(self._host.ask, "GET", "/api/ps", None, key.goes_up)
        listed = await self._flights.join(("ps", key.goes_up, key.url), ask)
        names = names_in(listed)
        for name in names:
            self._known.saw_loaded(key._replace(model=name))
        for name, tokens in rooms_in(listed).items():
            self._known.saw_room(key._replace(model=name), tokens)
        return key.model in names

    async def _load(self, model: str, key: Key) -> None:
        """An empty prompt only loads; a model that cannot talk is loaded by an empty embedding."""
        facts = await self.facts(model, authorization=key.goes_up)
        seconds = self._host.limits().load_timeout
        payload: Json = {"model": model}
        path = "/api/generate"
        if facts.can("embedding") and not facts.can("completion"):
            path, payload["input"] = "/api/embed", []
        try:
            await self._ask("POST", path, payload, key, seconds=seconds)
        except UpstreamTimeout:
            raise not_loaded(seconds) from None
        self._known.saw_loaded(key)


def _taken(split: Lines, watch: Watch, now: Callable[[], float], tap: Tap, piece: bytes) -> bool:
    """Whether the tap took all of this piece; the host is not silent then, though nobody woke."""
    lines = split.whole(piece)
    if lines is None or not tap(lines):
        return False
    watch.since = now()
    return True
