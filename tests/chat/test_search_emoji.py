"""Emoji are found, alone and beside words, whatever colour they have (M10)."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from chat.models import IndexRow, Message
from chat.search.snippets import snippet
from tests.chat.test_search import found, joined, person, said
from tests.proof import proves


@proves("promise-M10")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "query", "is_found"),
    [
        ("👍", "👍", True),
        ("well done 👍🏽!", "👍", True),
        ("well done 👍!", "👍🏿", True),
        ("完成👍", "完成👍", True),
        ("完成👍", "成 👍", True),
        ("👍 and 🎉", "🎉 👍", True),
        ("👍 and 🎉", "👍🎉", False),
        ("👩\u200d💻 at work", "👩\u200d💻", True),
        ("from 🇨🇳", "🇨🇳", True),
        ("from 🇨🇳", "🇩🇪", False),
        ("❤\ufe0f", "❤", True),
        ("✅ done", "✅ do", True),
        ("├── src", "├──", False),
    ],
)
def test_an_emoji_is_found_by(text: str, query: str, is_found: bool) -> None:
    alice = person("alice")
    assert bool(found(alice, query) if said(alice, text) else None) is is_found


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("well done 👍🏽!", "👍", "well done [👍]🏽!"),
        ("👩\u200d💻 at work", "👩\u200d💻", "[👩\u200d💻] at work"),
        ("完成👍了", "完成👍", "[完成👍]了"),
    ],
)
def test_a_snippet_marks_it(text: str, query: str, shown: str) -> None:
    assert joined(snippet(text, query)) == shown


@pytest.mark.django_db
def test_what_was_written_before_is_found_by_its_emoji_too() -> None:
    alice = person("alice")
    where = said(alice, "all of it 🎉", "🎉", "nothing here", title="The 🎉")
    IndexRow.objects.exclude(message=None).filter(message__text="🎉").delete()  # as an older version left it
    for row in IndexRow.objects.all():
        IndexRow.objects.filter(pk=row.pk).update(words=row.words.replace("🎉", "").strip())
    assert found(alice, "🎉") == set()
    fill: Any = importlib.import_module("chat.migrations.0007_emoji").fill
    for _ in range(2):
        fill(apps, None)
        assert found(alice, "🎉") == {where.id}
    rows = IndexRow.objects.filter(words__found=[("🎉",)])
    assert set(rows.values_list("message__text", flat=True)) == {None, "all of it 🎉", "🎉"}
    assert IndexRow.objects.get(message__text="nothing here").at <= timezone.now()
    assert Message.objects.count() == 3
