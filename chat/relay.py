"""Where redis_url is set, what one process tells its sockets reaches the sockets of all.

Through Redis go ids, kinds and frames without a word of a conversation; titles are read where they are shown.
Nothing is kept there: who missed something looks into the database when the connection is back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from functools import partial
from typing import Any, Final

from django.db import Error
from redis.exceptions import RedisError

from accounts.threads import in_thread
from chat import frames, telling
from chat.generation.engines.connecting import CHANNEL, Connections
from chat.generation.runner import current_runner
from chat.hub import hub, nobody
from chat.models import Generation
from chat.services import leaving

log = logging.getLogger(__name__)

QUIET: Final = 5.0  # seconds of silence after which the connection is tried
AGAIN: Final = 1.0  # seconds between two tries to connect
MOST_WAITING: Final = 1000  # messages for a Redis that is away; what comes then is dropped
MOST_OPEN: Final = 5000  # conversations looked at after the connection was away


class Relay:
    """Lives on the event loop, from the first request to the last."""

    def __init__(self, url: str) -> None:
        self.connections = Connections(url)
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = self._deaf = False

    def start(self) -> None:
        hub.elsewhere = self.say
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._speak()), loop.create_task(self._listen())]

    async def stop(self) -> None:
        self._ended = True
        hub.elsewhere = nobody
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=2)

    def say(self, what: str, **facts: Any) -> None:
        """Tell the other processes; returns at once."""
        try:
            self._waiting.put_nowait(self.connections.said(what, **facts))
        except asyncio.QueueFull:
            log.warning("Redis is away: other processes were not told of something")

    async def _speak(self) -> None:
        client = self.connections.client()
        try:
            while not self._ended:
                await self._tell(client, await self._waiting.get())
        finally:
            await client.aclose()

    async def _tell(self, client: Any, said: str) -> None:
        """Late is better than never: who lost a conversation may still be looking at it."""
        while not self._ended:
            try:
                await client.publish(CHANNEL, said)
            except RedisError as error:
                log.info("other processes cannot be told of something now: %s", type(error).__name__)
                await asyncio.sleep(AGAIN)
            else:
                return

    async def _listen(self) -> None:
        while not self._ended:
            try:
                await self._listen_once()
            except Exception as error:  # noqa: BLE001 - whatever it is, who hears nothing sees what they lost
                if not self._deaf:
                    expected = isinstance(error, RedisError | Error)
                    level = logging.WARNING if expected else logging.ERROR
                    log.log(level, "other processes are not heard: %s", type(error).__name__)
                self._deaf = True
                await asyncio.sleep(AGAIN)

    async def _listen_once(self) -> None:
        client = self.connections.client(2 * QUIET)
        try:
            async with client.pubsub() as heard:
                await heard.subscribe(CHANNEL)
                await catch_up()
                self._deaf = False
                asked = False
                while not self._ended:
                    message = await heard.get_message(timeout=QUIET)
                    if message is None and asked:
                        raise RedisError("silence")
                    asked = message is None
                    if message is None:
                        await heard.ping()
                    elif message["type"] == "message":
                        await self._hear(message["data"])
        finally:
            await client.aclose()

    async def _hear(self, said: str) -> None:
        try:
            facts = json.loads(said)
            if facts.pop("from") != self.connections.process:
                await act(facts.pop("what"), facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # another version's
            log.info("what another process said was not understood: %s", type(error).__name__)
        except Error as error:
            log.warning("what another process said was not shown: %s", type(error).__name__)


async def act(what: str, facts: dict[str, Any]) -> None:
    """What another process said, for the sockets of this one."""
    if what == "stop":
        current_runner().stop(uuid.UUID(facts["g"]))
        return
    if what == "shelved":
        hub.tell_person(facts["person"], facts["frame"])
        return
    conversation, person, team = uuid.UUID(facts["c"]), facts.get("person"), facts.get("team")
    if what == "deleted":
        telling.gone(conversation, person, team, [uuid.UUID(one) for one in facts["g"]])
        return
    if what == "moved":
        leaving.doubt(conversation)
    anybody = hub.of_team(facts.get("was", team))
    if conversation not in hub.by_conversation and person not in hub.by_person and not anybody:
        return
    if what == "told":
        hub.tell(conversation, facts["frame"], besides=person, team=team)
    elif what == "began":
        hub.tell(conversation, facts["frame"])
        hub.began(conversation, uuid.UUID(facts["g"]))
    elif what in ("updated", "titled"):
        await _show_facts(what, conversation, person)
    elif what == "moved":
        hub.doubt(conversation, facts.get("was"))


async def _show_facts(what: str, conversation: uuid.UUID, person: str | None) -> None:
    """Titles are read here: they are words of the conversation. So is whose it is by now."""
    facts, owner = await in_thread(partial(telling.facts_and_owner, str(conversation)))
    if facts is None:
        return
    if facts["team"] is None:  # by now: who asked in it when it was a team's is told no title
        person = owner
    if what == "titled":
        told = frames.frame("title", c=conversation, title=facts["title"])
    else:
        told = frames.whole("conv.updated", **facts)
    hub.tell(conversation, told, besides=person, team=facts["team"])


async def catch_up() -> None:
    """What began in the open conversations while others were not heard; and who lost one sees it no more."""
    hub.overlook()
    opened = list(hub.by_conversation)[:MOST_OPEN]
    if not opened:
        return
    for conversation, generation in await in_thread(partial(_running_in, opened)):
        hub.began(conversation, generation)


def _running_in(conversations: list[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    found = Generation.objects.filter(conversation__in=conversations, state__in=Generation.RUNNING)
    return list(found.values_list("conversation", "id"))
