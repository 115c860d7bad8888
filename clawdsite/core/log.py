"""The log: one record a line, JSON for machines or text for a console, redacted before it is written (S36).

Fields of a JSON line: time (UTC, milliseconds), level, logger, message, request_id (inside a call), `error`
(type and frames of an exception), and whatever `extra={"fields": {...}}` brought.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from clawdsite.core import redact
from clawdsite.core.config import live
from clawdsite.core.config.problems import Problem
from clawdsite.core.config.schema import Config
from clawdsite.core.traces import describe

OURS: Final = ("clawdbot", "clawdsite", "accounts", "gateway", "chat")
# What these say below that level repeats the access line, or holds what must not be logged (queries, SQL).
QUIET: Final = {
    "django": logging.WARNING,
    "django.request": logging.ERROR,
    "django.security": logging.CRITICAL,
    "django.server": logging.WARNING,
    "django.channels.server": logging.WARNING,
    "django.db.backends": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.ERROR,
    "uvicorn.access": logging.CRITICAL,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
}

request_id: ContextVar[str] = ContextVar("clawdbot_request_id", default="")


class JsonFormatter(logging.Formatter):
    """One JSON object a line; ASCII, so that no control character reaches a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_line(record), separators=(",", ":"), default=str)


class TextFormatter(logging.Formatter):
    """`12:00:00 INFO message key=value`, for a person."""

    def format(self, record: logging.LogRecord) -> str:
        line = _line(record)
        moment = line.pop("time")[11:19]
        level, message = line.pop("level").upper(), printable(str(line.pop("message")))
        line.pop("logger")
        error = line.pop("error", None)
        rest = "".join(
            f" {name}={printable(str(value))}" for name, value in line.items() if value is not None
        )
        frames = "" if error is None else "\n  " + "\n  ".join(printable(frame) for frame in error)
        return f"{moment} {level} {message}{rest}{frames}"


class Console(logging.StreamHandler[TextIO]):
    """Writes to whatever sys.stderr is at the moment; a broken pipe ends nothing."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        raise AttributeError("the console is sys.stderr")

    def handleError(self, record: logging.LogRecord) -> None:
        """logging would print the record with its arguments, past the redactor."""


def printable(value: str) -> str:
    """Control characters (and what else does not print) escaped."""
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in value)


def words(problem: Problem) -> str:
    """File, line, key, what is wrong. No colon behind the key: the redactor takes `secret: x` for one."""
    place = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{place} {problem.key} {problem.message}{hint}"


def configure(config: Config) -> None:
    """Put the one sink in place; again after each reload."""
    console = Console()
    console.setFormatter(JsonFormatter() if config.logging.format == "json" else TextFormatter())
    root = logging.getLogger()
    for former in [sink for sink in root.handlers if isinstance(sink, Console)]:
        root.removeHandler(former)
    root.addHandler(console)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(config.logging.level.upper())
    for name, level in QUIET.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers.clear()
        logger.propagate = True


def for_django(_: dict[str, Any]) -> None:
    """settings.LOGGING_CONFIG: our sink instead of Django's own."""
    configure(live.current())


def _line(record: logging.LogRecord) -> dict[str, Any]:
    moment = (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    line: dict[str, Any] = {
        "time": moment,
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": redact.text(record.getMessage()),
    }
    current_request = request_id.get()
    if current_request:
        line["request_id"] = current_request
    for name, value in getattr(record, "fields", {}).items():
        line[name] = redact.text(value) if isinstance(value, str) else redact.tree(value)
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = [redact.text(part) for part in describe(record.exc_info[1])]
    return line
