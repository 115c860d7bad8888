"""A signed token taken apart, strictly and once: what is checked later is exactly what is read here."""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from clawdsite.core.errors import InvalidToken

MAX_BYTES: Final = 8192
MAX_DEPTH: Final = 32
TYPES: Final = ("JWT", "at+jwt", "application/at+jwt")

_PART: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Malformed(ValueError):
    """Text that is no JSON object as we want it; the message says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Jws:
    """header, payload: JSON objects, nothing of them verified. signed: the bytes under the signature."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes

    @property
    def kid(self) -> str | None:
        return self.header.get("kid")


def parse(raw: str, *, longest: int = MAX_BYTES, types: tuple[str, ...] = TYPES) -> Jws:
    """Compact serialisation (RFC 7515 section 7.1) -> its parts. InvalidToken says what is wrong with it.

    Stricter than the RFCs where parsers are known to disagree: no padding, no stray bits in the last
    character, UTF-8 without a mark, no member twice, no NaN, at most 32 levels and 8 KiB (longest).
    types: what its header may say it is (typ), if it says so at all.
    """
    parts = _split(raw, longest)
    header = _object(parts[0], "header")
    _check_header(header, types)
    payload = _object(parts[1], "payload")
    signed, _, _ = raw.rpartition(".")
    return Jws(header, payload, signed.encode("ascii"), from_base64url(parts[2]))


def from_base64url(part: str) -> bytes:
    """Unpadded base64url -> bytes; InvalidToken for any spelling but the canonical one (RFC 4648 3.5)."""
    if not _PART.fullmatch(part):
        raise InvalidToken("token may hold A-Z a-z 0-9 - _ and two dots: no padding, blank or line end")
    try:
        found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise InvalidToken("token is cut off or not base64url") from None
    if urlsafe_b64encode(found).rstrip(b"=") != part.encode("ascii"):
        raise InvalidToken("token is not base64url in its one proper spelling")
    return found


def load_object(text: bytes) -> dict[str, Any]:
    """UTF-8 bytes -> a JSON object; Malformed for anything else, a repeated member or too many levels."""
    try:
        decoded = text.decode("utf-8")
        found = _DECODER.decode(decoded)
    except Malformed:
        raise
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError:  # not UTF-8, not JSON, or a number of thousands of digits
        raise Malformed("not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    if _depth(decoded) > MAX_DEPTH:
        raise Malformed("nested too deeply")
    return found


def _split(raw: str, longest: int) -> list[str]:
    if len(raw) > longest:
        raise InvalidToken(f"token is longer than {longest} bytes")
    if not raw.isascii():
        raise InvalidToken("token has characters that no token has")
    parts = raw.split(".")
    if len(parts) == 5:
        raise InvalidToken("token is encrypted (five parts); a signed JWT has three")
    if len(parts) != 3:
        raise InvalidToken("token is not a JWT: three parts joined by dots are expected")
    if not parts[2]:
        raise InvalidToken("token is not signed")
    return parts


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        return load_object(from_base64url(part))
    except Malformed as err:
        raise InvalidToken(f"token's {name} is not a proper JSON object: {err}") from None


def _check_header(header: dict[str, Any], types: tuple[str, ...]) -> None:
    if not isinstance(header.get("alg"), str):
        raise InvalidToken("token's header names no algorithm (alg)")
    if "crit" in header or "b64" in header:
        raise InvalidToken("token's header uses crit or b64, which are not supported")
    if "cty" in header:
        raise InvalidToken("token's header has cty: nested tokens are not supported")
    if "typ" in header and header["typ"] not in types:
        allowed = ", ".join(kind for kind in types if "/" not in kind)
        raise InvalidToken(f"token is of another kind: header typ must be {allowed} or left out")
    if "kid" in header and not isinstance(header["kid"], str):
        raise InvalidToken("token's key name (kid) is not text")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a member stands twice in it")
    return found


def _refuse(_: str) -> NoReturn:
    raise Malformed("NaN and Infinity are not JSON")


def _depth(text: str) -> int:
    """Levels of nesting; counted only where there are enough brackets to matter."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return 0
    deepest = level = 0
    for char in _QUOTED.sub("", text):
        if char in "{[":
            level += 1
            deepest = max(deepest, level)
        elif char in "}]":
            level -= 1
    return deepest


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
