"""JSON text from outside, read strictly: UTF-8, no duplicate keys, no NaN, bounded depth and numbers."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from clawdsite.core.errors import BadRequest
from gateway.types import Json

DEPTH: Final = 64  # containers inside one another (contract.md, Limits); the outermost counts
PARTS: Final = 4_000_000  # commas and brackets: small values weigh 20 times their text once they are read
_MAX_DIGITS: Final = 308  # a longer integer may not fit the double that every other JSON reader uses
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")


def parse_object(body: bytes, *, depth: int = DEPTH) -> Json:
    """A request's body, as the JSON object it must be (RFC 8259, RFC 7493 section 2).

    Raises:
        BadRequest: `invalid_json` for what is no JSON object: not UTF-8, a syntax error, a key twice in one
            object, NaN or Infinity, deeper than `depth`; `invalid_value` with its path as param for a
            number no double holds and for a lone surrogate in a string or key.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _invalid("it is not UTF-8") from None
    value = parse_text(text, depth=depth)
    if not isinstance(value, dict):
        raise _invalid("expected an object at the top")
    return value


def parse_text(text: str, *, depth: int = DEPTH) -> Any:
    """Any JSON value, read by the rules of `parse_object`. Raises the same; `invalid_json` also for more than
    PARTS: 50 MB of `[],` would be a gigabyte, and hold up everybody while they are read."""
    holders = text.count("{") + text.count("[")
    if holders + text.count(",") > PARTS:
        raise _invalid(f"it has more than {PARTS:,} values")
    numbers = _Numbers()
    try:
        value = json.loads(
            text,
            parse_int=numbers.integer,
            parse_float=numbers.decimal,
            parse_constant=numbers.constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise _invalid(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise _too_deep(depth) from None
    if holders > depth:
        _check_depth(value, depth)
    if numbers.odd or _SURROGATE.search(text):
        _check_leaves(value)
    return value


def path_of(parent: str, key: str) -> str:
    """`parent.key`, for an error's param; a key that is no plain name is not repeated."""
    name = key if _PLAIN_KEY.fullmatch(key) else "?"
    return f"{parent}.{name}" if parent else name


def is_text(value: str) -> bool:
    """False for a string with a lone surrogate, which no UTF-8 can carry."""
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class _Numbers:
    """Parsers that let impossible numbers through as inf or nan, and remember it: the path comes later."""

    def __init__(self) -> None:
        self.odd = False

    def integer(self, digits: str) -> int | float:
        if len(digits) > _MAX_DIGITS:
            self.odd = True
            return math.inf
        return int(digits)

    def decimal(self, digits: str) -> float:
        value = float(digits)
        self.odd = self.odd or math.isinf(value)
        return value

    def constant(self, _word: str) -> float:
        self.odd = True
        return math.nan


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _invalid("a key stands twice in one object", param=path_of("", twice))
    return found


def _check_depth(value: object, depth: int) -> None:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for holder in level
            for child in (holder.values() if isinstance(holder, dict) else holder)  # type: ignore[attr-defined]
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _too_deep(depth)


def _check_leaves(value: object) -> None:
    """Refuse the first leaf or key that is not sound, by its path."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, dict):
            for key, child in found.items():
                if not is_text(key):
                    _refuse(path, "a key is not valid Unicode: it has half of a surrogate pair")
                waiting.append((path_of(path, key), child))
        elif isinstance(found, list):
            waiting.extend((f"{path}[{at}]", child) for at, child in enumerate(found))
        elif isinstance(found, str) and not is_text(found):
            _refuse(path, "the text is not valid Unicode: it has half of a surrogate pair")
        elif isinstance(found, float) and math.isnan(found):
            raise _invalid("NaN and Infinity are not JSON", param=path or None)
        elif isinstance(found, float) and math.isinf(found):
            _refuse(path, "the number is too large")


def _refuse(path: str, reason: str) -> NoReturn:
    raise BadRequest(f"Invalid value for '{path}': {reason}.", code="invalid_value", param=path or None)


def _too_deep(depth: int) -> BadRequest:
    return _invalid(f"it is nested deeper than {depth} levels")


def _invalid(reason: str, *, param: str | None = None) -> BadRequest:
    message = f"We could not parse the JSON body of your request: {reason}."
    return BadRequest(message, code="invalid_json", param=param)
