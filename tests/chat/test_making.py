"""The time between a stored question and its answer's task."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from accounts.models import User
from accounts.selectors import caller_for
from chat.generation import log
from chat.models import Generation
from chat.services import asking, making
from chat.words import Ask, Options
from clawdsite.core.errors import UpstreamTimeout


@pytest.mark.django_db(transaction=True)
def test_an_answer_whose_model_is_asked_about_for_long_is_not_taken_for_a_dead_processs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = caller_for(User.objects.create_user("alice"))
    acked = asking.say(
        alice, Ask(str(uuid.uuid4()), None, None, "hello"), worker=making.current_runner().worker
    )
    rows = Generation.objects.filter(id=acked.generation)
    rows.update(lease=timezone.now())
    swept: list[Any] = []

    async def slow(*_: Any, **__: Any) -> None:
        for _ in range(200):  # until it has said that it lives
            await asyncio.sleep(0.01)
            if (await rows.aget()).lease > timezone.now():
                break
        swept.extend(await asyncio.to_thread(log.sweep))
        raise UpstreamTimeout("The model's host did not answer.")

    monkeypatch.setattr(making.services, "facts_of", slow)
    with pytest.raises(UpstreamTimeout):
        async_to_sync(making.start)(alice, acked, Options(), "req_1")
    assert swept == []
    assert (rows.get().state, rows.get().error) == ("failed", "upstream_timeout")
