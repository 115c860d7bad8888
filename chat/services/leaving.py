"""An answer ends with its asker's right to go on, whoever else watches it (M7).

That right ends with the person's own, which is heard of, or because their conversation goes elsewhere or is
deleted: heard of too, where whoever did that has a way to tell this process; else seen by a look at times.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db import Error

from accounts import selectors
from accounts.caller import Caller
from accounts.permissions import require
from accounts.threads import on_connection
from accounts.tokens.revocation import revocations
from accounts.tokens.watch import FEWER
from chat import access
from chat.generation.runner import Job, current_runner
from chat.generation.running import Running
from chat.hub import hub
from chat.models import Conversation
from clawdsite.core.errors import ClawdError, Unavailable

EVERY: Final = 2.0  # seconds between two looks where the conversations are

_tasks: set[asyncio.Task[None]] = set()


@dataclass(eq=False, slots=True)
class Followed:
    """An answer that runs here. where: its conversation, of this team as far as is known; None: the API's."""

    running: Running
    caller: Caller
    where: uuid.UUID | None
    team: int | None


class Following:
    """All that run here, and one task that looks where their conversations are."""

    def __init__(self) -> None:
        self.answers: set[Followed] = set()
        self._looks: asyncio.Task[None] | None = None

    def add(self, one: Followed) -> None:
        self.answers.add(one)
        looks, loop = self._looks, asyncio.get_running_loop()
        if one.where is not None and (looks is None or looks.done() or looks.get_loop() is not loop):
            self._looks = _spawn(self._look_around())

    async def _look_around(self) -> None:
        while [one for one in self.answers if one.where is not None]:
            await asyncio.sleep(EVERY)
            await moved([one for one in self.answers if one.where is not None])


following: Final = Following()


def follow(running: Running, job: Job, team: int | None = None) -> None:
    """Look again whenever the asker's rights became fewer, or the conversation is another team's than `team`,
    until the answer is over. Returns at once.

    That the asker is gone altogether the runner hears itself.
    """
    _spawn(_follow(Followed(running, job.caller, job.conversation, team)))


def doubt(conversation: uuid.UUID) -> None:
    """It was moved: whoever asks there may have lost it. Returns at once."""
    for one in [one for one in following.answers if one.where == conversation]:
        _spawn(_look(one))


async def _follow(one: Followed) -> None:
    def hear(what: str) -> None:
        if what == FEWER:
            _spawn(_look(one))

    following.add(one)
    unwatch = revocations.watch(one.caller, hear)
    try:
        await one.running.over()
    finally:
        unwatch()
        following.answers.discard(one)
    if one.where is not None and one.running.state == "stopped":  # perhaps since it was deleted elsewhere
        await moved([one])


async def moved(answers: Iterable[Followed]) -> None:
    """Those whose conversation is not where it was end, if their askers lost it; who watches is looked at."""
    answers = list(answers)
    try:
        teams = await on_connection(partial(_teams, {one.where for one in answers}))
    except (Unavailable, Error):
        return  # it cannot be told: what runs goes on
    for one in answers:
        if one.where is not None and teams.get(one.where, one) != one.team:
            if one.where in teams:
                one.team = teams[one.where]
            hub.doubt(one.where)
            await _look(one)


async def _look(one: Followed) -> None:
    try:
        await on_connection(partial(_may, one.caller, one.where))
    except (Unavailable, Error):
        return
    except ClawdError:
        current_runner().stop(one.running.generation)


def _may(caller: Caller, where: uuid.UUID | None) -> None:
    now = selectors.as_of_now(caller)
    if where is None:
        require(now, "model.ask")
    else:
        access.get(now, "conversation.continue", where)


def _teams(conversations: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, int | None]:
    found = Conversation.objects.filter(id__in=list(conversations), deleted=None)
    return dict(found.values_list("id", "team"))


def _spawn(act: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.ensure_future(act)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task
