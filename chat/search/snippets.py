"""What a hit looks like: plain text in pieces, the found ones marked; never HTML. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, Final

from chat.search.tokens import LONGEST_WORD, fold, runs

BEFORE: Final = 40  # characters in front of the first hit
LENGTH: Final = 160  # characters altogether
READ: Final = 400_000  # characters that are looked through for a hit to show

_MARKS: Final = "\u0300-\u036f\u3099\u309a"  # what belongs to the character in front
_CLUSTER: Final = re.compile(f".[{_MARKS}]*", re.DOTALL)
_CHUNK: Final = re.compile(f".{{1,64}}[{_MARKS}]*", re.DOTALL)


def snippet(text: str, query: str) -> list[dict[str, Any]]:
    """[{"text": ..., "hit": bool}, ...]: the surroundings of the first hit, on one line."""
    marks = _marks(text, query)
    first = marks[0][0] if marks else 0
    start = _word_start(text, max(0, first - BEFORE)) if first > BEFORE else 0
    end = min(len(text), start + LENGTH)
    pieces = ["…", *_cut(text, start, end, marks)] if start else list(_cut(text, start, end, marks))
    if end < len(text):
        pieces.append("…")
    return _joined(pieces)


def marked(text: str, query: str) -> list[dict[str, Any]]:
    """All of a short text (a title), in the same form."""
    return _joined(list(_cut(text, 0, len(text), _marks(text, query))))


Cut = str | tuple[str, bool]


def _cut(text: str, start: int, end: int, marks: Sequence[tuple[int, int]]) -> Iterator[Cut]:
    at = start
    for first, last in marks:
        first, last = max(first, at), min(last, end)
        if first < last:
            yield text[at:first], False
            yield text[first:last], True
            at = last
    yield text[at:end], False


def _joined(pieces: Sequence[Cut]) -> list[dict[str, Any]]:
    """Neighbours of a kind as one, white space as one space, nothing empty."""
    found: list[dict[str, Any]] = []
    for piece in pieces:
        text, hit = (piece, False) if isinstance(piece, str) else piece
        text = re.sub(r"\s+", " ", text)
        if not text:
            continue
        if found and found[-1]["hit"] is hit:
            found[-1]["text"] += text
        else:
            found.append({"text": text, "hit": hit})
    return found


def _marks(text: str, query: str) -> list[tuple[int, int]]:
    """Where the query's pieces stand in the text, in its own characters, in order, none inside another."""
    folded, where = _mapped(text[:READ])
    begins = cache(partial(_word_starts, folded))  # of a long text that takes as long as all the rest
    spans = sorted(span for piece in fold(query).split() for span in _places(folded, piece, begins))
    found: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = where[start], where[end - 1] + 1
        last = max(last, where[end] if end < len(where) else len(text[:READ]))
        if found and first < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


def _places(folded: str, piece: str, begins: Callable[[], set[int]]) -> Iterator[tuple[int, int]]:
    """A piece's parts as they stand beside each other in a text, whatever stands between them.

    begins: where the text's words do.
    """
    parts = list(runs(piece))
    if not parts:
        return
    between = r"(?:[\W_]*)"
    pattern = between.join(re.escape(part.text) for part in parts)
    if not parts[0].paired and len(parts[0].text) < LONGEST_WORD:
        starts = begins()
        yield from (one.span() for one in re.finditer(pattern, folded) if one.start() in starts)
    else:
        yield from (one.span() for one in re.finditer(pattern, folded))


def _word_starts(folded: str) -> set[int]:
    return {run.start for run in runs(folded) if not run.paired}


def _mapped(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters where it came from."""
    if text.isascii():
        return text.lower(), range(len(text))
    parts: list[str] = []
    where: list[int] = []
    for chunk in _CHUNK.finditer(text):
        folded = fold(chunk[0])
        if len(folded) == len(chunk[0]):  # one for one, which is nearly always so
            parts.append(folded)
            where += range(chunk.start(), chunk.end())
            continue
        for one in _CLUSTER.finditer(chunk[0]):
            folded = fold(one[0])
            parts.append(folded)
            where += [chunk.start() + one.start()] * len(folded)
    return "".join(parts), where


def _word_start(text: str, at: int) -> int:
    """A little further on, if a word begins there: no word is cut in two where that is easy to avoid."""
    space = text.find(" ", at, at + 15)
    return at if space < 0 else space + 1
