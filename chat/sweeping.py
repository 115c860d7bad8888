"""What time does to the chat: leases run out, deletions become final, old things are forgotten."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Final

from django.db import Error, close_old_connections
from django.utils import timezone

from chat.generation import log as generations
from chat.models import Image, Sent
from chat.services import granting, keeping

log = logging.getLogger(__name__)

EVERY: Final = 2.0  # seconds; an answer whose process died is `interrupted` within 10 (lease 8)
REMEMBERED: Final = timedelta(hours=24)  # how long the same id gets the same answer
UNUSED: Final = timedelta(hours=1)  # how long an upload waits for its message


class Sweeper:
    """A thread of each process; what it does is idempotent, so two at once do no harm."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin (once)."""
        if self._thread is None:
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._ended.set()
            self._thread.join(10)
            self._thread = None

    def _run(self) -> None:
        failing, since = False, timezone.now()
        while not self._ended.wait(EVERY):
            close_old_connections()
            try:
                now = timezone.now()
                sweep()
                granting.expired(since, now)
                failing, since = False, now
            except Exception as error:  # noqa: BLE001 - whatever it is, the next round comes
                if not failing:
                    expected = isinstance(error, Error)
                    level = logging.WARNING if expected else logging.ERROR
                    log.log(level, "the chat is not swept: %s", type(error).__name__)
                failing = True


def sweep() -> None:
    """One round. Where one part of it fails the others are done all the same; the first failure is raised."""
    failed: list[Exception] = []
    for part in (generations.sweep, keeping.purge, _forget):
        try:
            part()
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
    if failed:
        raise failed[0]


def _forget() -> None:
    now = timezone.now()
    Sent.objects.filter(at__lt=now - REMEMBERED).delete()
    Image.objects.filter(conversation=None, created__lt=now - UNUSED).delete()


sweeper: Final = Sweeper()
