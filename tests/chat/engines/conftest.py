"""The engines of the log, for one suite: `engine` is each of them in turn, in force and empty."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.generation import log
from chat.generation.engines.base import Engine
from chat.generation.engines.database import DatabaseLog
from chat.generation.engines.redis import RedisLog
from chat.generation.pieces import Kind, Piece
from chat.models import Conversation, Generation, Message
from tests.redis_server import RedisServer, redis

__all__ = ["redis"]


@pytest.fixture
def redis_log(
    redis: RedisServer, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RedisLog]:
    engine = RedisLog(redis.url)
    monkeypatch.setattr(log, "_engine", engine)
    yield engine
    engine.connections.blocking.close()


@pytest.fixture(params=["database", "redis"])
def engine(request: pytest.FixtureRequest, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Engine:
    if request.param == "redis":
        found: Engine = request.getfixturevalue("redis_log")
        return found
    monkeypatch.setattr(log, "_engine", DatabaseLog())
    return log.engine()


def begun(worker: str = "here", *, lives: float = 60) -> uuid.UUID:
    """An answer that `worker` is to write, in a conversation of its own."""
    owner, _ = User.objects.get_or_create(username="alice")
    where = Conversation.objects.create(owner=owner, title="t", updated=timezone.now())
    answer = Message.objects.create(
        conversation=where, role=Message.Role.ASSISTANT, asker=owner, state="queued"
    )
    row = Generation.objects.create(
        conversation=where,
        message=answer,
        caller=str(owner.pk),
        asker=owner,
        worker=worker,
        lease=timezone.now() + timedelta(seconds=lives),
    )
    return row.id


def pieces(*texts: str, first: int = 1, kind: Kind = "text") -> list[Piece]:
    return [Piece(first + place, kind, text) for place, text in enumerate(texts)]


def texts(found: Sequence[Piece]) -> list[str]:
    return [piece.text for piece in found]


def stored(generation: uuid.UUID) -> Message:
    """The answer's message, as it is now."""
    return Message.objects.get(generations=generation)
