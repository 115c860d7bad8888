"""locale/: the Chinese catalogue anew from the sources, and what Django reads of it. No gettext programs.

    .venv/bin/python scripts/messages.py

Texts that are new stand in django.po with an empty translation: fill them in and run it again.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polib

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "locale/zh_Hans/LC_MESSAGES"
CALLS: Final = {"_": 1, "say": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2}
HEAD: Final = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Plural-Forms": "nplurals=1; plural=0;",
}
SIMPLE: Final = re.compile(r"{%\s*trans(?:late)?\s+(?:\"([^\"]*)\"|'([^']*)')[^%]*%}")
BLOCK: Final = re.compile(
    r"{%\s*blocktrans(?:late)?\b[^%]*%}(.*?)(?:{%\s*plural\s*%}(.*?))?{%\s*endblocktrans(?:late)?\s*%}",
    re.DOTALL,
)

Text = tuple[str, str]  # singular, and plural or nothing


def found() -> dict[Text, list[str]]:
    """Every text that the product has translated, with the files it stands in."""
    texts: dict[Text, list[str]] = {}
    for path in sources():
        collect = in_python if path.suffix == ".py" else in_template
        for text in collect(path.read_text(encoding="utf-8")):
            places = texts.setdefault(text, [])
            name = path.relative_to(ROOT).as_posix()
            if name not in places:
                places.append(name)
    return texts


def sources() -> Iterator[Path]:
    for folder in ("accounts", "gateway", "chat", "clawdsite"):
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts)
    yield from sorted((ROOT / "templates").rglob("*.html"))


def in_python(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name: str = getattr(node.func, "id", None) or str(getattr(node.func, "attr", ""))
        given = [each.value for each in node.args[: CALLS.get(name, 0)] if isinstance(each, ast.Constant)]
        words = [word for word in given if isinstance(word, str)]
        if words and words == given:
            yield words[0], words[1] if len(words) > 1 else ""


def in_template(source: str) -> Iterator[Text]:
    for match in SIMPLE.finditer(source):
        yield (match[1] or match[2]).replace("%", "%%"), ""
    for match in BLOCK.finditer(source):
        yield placed(match[1]), placed(match[2] or "")


def placed(text: str) -> str:
    """As Django asks the catalogue: {{ name }} is %(name)s."""
    return re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", text.replace("%", "%%"))


def catalogue() -> polib.POFile:
    """The written translations, for exactly the texts that there are."""
    path = FOLDER / "django.po"
    known = polib.pofile(str(path)) if path.is_file() else polib.POFile()
    written = {(entry.msgid, entry.msgid_plural): entry for entry in known}
    fresh = polib.POFile(wrapwidth=100)
    fresh.metadata = HEAD
    for text, places in sorted(found().items()):
        old = written.get(text)
        entry = polib.POEntry(
            msgid=text[0], msgid_plural=text[1], occurrences=[(place, "") for place in places]
        )
        if text[1]:
            entry.msgstr_plural = old.msgstr_plural if old is not None else {0: ""}
        else:
            entry.msgstr = old.msgstr if old is not None else ""
        fresh.append(entry)
    return fresh


def main() -> int:
    """Write both files -> 1 where a text waits for its translation."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = catalogue()
    made.save(str(FOLDER / "django.po"))
    made.save_as_mofile(str(FOLDER / "django.mo"))
    waiting = made.untranslated_entries()
    for entry in waiting:
        print(f"not translated: {entry.msgid}")
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
