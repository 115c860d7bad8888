"""NDJSON as bytes: split on LF alone, each line one JSON object (reference 2.6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, NoReturn

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import Json

LINE_LIMIT: Final = 8 * 1024 * 1024  # bytes of one line (contract.md, Limits)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# What `raw_decode` wraps: (text, where) -> (value, end); StopIteration where there is no value.
_decode: Final[Callable[[str, int], tuple[object, int]]] = vars(json.JSONDecoder(parse_constant=_constant))[
    "scan_once"
]


class Lines:
    """Bytes in, objects out. Memory: the unfinished line, at most LINE_LIMIT, and what one read brought.

    A chunk may hold a good line and then a bad one: the good ones are returned, and `failure` is set.
    Nothing is read after a failure.
    """

    __slots__ = ("_rest", "failure", "limit")

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self.limit = limit
        self.failure: UpstreamInvalid | None = None
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[Json]:
        """The objects whose line ends in this chunk."""
        lines = chunk.split(b"\n")
        if self._rest:
            self._rest += lines[0]
            if len(self._rest) > self.limit:
                return self._fail("a line that is longer than 8 MiB")
            if len(lines) == 1:
                return []
            lines[0] = bytes(self._rest)
            self._rest = bytearray()
        rest = lines.pop()
        if rest:
            self._rest += rest
            if len(rest) > self.limit:
                self._fail("a line that is longer than 8 MiB")
        return self._parse(lines)

    def whole(self, chunk: bytes) -> list[Json] | None:
        """The objects of a chunk that is good lines from end to end; None: it is something else, feed it."""
        if self._rest or self.failure is not None or chunk[-1:] != b"\n":
            return None
        found = []
        try:
            for line in chunk[:-1].split(b"\n"):
                text = line.decode()
                native, end = _decode(text, 0)
                if end != len(text) or type(native) is not dict:
                    return None
                found.append(native)
        except (ValueError, StopIteration, RecursionError):
            return None
        return found

    def end(self) -> list[Json]:
        """The last line where the body did not end it."""
        last, self._rest = bytes(self._rest), bytearray()
        return self._parse([last]) if last else []

    def _parse(self, lines: list[bytes]) -> list[Json]:
        found: list[Json] = []
        for line in lines:
            bare = line.strip(b" \t\r")
            if not bare:
                continue
            try:
                text = bare.decode()
                native, end = _decode(text, 0)
            except (ValueError, StopIteration, RecursionError):
                text, end = "", -1
            if end != len(text):
                self._fail("a line that is not JSON")
                return found
            if type(native) is not dict:
                self._fail("a line that is not an object")
                return found
            found.append(native)
        return found

    def _fail(self, what: str) -> list[Json]:
        self.failure = UpstreamInvalid(f"The model's host sent {what}.")
        self._rest = bytearray()
        return []
