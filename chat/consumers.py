"""The socket /ws/chat (clawd.v1): each frame checks its own right; streams live in tasks of their own."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.tokens.revocation import revocations
from chat import acts, frames
from chat.doorway import NotLetIn, Visitor, let_in
from chat.frames import BadFrame, Hello
from chat.generation.watching import watch
from chat.hub import hub
from chat.services import making
from chat.words import Refused
from clawdsite.core.errors import ClawdError

HELLO_WITHIN: Final = 5.0  # seconds
WRITE: Final = 60.0  # seconds a client may read nothing
WARNING: Final = 60.0  # seconds before the session's end that it is announced
RATE, BURST = 20.0, 60.0  # frames a second, and how many may come at once
SOCKETS: Final = 20  # of one person


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket of one person."""

    visitor: Visitor | None = None
    greeted = False
    closing = False

    def __init__(self) -> None:
        super().__init__()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.watched: dict[uuid.UUID, asyncio.Task[Any]] = {}
        self.open: set[uuid.UUID] = set()
        self.leave: list[Callable[[], None]] = []
        self.budget, self.counted = BURST, time.monotonic()
        self.sending = asyncio.Lock()
        self.ref = "ws_" + uuid.uuid4().hex

    # ---- coming and going ---------------------------------------------------------------------------

    async def connect(self) -> None:
        wanted = self.scope.get("subprotocols", [])
        await self.accept(frames.PROTOCOL if frames.PROTOCOL in wanted else None)
        try:
            self.visitor = await sync_to_async(let_in)(self.scope["headers"])
        except NotLetIn as refusal:
            await self.end(refusal.close, "AUTH_INVALID_TOKEN" if refusal.close == 4401 else "forbidden")
            return
        except ClawdError as error:
            await self.end(1013, error.code)
            return
        person = self.visitor.caller.id
        self.leave.append(lambda: hub.leave(person, self))
        if hub.enter(person, self) > SOCKETS:
            await self.end(frames.TOO_MANY, "rate_limit_exceeded")
            return
        self.leave.append(revocations.watch(self.visitor.caller, lambda what: self.spawn(self.heard(what))))
        self.spawn(self.wait_for_hello())
        self.spawn(self.until_the_end())

    async def disconnect(self, code: int) -> None:
        """Watching ends; what is being written goes on for chat.linger."""
        self.closing = True
        while self.leave:
            self.leave.pop()()
        for task in [*self.tasks, *self.watched.values()]:
            if task is not asyncio.current_task():
                task.cancel()

    async def end(self, close: int, code: str | None) -> None:
        """The last words, then the close."""
        if self.closing:
            return
        self.closing = True
        await self.say(frames.error(code, ref=self.ref))
        wait = 1000 if close in (frames.CLOSED, 1013) else None
        await self.say(frames.frame("bye", code=close, reconnect_after_ms=wait))
        await self.close(close)

    # ---- what comes in -------------------------------------------------------------------------------

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        text = message.get("text")
        if self.closing or self.visitor is None:
            return
        if not self.within_rate():
            await self.end(frames.TOO_FAST, "rate_limit_exceeded")
            return
        try:
            if text is None:
                raise BadFrame("Frames are text.")
            said = frames.from_frame(text)
            if said is None:
                return
            if not self.greeted and not isinstance(said, Hello):
                raise BadFrame("The first frame is hello.")
            await acts.carry_out(self, said)
        except BadFrame as bad:
            await self.end(bad.close, "bad_request")
        except Refused as refused:
            args = {"param": refused.param} if refused.param else None
            await self.say(frames.error(refused.code, sent_id=refused.sent_id, args=args, ref=self.ref))
        except ClawdError as error:
            await self.say(_shown(error, _id_in(text), self.ref))

    def within_rate(self) -> bool:
        now = time.monotonic()
        self.budget = min(BURST, self.budget + (now - self.counted) * RATE) - 1
        self.counted = now
        return self.budget >= 0

    # ---- what goes out -------------------------------------------------------------------------------

    async def say(self, frame: str) -> None:
        """Send one frame; a client that reads nothing for a minute is given up."""
        try:
            async with self.sending, asyncio.timeout(WRITE):
                await self.send(text_data=frame)
        except TimeoutError:
            self.closing = True
            await self.close(1013)
        except RuntimeError:  # the other side has gone
            self.closing = True

    def told(self, frame: str) -> None:
        self.spawn(self.say(frame))

    def began(self, conversation: uuid.UUID, generation: uuid.UUID) -> None:
        self.follow(generation, conversation, 0)

    def follow(self, generation: uuid.UUID, conversation: uuid.UUID | None, after: int) -> None:
        """Show an answer from number `after` on; once at a time."""
        running = self.watched.get(generation)
        if running is None or running.done():
            self.watched[generation] = self.spawn(self.show(generation, conversation, after))

    async def show(self, generation: uuid.UUID, conversation: uuid.UUID | None, after: int) -> None:
        try:
            async with aclosing(watch(generation, after)) as seen:
                async for found in seen:
                    for one in found:
                        await self.say(making.frame_of(generation, one))
        except LookupError:
            await self.say(frames.error("not_found", generation=str(generation), ref=self.ref))
        finally:
            self.watched.pop(generation, None)

    # ---- the life of the session -----------------------------------------------------------------------

    async def wait_for_hello(self) -> None:
        await asyncio.sleep(HELLO_WITHIN)
        if not self.greeted:
            await self.end(frames.NO_HELLO, "bad_request")

    async def until_the_end(self) -> None:
        """Announce the session's end 60 s ahead, look whether it was extended, and close at its end."""
        told = 0.0
        while self.visitor is not None:
            left = self.visitor.ends - time.time()
            if left <= 0:
                await self.end(frames.NO_IDENTITY, "AUTH_INVALID_TOKEN")
                return
            if left <= WARNING and told != self.visitor.ends:
                told = self.visitor.ends
                await self.say(frames.frame("auth.expiring", exp=int(told)))
            await asyncio.sleep(min(left, 5.0) if left <= WARNING else left - WARNING)
            await self.look_again()

    async def heard(self, what: str) -> None:
        """Something was revoked: look who this is now."""
        await self.look_again(ended=what.startswith("ended"))

    async def look_again(self, *, ended: bool = False) -> None:
        """The visitor as of now; what they may not read any more is shown no more."""
        try:
            self.visitor = await sync_to_async(let_in)(self.scope["headers"])
        except NotLetIn as refusal:
            await self.end(refusal.close, "AUTH_INVALID_TOKEN")
        except ClawdError:  # the database is away: the last state holds
            return
        else:
            await acts.drop_what_is_hidden(self)

    def spawn(self, act: Awaitable[Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(act)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


def _shown(error: ClawdError, sent_id: str | None, ref: str) -> str:
    args = {"param": error.param} if error.param else {}
    if error.code == "busy":
        args["who"] = error.details or ""
    wait = None if error.retry_after is None else int(error.retry_after * 1000)
    retry = error.status >= 500 or error.status == 429
    return frames.error(error.code, sent_id=sent_id, args=args, retry=retry, retry_after_ms=wait, ref=ref)


def _id_in(text: str | None) -> str | None:
    """The client's id of a frame that was read well, for the error that answers it."""
    found = json.loads(text or "{}").get("id")
    return found if isinstance(found, str) else None
