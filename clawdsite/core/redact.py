"""The one redactor: stands in front of every sink (M18). Text in, the same text without secrets out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config

GONE: Final = "[redacted]"
SHORTEST: Final = 6  # a shorter configured secret would blank ordinary words
KEPT: Final = 1000  # secrets of earlier configurations that are still kept out

_NAMES: Final = (
    r"authorization|cookie|api[-_]?key|(?:client|jwt|shared)?[-_]?secret(?:[-_]?key)?|passw(?:or)?d|passphrase|private[-_]?key"
    r"|(?:access|refresh|id|session|csrf|auth|bearer|csrfmiddleware)?[-_]?token|session[-_]?id|(?:__host-)?clawdbot(?:-csrf)?"
)
_SECRET_NAME: Final = re.compile(rf"(?:x[-_]|set[-_]|proxy[-_])?(?:{_NAMES})", re.IGNORECASE)

_PATTERNS: Final = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), GONE),
    (re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*)*"), GONE),  # a JWT, or the beginning of one
    (re.compile(r"\b((?:set-)?cookie2?['\"]?\s*[:=]\s*)[^\r\n]+", re.IGNORECASE), rf"\1{GONE}"),
    (re.compile(r"\b(bearer|basic|digest)(\s+|%20|\+)[\w.~+/=%-]{6,}", re.IGNORECASE), rf"\1 {GONE}"),
    (re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA|AIza)[-_]?[\w-]{14,}"), GONE),  # keys of services
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), rf"\1{GONE}@"),
    (
        re.compile(rf"\b((?:{_NAMES})['\"]?\s*[:=]\s*['\"]?)(?!\[redacted)[^\s'\",;&}}\])]+", re.IGNORECASE),
        rf"\1{GONE}",
    ),
)

# One cheap look tells whether any of the above can match at all.
_HINT: Final = re.compile(
    r"eyJ|BEGIN|cookie|bearer|basic|digest|://|key|secret|passw|passphrase|token|session|clawdbot|authorization|sk|pk|rk|gh[po]|xox|AKIA|AIza",
    re.IGNORECASE,
)


class _Known:
    """The configured secrets of now and before, as one pattern."""

    def __init__(self) -> None:
        self.config: Config | None = None
        self.values: dict[str, None] = {}
        self.pattern: re.Pattern[str] | None = None

    def refresh(self, config: Config) -> None:
        self.config = config
        for value in secrets_of(config):
            self.values[value] = None
        while len(self.values) > KEPT:
            self.values.pop(next(iter(self.values)))
        longest_first = sorted(self.values, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


_known = _Known()


def secrets_of(config: BaseModel) -> Iterator[str]:
    """Every secret value of a configuration, also the parts that may travel alone (a URL's password)."""
    for value in _secret_values(config):
        if value.startswith("sqlite:"):
            continue
        parts = [value, value.split(" ", 1)[-1]]
        if "://" in value:
            password = urlsplit(value).password or ""
            parts += [password, unquote(password)]
        yield from (part for part in parts if len(part) >= SHORTEST and part != "forward")


def _secret_values(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secret_values(getattr(value, name))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _secret_values(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _secret_values(inner)


def text(value: str) -> str:
    """The same text, secrets replaced by `[redacted]`."""
    config = live.current()
    if _known.config is not config:
        _known.refresh(config)
    if _known.pattern is not None:
        value = _known.pattern.sub(GONE, value)
    if _HINT.search(value):
        for pattern, put in _PATTERNS:
            value = pattern.sub(put, value)
    return value


def tree(value: Any) -> Any:
    """The same JSON value: strings redacted, members with a secret's name blanked."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {
            text(name): GONE if _SECRET_NAME.fullmatch(name) and _could_be_secret(inner) else tree(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [tree(inner) for inner in value]
    return value


def _could_be_secret(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
