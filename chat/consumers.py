"""The socket /ws/chat (clawd.v1): each frame checks its own right; streams live in tasks of their own."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error, InterfaceError, OperationalError

from accounts.threads import in_thread
from accounts.tokens.revocation import revocations
from chat import acts, frames
from chat.doorway import NotLetIn, Visitor, let_in
from chat.failing import known, shown
from chat.frames import BadFrame, Hello
from chat.generation.running import Push
from chat.generation.watching import watch
from chat.hub import hub
from chat.places import tell_place
from chat.prompts import NOWHERE
from chat.services import making
from chat.sight import mind_sight
from chat.words import Refused
from clawdsite.core.errors import ClawdError

MOST_TASKS: Final = 300  # frames of others that wait for one client to read, before it is given up


@dataclass(frozen=True, slots=True)
class Bounds:
    """hello: seconds until the first frame. warning: seconds before its end that a session is announced to
    end; it is looked at again every `look` seconds then. rate, burst: frames a second, and how many may come
    at once. sockets: of one person. stale: seconds that rights are believed without another look; again:
    until one is tried again that the database did not answer.
    """

    hello: float = 5.0
    warning: float = 60.0
    look: float = 5.0
    rate: float = 20.0
    burst: float = 60.0
    sockets: int = 20
    stale: float = 5.0
    again: float = 1.0


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket of one person. Nothing is sent to a client that was told that it is over."""

    visitor: Visitor | None = None
    place = NOWHERE  # as hello says
    person = ""
    greeted = False
    told_ready = False  # only then is anything else said
    closing = False
    seen_at = 0.0  # when the visitor was last looked at
    warned = 0.0  # the session's end that was announced
    timer: asyncio.TimerHandle | None = None
    write: Push  # the server's own way for frames that can go at once

    def __init__(self, bounds: Bounds | None = None) -> None:
        super().__init__()
        self.bounds = bounds or Bounds()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.watched: dict[uuid.UUID, asyncio.Task[Any]] = {}
        self.noticed: set[int] = set()
        self.open: dict[uuid.UUID, None] = {}  # in the order they were opened
        self.leave: list[Callable[[], None]] = []
        self.budget, self.counted = self.bounds.burst, time.monotonic()
        self.ref = "ws_" + uuid.uuid4().hex

    # ---- coming and going ---------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Whatever ends it, it is forgotten everywhere. (Channels' own way has a thread hop for each frame,
        and forgets to leave where something goes wrong.)"""
        self.scope, self.base_send, self.channel_layer = scope, send, None
        self.write = scope.get("clawdbot.write", unable)
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            self.forget()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """The server's three events; a frame of the client's never names one."""
        match message["type"]:
            case "websocket.receive":
                await self.heard_frame(message.get("text"))
            case "websocket.connect":
                await self.connect()
            case "websocket.disconnect":
                raise StopConsumer

    async def connect(self) -> None:
        wanted = self.scope.get("subprotocols", [])
        await self.accept(frames.PROTOCOL if frames.PROTOCOL in wanted else None)
        try:
            self.visitor = await in_thread(lambda: let_in(self.scope["headers"]))
        except NotLetIn as refusal:
            await self.turn_away(refusal)
            return
        except (ClawdError, Error):
            await self.end(frames.AGAIN, "auth_unavailable")
            return
        self.person, self.seen_at = self.visitor.caller.id, time.monotonic()
        self.leave.append(lambda: hub.leave(self.person, self, self.open))
        if hub.enter(self.person, self) > self.bounds.sockets:
            await self.end(frames.TOO_MANY, "rate_limit_exceeded")
            return
        self.leave.append(revocations.watch(self.visitor.caller, self.hear))
        self.after(self.bounds.hello, self.wait_no_longer)

    def forget(self) -> None:
        """Watching ends; what is being written goes on for chat.linger."""
        self.closing = True
        if self.timer is not None:
            self.timer.cancel()
        while self.leave:
            self.leave.pop()()
        for task in [*self.tasks, *self.watched.values()]:
            task.cancel()

    async def turn_away(self, refusal: NotLetIn) -> None:
        code = "AUTH_INVALID_TOKEN" if refusal.close == frames.NO_IDENTITY else "forbidden"
        await self.end(refusal.close, code)

    async def end(self, close: int, code: str | None = None) -> None:
        """The last words, then the close. Nothing that was on its way goes out between them."""
        if self.closing:
            return
        self.closing = True
        for task in self.watched.values():
            if task is not asyncio.current_task():
                task.cancel()
        wait = frames.COME_BACK.get(close)
        if code is not None:
            retry = wait is not None
            await self.put(frames.error(code, retry=retry, retry_after_ms=wait, ref=self.ref))
        await self.put(frames.frame("bye", code=close, reconnect_after_ms=wait))
        await self.put(None, close)

    def farewell(self, *, now: bool) -> None:
        """The server goes: once no answer is being shown here, or at once."""
        self.spawn(self.end(frames.RESTART) if now else self.end_when_quiet())

    async def end_when_quiet(self) -> None:
        while (shown := [task for task in self.watched.values() if not task.done()]) and not self.closing:
            await asyncio.wait(shown)
        await self.end(frames.RESTART)

    # ---- what comes in -------------------------------------------------------------------------------

    async def heard_frame(self, text: str | None) -> None:
        if self.closing or self.visitor is None:
            return
        if not self.within_rate():
            await self.end(frames.TOO_FAST, "rate_limit_exceeded")
            return
        said = None
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
        except Exception as error:  # noqa: BLE001 - this frame fails, the socket stays
            await self.say(shown(known(error, self.ref), said, self.ref))

    def within_rate(self) -> bool:
        now = time.monotonic()
        grown = self.budget + (now - self.counted) * self.bounds.rate
        self.budget, self.counted = min(self.bounds.burst, grown) - 1, now
        return self.budget >= 0

    # ---- what goes out -------------------------------------------------------------------------------

    async def say(self, frame: str) -> None:
        """Send one frame, unless the last word was said."""
        if not self.closing:
            await self.put(frame)

    def push(self, several: Sequence[str]) -> bool:
        """Send frames at once; False: the client has not read yet what was sent before."""
        return not self.closing and self.write(several)

    async def put(self, frame: str | None, close: int = 0) -> None:
        """A frame, or the close. Waits while the client reads nothing; clawdsite.serve gives it up then."""
        try:
            if frame is None:
                await self.base_send({"type": "websocket.close", "code": close})
            else:
                await self.base_send({"type": "websocket.send", "text": frame})
        except (OSError, RuntimeError):  # the other side has gone
            self.closing = True

    def told(self, frame: str) -> None:
        if len(self.tasks) > MOST_TASKS:
            self.forget()  # it reads nothing; the write deadline closes it
        elif self.told_ready and not self.closing:
            self.spawn(self.say(frame))

    def began(self, conversation: uuid.UUID, generation: uuid.UUID) -> None:
        self.follow(generation, 0)

    def follow(self, generation: uuid.UUID, after: int, *, anew: bool = False) -> None:
        """Show an answer from number `after` on. anew: also where it is being shown already."""
        task = self.watched.get(generation)
        if task is not None and not task.done():
            if not anew:
                return
            task.cancel()
        if not self.closing:
            self.watched[generation] = asyncio.ensure_future(self.show(generation, after))

    async def show(self, generation: uuid.UUID, after: int) -> None:
        beside = [asyncio.ensure_future(act(self, generation)) for act in (tell_place, mind_sight)]
        try:
            async with aclosing(watch(generation, after, self.push)) as seen:
                async for found in seen:
                    for one in found:
                        await self.say(making.frame_of(generation, one))
        except LookupError:
            self.unwatch(generation)
            await self.surely(lambda: acts.drop_what_is_hidden(self, self.open))  # why there is none
            await self.say(frames.error("not_found", generation=str(generation), ref=self.ref))
        except Error:
            await self.end(frames.AGAIN, "unavailable")
        finally:
            for task in beside:
                task.cancel()
            self.unwatch(generation)

    def unwatch(self, generation: uuid.UUID) -> None:
        """By the task that showed it."""
        if self.watched.get(generation) is asyncio.current_task():
            del self.watched[generation]

    def enter(self, conversation: uuid.UUID) -> None:
        """Hear of what happens in a conversation."""
        if not self.closing:
            self.open[conversation] = None
            hub.open(conversation, self)

    def shut(self, conversation: uuid.UUID) -> None:
        """Hear of it no more."""
        self.open.pop(conversation, None)
        hub.shut(conversation, self)

    # ---- the life of the session -----------------------------------------------------------------------

    async def wait_no_longer(self) -> None:
        if not self.greeted:
            await self.end(frames.NO_HELLO, "bad_request")

    async def mind_the_end(self) -> None:
        """Announce the session's end ahead, close at it, and come back when there is more to say."""
        if self.visitor is None or self.closing:
            return
        left = self.visitor.ends - time.time()
        if left <= 0:
            await self.end(frames.NO_IDENTITY, "AUTH_INVALID_TOKEN")
            return
        ahead = self.bounds.warning
        if left <= ahead and self.warned != self.visitor.ends:
            self.warned = self.visitor.ends
            await self.say(frames.frame("auth.expiring", exp=int(self.warned)))
        self.after(min(left, self.bounds.look) if left <= ahead else left - ahead, self.look_again)

    async def look_again(self) -> None:
        """Was it extended?"""
        await self.refresh()
        await self.mind_the_end()

    @property
    def teams(self) -> frozenset[str]:
        """Whose lists this page shows."""
        return frozenset(self.visitor.caller.teams) if self.visitor is not None else frozenset()

    def hear(self, what: str) -> None:
        """Something was revoked."""
        self.spawn(self.heard(ended=what.startswith("ended")))

    async def heard(self, *, ended: bool) -> None:
        """Look who this is now, and what they may still read."""
        await self.refresh(ended=ended)
        await self.surely(lambda: acts.drop_what_is_hidden(self, self.open))
        if self.told_ready and not self.closing:
            await acts.tell_news(self)

    async def refresh(self, *, ended: bool = False) -> None:
        """The visitor as of now. While the database is away the last state holds, unless it is known to be
        over."""
        if self.closing:
            return
        before = self.visitor
        try:
            self.visitor = await in_thread(lambda: let_in(self.scope["headers"], self.person))
            self.seen_at = time.monotonic()
        except NotLetIn as refusal:
            await self.turn_away(refusal)
        except (ClawdError, Error):
            if ended:
                await self.end(frames.NO_IDENTITY, "AUTH_INVALID_TOKEN")
        else:
            if before is not None and before.caller.id != self.visitor.caller.id:  # another person's session
                await self.end(frames.NO_IDENTITY, "AUTH_INVALID_TOKEN")

    async def up_to_date(self) -> None:
        """Rights as of now, for a frame that needs some: at most `stale` seconds old."""
        if time.monotonic() - self.seen_at > self.bounds.stale:
            await self.refresh()

    def doubt(self, conversation: uuid.UUID) -> None:
        self.spawn(self.surely(lambda: acts.doubt(self, conversation)))

    def overlook(self) -> None:
        if self.open or self.watched:
            self.spawn(self.surely(lambda: acts.drop_what_is_hidden(self, self.open)))

    def hush(self, answers: Collection[uuid.UUID]) -> None:
        for one in answers:
            if one in self.watched:
                self.watched[one].cancel()

    async def surely(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """As soon as the database answers: what a person lost may not stay to be seen because it did not."""
        while not self.closing:
            try:
                await act()
            except (OperationalError, InterfaceError):
                await asyncio.sleep(self.bounds.again)
            else:
                return

    # ---- tasks and time ----------------------------------------------------------------------------------

    def after(self, seconds: float, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The one timer of this socket."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.closing:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(max(seconds, 0), lambda: self.spawn(act()))

    def spawn(self, act: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(act)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def unable(several: Sequence[str]) -> bool:
    """Where the server has no such way."""
    return False
