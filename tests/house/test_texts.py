"""The page's words: whole in both languages, each that is asked for is there, and none stands in code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat import texts
from clawdsite.core import errors
from tests.house import tree

SOURCES = tree.files(".js", under=("static/src",))
GAP = re.compile(r"\{(\w+)\}")
HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`/\\])//[^\n]*", re.DOTALL)
PLAIN = re.compile(r"""\bt\(\s*"([^"]+)\"""")
BUILT = re.compile(r"\bt\(\s*`([^`]+)`")
GIVEN = re.compile(r"""["`]([a-z]\w*(?:\.(?:\w|\$\{[^}]*\})+)+)["`]""")
# What a person would see or hear, written where it is used.
VISIBLE = re.compile(
    r"""(?:\b(?:text|title|placeholder|alt|label|note)|"aria-label"|"aria-description"):\s*["`]([^"`$]*)["`]"""
    r"""|\b(?:toast|announce|alert|confirm)\(\s*["`]([^"`$]*)["`]"""
)

NAMES = ("简体中文", "English", "Clawdbot")  # the same in every language


def code(path: Path) -> str:
    """A script without its comments."""
    return COMMENT.sub("", path.read_text("utf-8"))


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    return texts.catalogue("en")


def as_pattern(built: str) -> re.Pattern[str]:
    """The keys that t(`log.${what}`) may ask for."""
    parts = re.split(r"\$\{[^}]*\}", built)
    return re.compile("[\\w.]+".join(map(re.escape, parts)) + r"(?:\.(?:one|other))?\Z")


def is_there(key: str, words: dict[str, str]) -> bool:
    return key in words or f"{key}.other" in words


def test_both_languages_have_the_same_texts_with_the_same_gaps(english: dict[str, str]) -> None:
    chinese = texts.catalogue("zh")
    assert set(english) == set(chinese)
    assert len(english) > 100
    for key, text in english.items():
        there, here = set(GAP.findall(text)), set(GAP.findall(chinese[key]))
        assert there ^ here <= ({"count"} if key.endswith(".one") else set()), key
        assert text.strip(), key
        assert chinese[key].strip(), key


def test_each_area_has_a_file_in_each_language() -> None:
    areas = {
        language: {path.name for path in (texts.FOLDER / language).iterdir()} for language in ("en", "zh")
    }
    assert areas["en"] == areas["zh"]
    for language in areas:
        for path in (texts.FOLDER / language).iterdir():
            assert texts.read(path), path


def test_chinese_texts_are_chinese() -> None:
    for key, text in texts.catalogue("zh").items():
        words = GAP.sub("", text)
        assert HAN.search(words) or not re.search(r"[a-z]{2,} [a-z]{2,}", words), (key, text)
        assert not re.search(r"[\u4e00-\u9fff][,;:?!](?:\s|$)", words), f"{key}: half-width punctuation"


def test_english_texts_are_english(english: dict[str, str]) -> None:
    assert [key for key, text in english.items() if HAN.search(text)] == []


@pytest.mark.parametrize("path", SOURCES, ids=tree.name)
def test_every_text_that_a_script_asks_for_is_there(path: Path, english: dict[str, str]) -> None:
    source = code(path)
    assert [key for key in PLAIN.findall(source) if not is_there(key, english)] == []
    built = [key for key in BUILT.findall(source) if "${" in key]
    assert [key for key in built if not any(map(as_pattern(key).match, english))] == []


def test_every_text_is_asked_for(english: dict[str, str]) -> None:
    """By its key, by one that is put together, or by a code of the server's."""
    source = "\n".join(map(code, SOURCES))
    plain = set(PLAIN.findall(source)) | set(GIVEN.findall(source))
    built = [as_pattern(key) for key in {*BUILT.findall(source), *plain} if "${" in key]
    dead = [
        key
        for key in english
        if re.sub(r"\.(one|other)$", "", key) not in plain
        and not any(pattern.match(key) for pattern in built)
        and not key.startswith(("error.", "notice."))
    ]
    assert dead == []


@pytest.mark.parametrize("path", SOURCES, ids=tree.name)
def test_no_text_stands_in_a_script(path: Path) -> None:
    source = code(path)
    for name in NAMES:
        source = source.replace(f'"{name}"', '""')
    assert [line for line in source.splitlines() if HAN.search(line)] == []
    found = [first or second for first, second in VISIBLE.findall(source)]
    assert [text for text in found if re.search(r"[A-Za-z]{3}", text)] == []


def codes(kind: type[errors.ClawdError] = errors.ClawdError) -> Iterator[str]:
    if kind.code:
        yield kind.code
    for below in kind.__subclasses__():
        yield from codes(below)


def test_every_error_has_its_words(english: dict[str, str]) -> None:
    assert sorted({code for code in codes() if not is_there(f"error.{code}", english)}) == []


def test_a_text_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"close": "Close"}))
    (tmp_path / "b.json").write_text(json.dumps({"close": "Shut"}))
    with pytest.raises(ValueError, match=r"b\.json: close stands in another catalogue too"):
        texts.merged(sorted(tmp_path.iterdir()))
    (tmp_path / "b.json").write_text('{"open": "Open", "open": "Unlock"}')
    with pytest.raises(ValueError, match="open stands twice"):
        texts.merged(sorted(tmp_path.iterdir()))
