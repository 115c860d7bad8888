"""Strings that somebody hostile (or unlucky) puts wherever text is shown: our own, and others' lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests import corpora
from tests.e2e.markdown.attacks import ATTACKS

LISTS: Final = ("ours", "dompurify-xss", "markdown-it", "blns")
# What would tell that a script ran: payloads call these.
TRAPS: Final = """
window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) {
  window[name] = (...words) => { window.ran.push([name, ...words].join(' ')); };
}
"""
# No script, no picture from elsewhere, no link but to the web and mail, nothing that sends.
FOUND: Final = """() => {
  const kinds = 'script, iframe, object, embed, base, meta, style, link';
  const own = ['boot', 'texts'];
  const strange = [...document.body.querySelectorAll(kinds)].filter((one) => !own.includes(one.id));
  const links = [...document.querySelectorAll('a[href]')];
  const linked = links.filter((one) => !/^(https?:|mailto:)/.test(one.href));
  const pictures = [...document.images].filter((one) => !/^(blob:|data:image)/.test(one.src)
    && new URL(one.src, location).origin !== location.origin);
  const sends = [...document.querySelectorAll('form[action], [formaction]')];
  const listens = [...document.querySelectorAll('*')].filter((one) =>
    [...one.attributes].some(({ name }) => name.startsWith('on')));
  const all = [...strange, ...linked, ...pictures, ...sends, ...listens];
  return all.map((one) => one.outerHTML.slice(0, 200)).concat(window.ran);
}"""


def strings(name: str) -> list[str]:
    """One of LISTS without what no text can hold; empty where the corpora are not at hand."""
    found = list(ATTACKS) if name == "ours" else list(read(name))
    return [one for one in dict.fromkeys(found) if one.strip() and "\x00" not in one]


def read(name: str) -> Iterator[str]:
    if name == "markdown-it":
        folder = corpora.folder(name)
        files = sorted(folder.glob("*.txt")) if folder else []
        for file in files:
            if file.name != "SOURCE.txt":
                yield from file.read_text(encoding="utf-8").replace("\r\n", "\n").split("\n.\n")[1::3]
    else:
        yield from flat(corpora.loaded(name, {"blns": "blns.json", "dompurify-xss": "expect.json"}[name]))


def flat(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    else:
        for one in tree.values() if isinstance(tree, dict) else tree:
            yield from flat(one)


def endless() -> dict[str, str]:
    """Texts that some Markdown libraries never finish."""
    cases = (corpora.loaded("markdown-redos", "cases.json") or {"cases": []})["cases"]
    found = {one["name"]: "".join(text * count for text, count in one["parts"]) for one in cases}
    folder = corpora.folder("marked-redos")
    return found | (
        {one.stem: one.read_text(encoding="utf-8") for one in folder.glob("*.md")} if folder else {}
    )
