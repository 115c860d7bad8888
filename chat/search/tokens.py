"""Text cut into what can be looked up: words, each emoji, and of Chinese and its like every pair of
characters. Pure.

`Clawdbot 中文字` is `clawdbot 中文 文字 字`: a run ends with its last character alone, so that one character
is found by its beginning wherever it stands, and pairs of two runs never look like neighbours of one.
An emoji of several (a family, a flag) is several in a row; its skin's colour counts for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LONGEST_WORD: Final = 64  # characters; of a longer one the beginning counts

# Scripts written without spaces: Han, kana, bopomofo, Thai, Lao, Burmese, Khmer.
_PAIRED: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
)
_EMOJI: Final = (
    "\u231a\u231b\u23e9-\u23fa\u25b6\u25c0\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
)
_PAIR: Final = re.compile(f"[{_PAIRED}]")
EMOJI: Final = re.compile(f"[{_EMOJI}]")
_RUN: Final = re.compile(f"([{_PAIRED}]+)|((?:[^\\W_{_PAIRED}][\\u0300-\\u036f]*)+)|[{_EMOJI}]")


@dataclass(frozen=True, slots=True)
class Run:
    """A word, an emoji, or characters of a script without spaces. start, end: where in the folded text."""

    text: str
    paired: bool
    start: int
    end: int


def fold(text: str) -> str:
    """Without case and width: what is looked up as one and the same."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def runs(folded: str) -> Iterator[Run]:
    """The parts of a folded text between which there is space, punctuation, or a change of script."""
    for found in _RUN.finditer(folded):
        paired = found[1] is not None
        text = found[0] if paired else found[0][:LONGEST_WORD]
        yield Run(text, paired, found.start(), found.end())


def tokens(text: str) -> list[str]:
    """What the index keeps of a text, in order."""
    return [token for run in runs(fold(text)) for token in _of(run, last=False)]


def phrases(query: str) -> list[tuple[str, ...]]:
    """What a query asks for: each of its pieces as tokens side by side, of which the last is a beginning.

    No piece twice; a query without anything that could be found has none.
    """
    found: dict[tuple[str, ...], None] = {}
    for piece in fold(query).split():
        parts = list(runs(piece))
        if parts:
            cut = [token for run in parts[:-1] for token in _of(run, last=False)]
            found[(*cut, *_of(parts[-1], last=True))] = None
    return list(found)


def is_chinese(text: str) -> bool:
    """Whether there is Chinese (or its like) in it."""
    return _PAIR.search(text) is not None


def is_beginning(token: str) -> bool:
    """Whether longer tokens can begin like this one: a pair is never longer than a pair."""
    return len(token) == 1 or _PAIR.match(token) is None


def _of(run: Run, *, last: bool) -> list[str]:
    """last: of a query, where the text may go on behind it."""
    if not run.paired:
        return [run.text]
    pairs = [run.text[at : at + 2] for at in range(len(run.text) - 1)]
    return pairs if last and pairs else [*pairs, run.text[-1]]
