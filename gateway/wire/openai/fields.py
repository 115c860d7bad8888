"""Typed readers of one JSON object's fields; what is wrong becomes a BadRequest in OpenAI's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clawdsite.core.errors import BadRequest
from gateway.types import Json
from gateway.wire.jsonin import is_text, path_of

_SHOWABLE: Final = re.compile(r"[\w.:/+-]{1,40}", re.ASCII)
_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def refused(param: str, message: str, code: str | None) -> BadRequest:
    """A BadRequest that names its field."""
    return BadRequest(message, code=code, param=param)


def wrong_type(param: str, expected: str, value: object) -> BadRequest:
    """expected: with its article, `an integer`."""
    got = _KINDS.get(type(value), "something else")
    return refused(
        param, f"Invalid type for '{param}': expected {expected}, but got {got} instead.", "invalid_type"
    )


def missing(param: str) -> BadRequest:
    return refused(param, f"Missing required parameter: '{param}'.", "missing_required_parameter")


def unsupported(param: str, reason: str) -> BadRequest:
    """reason: a sentence that goes on after the parameter's name (`is not supported by this server`)."""
    return refused(param, f"Unsupported parameter: '{param}' {reason}.", "unsupported_parameter")


def not_among(param: str, value: object, allowed: Sequence[str], code: str = "invalid_value") -> BadRequest:
    """A word that is not one of the closed list."""
    *first, last = [f"'{word}'" for word in allowed]
    listed = f"{', '.join(first)} and {last}" if first else last
    return refused(param, f"Invalid value: {shown(value)}. Supported values are: {listed}.", code)


def too_long(param: str, most: int, length: int) -> BadRequest:
    message = (
        f"Invalid '{param}': array too long. Expected an array with maximum length {most}, "
        f"but got an array with length {length} instead."
    )
    return refused(param, message, "array_above_max_length")


def empty(param: str) -> BadRequest:
    message = (
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, "
        "but got an empty array instead."
    )
    return refused(param, message, "empty_array")


def shown(value: object) -> str:
    """A short plain value in quotes, else its length: errors repeat no conversation."""
    if isinstance(value, str):
        return f"'{value}'" if _SHOWABLE.fullmatch(value) else f"a string of {len(value)} characters"
    return _KINDS.get(type(value), "something else")


def check_text(value: object, param: str, *, longest: int | None = None) -> str:
    """The string itself. Raises `invalid_type`, `string_above_max_length`, `invalid_value` (surrogates)."""
    if not isinstance(value, str):
        raise wrong_type(param, "a string", value)
    if longest is not None and len(value) > longest:
        message = (
            f"Invalid '{param}': string too long. Expected a string with maximum length {longest}, "
            f"but got a string with length {len(value)} instead."
        )
        raise refused(param, message, "string_above_max_length")
    if not is_text(value):
        raise refused(param, f"Invalid '{param}': the text is not valid Unicode.", "invalid_value")
    return value


def as_fields(value: object, param: str) -> Fields:
    if not isinstance(value, dict):
        raise wrong_type(param, "an object", value)
    return Fields(value, param)


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of the request. at: its path, empty for the body itself.

    Every reader gives None for a field that is absent or null, and raises BadRequest with the field's path.
    """

    values: Json
    at: str = ""

    def path(self, key: str) -> str:
        return path_of(self.at, key)

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def text(self, key: str, *, longest: int | None = None) -> str | None:
        value = self.get(key)
        return None if value is None else check_text(value, self.path(key), longest=longest)

    def need_text(self, key: str) -> str:
        if self.get(key) is None:
            raise missing(self.path(key))
        return check_text(self.get(key), self.path(key))

    def flag(self, key: str) -> bool | None:
        value = self.get(key)
        if value is not None and not isinstance(value, bool):
            raise wrong_type(self.path(key), "a boolean", value)
        return value

    def integer(self, key: str, *, low: int | None = None, high: int | None = None) -> int | None:
        """Whole numbers however they are written (`100.0`)."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(self.path(key), "an integer", value)
        _check_range("integer", self.path(key), value, low, high)
        return value

    def decimal(self, key: str, *, low: float, high: float) -> float | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
            raise wrong_type(self.path(key), "a decimal number", value)
        _check_range("decimal", self.path(key), value, low, high)
        return float(value)

    def word(self, key: str, allowed: Sequence[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in allowed:
            raise not_among(self.path(key), value, allowed)
        return value

    def array(self, key: str, *, most: int | None = None) -> list[Any] | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise wrong_type(self.path(key), "an array", value)
        if most is not None and len(value) > most:
            raise too_long(self.path(key), most, len(value))
        return value

    def inner(self, key: str) -> Fields | None:
        value = self.get(key)
        return None if value is None else as_fields(value, self.path(key))

    def need_inner(self, key: str) -> Fields:
        inner = self.inner(key)
        if inner is None:
            raise missing(self.path(key))
        return inner

    def others(self, known: Collection[str]) -> tuple[str, ...]:
        """Names of the fields that say something and are not known, for the log; at most 32."""
        names = [
            path_of("", key) for key, value in self.values.items() if value is not None and key not in known
        ]
        return tuple(sorted(set(names))[:32])


def _check_range(kind: str, param: str, value: float, low: float | None, high: float | None) -> None:
    if low is not None and value < low:
        side, sign, limit, code = "below minimum", ">=", low, "below_min_value"
    elif high is not None and value > high:
        side, sign, limit, code = "above maximum", "<=", high, "above_max_value"
    else:
        return
    got = f"{value}" if abs(value) < 10**15 else "a much larger one"
    message = (
        f"Invalid '{param}': {kind} {side} value. Expected a value {sign} {limit}, but got {got} instead."
    )
    raise refused(param, message, f"{kind}_{code}")
