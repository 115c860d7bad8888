"""A title for a new conversation, asked of the model once its first answer has ended.

It comes last: it waits until nobody stands in the line for the model, gives up after a while, and fails
without a word. A title that a person gave is never replaced.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from contextlib import aclosing
from functools import partial
from typing import Final

from django.db import transaction

from accounts.threads import on_connection
from accounts.tokens.revocation import revocations
from chat import telling
from chat.generation.pieces import storable
from chat.generation.runner import Job
from chat.generation.running import Running
from chat.models import Conversation, Message
from chat.search import index
from chat.search.tokens import is_chinese
from chat.spending import OF_OURS
from clawdsite.core.config.live import current
from clawdsite.core.errors import ClawdError
from clawdsite.core.lifecycle import lifecycle
from clawdsite.core.paths import CHAT
from gateway import accesslog, services
from gateway.admission.queue import line
from gateway.call import Call
from gateway.types import ChatRequest, Text
from gateway.types import Message as Said

log = logging.getLogger(__name__)

LONGEST: Final = 60  # characters of a title
READ: Final = 2000  # characters of the question, and of the answer, that the model is shown
TOKENS: Final = 64  # of the model's reply
LOOK: Final = 0.5  # seconds between two looks at the line
PATIENCE: Final = 300.0  # seconds until it is given up

ENGLISH: Final = (
    "Write a title of at most eight words for the conversation below, in its language. "
    "Reply with the title alone: no quotes, no full stop."
)
CHINESE: Final = "为下面的对话写一个标题，不超过十五个字，用对话的语言。只回复标题本身，不要引号，不要句号。"
_ENDS: Final = " \t\"'`*#_“”‘’「」『』《》.。:："
_LABEL: Final = re.compile(r"^(?:title|标题)\s*[:：]\s*", re.IGNORECASE)
_THOUGHT: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)

_tasks: set[asyncio.Task[None]] = set()


def follow(running: Running, job: Job) -> None:
    """Once this answer ends, its conversation gets a title if it is the first one. Returns at once."""
    if current().chat.titles and not lifecycle.draining:
        task = asyncio.get_running_loop().create_task(_follow(running, job))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def close() -> None:
    """The process ends: titles that are not there yet are left out."""
    for task in list(_tasks):
        task.cancel()
    await asyncio.gather(*_tasks, return_exceptions=True)


async def _follow(running: Running, job: Job) -> None:
    end = await running.over()
    if job.conversation is None or end.state != "complete":
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await _give(job.conversation, job)
    except TimeoutError:
        log.debug("no title: the line was never empty")
    except ClawdError as error:
        log.debug("no title: %s", error.code)
    except Exception as error:  # noqa: BLE001 - a title is never worth an error
        log.warning("no title: %s", type(error).__name__)


async def _give(conversation: uuid.UUID, job: Job) -> None:
    while line().waiting or line().running >= current().upstream.max_connections:  # noqa: ASYNC110 - polled
        await asyncio.sleep(LOOK)
    found = await on_connection(partial(_untitled, conversation))
    if found is None or lifecycle.draining or revocations.refuses(job.caller) is not None:
        return
    before, question, answer = found
    title = clean(await _asked(job, question, answer))
    if title:
        stored = await on_connection(partial(_store, conversation, before, title))
        if stored is not None:
            telling.titled(conversation, title, *stored)


async def _asked(job: Job, question: str, answer: str) -> str:
    """The model's words. Counts as tokens of the caller's, not as a request of theirs."""
    told = CHINESE if is_chinese(question) else ENGLISH
    text = f"{told}\n\n---\n{question[:READ]}\n---\n{answer[:READ]}"
    model = job.request.model
    request = ChatRequest(model=model, messages=(Said("user", text),), think=False, max_tokens=TOKENS)
    call = Call(job.request_id, method="CHAT", path=CHAT, route=OF_OURS, status=200, caller=job.caller)
    parts: list[str] = []
    try:
        async with aclosing(services.complete(job.caller, [request], call)) as batches:
            async for batch in batches:
                parts += [event.text for event in batch.events if isinstance(event, Text)]
    except ClawdError as error:
        call.outcome, call.error_code = error.outcome, error.code
        raise
    finally:
        await call.close()
        accesslog.finish(call)
    return "".join(parts)


def clean(reply: str) -> str:
    """The first line that says something, without what models put around a title; "": there is none."""
    for one in _THOUGHT.sub("", storable(reply)).splitlines():
        title = _LABEL.sub("", " ".join(one.replace("\ufffd", "").split()).strip(_ENDS)).strip(_ENDS)
        if title:
            return title if len(title) <= LONGEST else title[: LONGEST - 1].rstrip() + "…"
    return ""


def _untitled(conversation: uuid.UUID) -> tuple[str, str, str] | None:
    """(its title now, first question, first answer), if the model is to find a title for it."""
    where = Conversation.objects.filter(id=conversation, titled_by_person=False, deleted=None).first()
    if where is None:
        return None
    answers = where.messages.filter(role=Message.Role.ASSISTANT, state="complete").select_related("parent")
    found = list(answers.order_by("id")[:2])
    if len(found) != 1 or found[0].parent is None:
        return None
    return where.title, found[0].parent.text, found[0].text


def _store(conversation: uuid.UUID, before: str, title: str) -> tuple[str, str | None] | None:
    """-> (its owner, its team); None: somebody gave it a title meanwhile, or it is gone."""
    with transaction.atomic():
        untouched = Conversation.objects.filter(id=conversation, titled_by_person=False, deleted=None)
        if not untouched.filter(title=before).update(title=title):
            return None
        where = Conversation.objects.select_related("team").get(id=conversation)
        index.keep_title(where)
    return str(where.owner_id), where.team.slug if where.team is not None else None
