"""Every text that people see is there in Chinese, and Django reads what stands in the catalogue."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import polib
import pytest

from tests.house import tree

FOLDER = tree.ROOT / "locale/zh_Hans/LC_MESSAGES"
AGAIN = "run .venv/bin/python scripts/messages.py, and translate what it names"
PLACES = re.compile(r"%\(\w+\)[sd]|%%")


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", tree.ROOT / "scripts/messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(FOLDER / "django.po"))


def test_the_catalogue_holds_exactly_the_texts_that_there_are(
    messages: ModuleType, catalogue: polib.POFile
) -> None:
    written = {(entry.msgid, entry.msgid_plural) for entry in catalogue}
    assert set(messages.found()) == written, AGAIN
    assert len(written) > 50


def test_every_text_is_translated_with_its_places(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == [], AGAIN
    assert catalogue.fuzzy_entries() == []
    for entry in catalogue:
        given = entry.msgstr or entry.msgstr_plural[0]
        assert set(PLACES.findall(given)) == set(PLACES.findall(entry.msgid)), entry.msgid


def test_django_reads_what_stands_there(catalogue: polib.POFile) -> None:
    compiled = {
        (entry.msgid, entry.msgstr, str(entry.msgstr_plural))
        for entry in polib.mofile(str(FOLDER / "django.mo"))
    }
    written = {(entry.msgid, entry.msgstr, str(entry.msgstr_plural)) for entry in catalogue}
    assert compiled == written, AGAIN


def test_a_text_is_found_however_it_stands(messages: ModuleType) -> None:
    assert list(messages.in_python('_("one " "two")\nngettext("a", "b", n)\nother("no")')) == [
        ("one two", ""),
        ("a", "b"),
    ]
    days = "{% blocktranslate count n=x %}{{ n }} % day{% plural %}days{% endblocktranslate %}"
    page = '{% translate "Back" %}' + days
    assert list(messages.in_template(page)) == [("Back", ""), ("%(n)s %% day", "days")]
