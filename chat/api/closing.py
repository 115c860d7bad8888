"""A turn of a Markdown export keeps to itself: what it left open ends with it, or is shown as it is. Pure.

Code that was cut off is closed. A comment that is never closed (and what else a viewer that takes HTML as it
is would hide all the rest in) begins with `&lt;`, which is shown as `<`; in code nothing is changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

# CommonMark 0.31: fences 4.5, HTML blocks 4.6 (what begins one, and what ends it), backslashes and code 6.1
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_INDENTED: Final = re.compile(r" {4}| {0,3}\t")
_RAW: Final = "iframe noembed noframes noscript plaintext pre script style template textarea title xmp"
_FOUND: Final = re.compile(
    r"\\[\\`<]"
    r"|(?P<ticks>`+)"
    r"|(?P<open><(?:!--|\?|!\[CDATA\[|![A-Za-z]|(?P<name>" + _RAW.replace(" ", "|") + r")(?=[\s>]|$)))",
    re.IGNORECASE,
)
_ENDS: Final = {"<!--": "-->", "<?": "?>", "<![cdata[": "]]>"}
_READ: Final = ("pre", "template")  # what stands in these may begin something, too
_PARAGRAPH_ENDS: Final = re.compile(r"\n(?=[ \t]*(?:\n|[-+*>#<]|[0-9]+[.)]|```|~~~))")
_TICKS: Final = re.compile(r"`+")


def closed(text: str) -> str:
    """The turn's text, fit to be followed by others. In one pass: it may be long, and meant to be hard."""
    return "".join(_Turn(text).parts())


class _Turn:
    """behind: what is before it belongs to something that began earlier; html: likewise, and there is no
    code in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.behind = self.html = 0
        self.ends: dict[str, int] = {}  # what ends something -> behind the next one; 0: there is none
        self.paragraph = 0  # its end
        self.ticks: dict[int, list[int]] = {}  # of this paragraph, by their number: where they are

    def parts(self) -> Iterator[str]:
        fence, blank, at = "", True, 0
        for line in self.text.splitlines(keepends=True):
            start, at = at, at + len(line)
            free = start >= max(self.behind, self.html)
            found = _FENCE.match(line) if free else None
            if fence:
                if found is not None and found[1].startswith(fence) and not found[2].strip():
                    fence = ""
                yield line
            elif found is not None and (found[1][0] == "~" or "`" not in found[2]):
                fence = found[1]
                yield line
            elif blank and free and _INDENTED.match(line):
                yield line  # code; or of a list, which ends what it holds
                continue  # so may be the next line
            else:
                yield from self._plain(start, at)
            blank = not line.strip()
        if fence:
            yield f"\n{fence}"

    def _plain(self, at: int, end: int) -> Iterator[str]:
        """A line that is no code."""
        while (found := _FOUND.search(self.text, max(at, self.behind), end)) is not None:
            self.behind = found.end()
            if found["ticks"]:
                self.behind = self._behind_code(found)
            elif found["open"] and not self._ends(found):
                yield self.text[at : found.start()] + "&lt;"
                at = found.start() + 1
        yield self.text[at:end]

    def _behind_code(self, found: re.Match[str]) -> int:
        """Behind the code that begins with these backticks; where none does, behind them."""
        if found.start() < self.html:
            return found.end()
        self._read_paragraph(found.start())
        count = len(found["ticks"])
        same = self.ticks.get(count, [])
        place = bisect_left(same, found.end())
        return same[place] + count if place < len(same) else found.end()

    def _read_paragraph(self, at: int) -> None:
        if at < self.paragraph:
            return
        ends = _PARAGRAPH_ENDS.search(self.text, at)
        self.paragraph, self.ticks = ends.start() if ends else len(self.text), defaultdict(list)
        for one in _TICKS.finditer(self.text, at, self.paragraph):
            self.ticks[len(one[0])].append(one.start())

    def _ends(self, found: re.Match[str]) -> bool:
        """Whether something does: of what begins a line anywhere behind it, else in its paragraph."""
        name, opened = (found["name"] or "").lower(), found["open"].lower()
        ends = f"</{name}" if name else _ENDS.get(opened, ">")
        begin = found.start() + 2 if opened == "<!--" else found.end()  # `<!-->` is a whole comment
        behind = self._next(ends, begin)
        if not behind:
            return False
        block = found.start() < self.html or self._begins_a_line(found.start())
        self._read_paragraph(found.start())
        if not block and behind > self.paragraph:
            return False
        if name not in _READ:
            self.behind = behind
        if block:
            line = self.text.find("\n", behind)
            self.html = max(self.html, line if line >= 0 else len(self.text))
        return True

    def _next(self, ends: str, begin: int) -> int:
        """Behind the next one of these; 0: there is none."""
        known = self.ends.get(ends)
        if known is None or 0 < known < begin + len(ends):
            found = re.compile(re.escape(ends), re.IGNORECASE).search(self.text, begin)
            known = self.ends[ends] = found.end() if found is not None else 0
        return known

    def _begins_a_line(self, at: int) -> bool:
        before = ("\n" if at <= 3 else "") + self.text[max(at - 4, 0) : at]
        _, newline, indent = before.rpartition("\n")
        return bool(newline) and not indent.strip(" ")
