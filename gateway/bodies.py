"""Sampled request bodies: secrets redacted, images as size and hash, in files of their own (H-50)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import os
import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from clawdsite.core import redact
from clawdsite.core.config import live
from gateway.call import Call

log = logging.getLogger(__name__)

KEPT: Final = timedelta(days=30)
LOOK: Final = 6 * 3600.0  # seconds between two looks for what is past keeping, whether or not any is kept
LONGEST: Final = 256 * 1024  # bytes of one record; a longer body is kept as its size and hash
FULL: Final = 64 * 1024 * 1024  # bytes of one day's file; after that the day samples no more
WAITING: Final = 64  # bodies on their way to the disk; further ones are not kept
DATA_URL: Final = re.compile(
    r"data:(?P<kind>[\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,(?P<content>.*)", re.DOTALL
)
BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{1024,}={0,2}")

_writer: Final = ThreadPoolExecutor(1, "bodies")
_waiting: Final = threading.BoundedSemaphore(WAITING)


def chosen(rate: float, draw: Callable[[], float] = random.random) -> bool:
    """Whether this request is one of the share that is kept."""
    return rate > 0 and draw() < rate


def keep(call: Call) -> Future[None] | None:
    """Hand a sampled call's body to the disk; never waits. None where too many are on their way."""
    if call.body is None or not _waiting.acquire(blocking=False):
        return None
    pending = _writer.submit(_write, _folder(), call, datetime.now(UTC))
    pending.add_done_callback(lambda _: _waiting.release())
    return pending


def record(call: Call, at: datetime) -> dict[str, Any]:
    """One line of the file."""
    body = call.body or b""
    return {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": call.request_id,
        "caller": None if call.caller is None else call.caller.id,
        "path": call.path[:200],
        "bytes": len(body),
        "body": readable(body),
    }


def readable(body: bytes) -> Any:
    """A JSON body without secrets and pictures; anything else as its size and hash."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return digest(body)
    found = redact.tree(without_images(parsed))
    return found if len(json.dumps(found)) <= LONGEST else digest(body)


def without_images(value: Any) -> Any:
    """The same JSON, each picture (data URL or long base64) as kind, size and hash."""
    if isinstance(value, dict):
        return {name: without_images(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_images(inner) for inner in value]
    if not isinstance(value, str):
        return value
    url = DATA_URL.fullmatch(value.strip()) if value.lstrip().startswith("data:") else None
    if url is not None:
        return {"image": url["kind"], **digest(_decoded(url["content"]))}
    return {"base64": True, **digest(_decoded(value))} if BASE64.fullmatch(value) else value


def digest(content: bytes) -> dict[str, Any]:
    """What is left of bytes that are not kept."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_" if "-" in text or "_" in text else None)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "replace")


def _write(folder: Path, call: Call, at: datetime) -> None:
    line = json.dumps(record(call, at), separators=(",", ":")) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{at:%Y-%m-%d}.jsonl"
        if not path.exists():
            forget(folder, at)
        elif path.stat().st_size + len(line) > FULL:
            return
        with open(
            os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="ascii"
        ) as file:
            file.write(line)
    except OSError as error:
        log.warning("a sampled body was not kept: %s", error.strerror)


def _folder() -> Path:
    return Path(live.current().data_dir) / "bodies"


class Tidying:
    """Of a server: what is past keeping goes, also where nothing is sampled any more."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it runs already. On the event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.wrap_future(_writer.submit(_tidy))
            await asyncio.sleep(LOOK)


def _tidy() -> None:
    try:
        forget(_folder(), datetime.now(UTC))
    except OSError as error:
        log.warning("old sampled bodies were not deleted: %s", error.strerror)


tidying: Final = Tidying()


def forget(folder: Path, at: datetime) -> None:
    """Delete the files of days that are past keeping."""
    oldest = f"{at - KEPT:%Y-%m-%d}"
    for path in folder.glob("????-??-??.jsonl"):
        if path.stem < oldest:
            path.unlink(missing_ok=True)
