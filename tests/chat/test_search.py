"""Search finds exactly what a plain scan of everything the caller may read would find (M10)."""

from __future__ import annotations

import time
import unicodedata
import uuid
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.caller import Caller
from accounts.models import Membership, Team, User
from accounts.selectors import caller_for
from chat.models import Conversation, Grant, IndexRow, Message
from chat.search import index
from chat.search.finding import find, matches
from chat.search.snippets import snippet
from chat.search.tokens import phrases, tokens
from chat.services import keeping
from clawdsite.core.errors import BadRequest
from tests.proof import proves

HAN = "中文字检索测试第章ア"
EMOJI = "👍❤🇨"
ALPHABET = HAN + EMOJI + "abABé１２Ａ3 \n，-…_'\"*\ufe0f"


# ---- the plain scan ---------------------------------------------------------------------------


def kind(char: str) -> str:
    if char in HAN:
        return "han"
    return "emoji" if char in EMOJI else "word" if char.isalnum() else ""


def plain(text: str) -> str:
    """Case and width aside, one space between what is apart; each emoji is."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = "".join(f" {char} " if char in EMOJI else char for char in folded)
    return " ".join("".join(chars) for what, chars in groupby(folded, kind) if what)


def scan(text: str, query: str) -> bool:
    """Each piece stands there: Chinese and emoji anywhere, a word where a word begins."""
    there, pieces = plain(text), [found for piece in query.split() if (found := plain(piece))]

    def stands(piece: str) -> bool:
        places = (at for at in range(len(there)) if there.startswith(piece, at))
        return any(kind(piece[0]) == "han" or at == 0 or there[at - 1] == " " for at in places)

    return bool(pieces) and all(map(stands, pieces))


# ---- people and what they wrote ----------------------------------------------------------------


def person(name: str, *teams: str) -> Caller:
    user, _ = User.objects.get_or_create(username=name)
    for slug in teams:
        Membership.objects.get_or_create(user=user, team=Team.objects.get_or_create(slug=slug)[0])
    return caller_for(user, session=f"of-{name}", issued=time.time())


def said(owner: Caller, *texts: str, title: str = "", team: str | None = None) -> Conversation:
    slug = Team.objects.get(slug=team) if team else None
    where = Conversation.objects.create(owner_id=owner.id, title=title, team=slug, updated=timezone.now())
    index.keep_title(where)
    for text in texts:
        message = Message.objects.create(conversation=where, role="user", text=text)
        index.keep_text(where.id, message.id, text)
    return where


def found(caller: Caller, query: str) -> set[uuid.UUID]:
    return set(matches(caller, query).values_list("conversation", flat=True))


# ---- tokens -------------------------------------------------------------------------------------


def test_chinese_is_cut_into_pairs_and_words_are_left_whole() -> None:
    assert tokens("Clawdbot ＡＰＩ 中文字，字") == ["clawdbot", "api", "中文", "文字", "字", "字"]
    assert phrases("中文字 Straße 第3章") == [("中文", "文字"), ("strasse",), ("第", "3", "章")]
    assert phrases("!? ，") == []


anything = given(
    corpus=st.lists(st.text(ALPHABET, max_size=40), min_size=1, max_size=8),
    queries=st.lists(st.text(ALPHABET, min_size=1, max_size=6), min_size=1, max_size=6),
)
tried = partial(
    settings,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@proves("promise-M10")
@pytest.mark.django_db
@tried(max_examples=40)
@anything
def test_search_is_a_plain_scan(corpus: list[str], queries: list[str], proof: str) -> None:
    agrees(corpus, queries)


@pytest.mark.prove
@proves("promise-M10")
@pytest.mark.django_db
@tried(max_examples=1000)
@anything
def test_search_is_a_plain_scan_of_a_thousand(corpus: list[str], queries: list[str], proof: str) -> None:
    agrees(corpus, queries)


def agrees(corpus: list[str], queries: list[str]) -> None:
    """The index finds what a scan finds, for these queries and for pairs of letters of each text."""
    IndexRow.objects.all().delete()
    alice = person("alice")
    texts = {said(alice, text).id: text for text in corpus}
    pairs = [text[at : at + 2] for text in corpus for at in range(0, max(len(text) - 1, 0), 3)]
    for query in [*queries, *pairs]:
        if len(query.split()) <= 8:
            expected = {where for where, text in texts.items() if scan(text, query)}
            assert found(alice, query) == expected, query


@proves("promise-M10")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "query", "is_found"),
    [
        ("我们讨论了数据库迁移的计划", "迁移", True),
        ("我们讨论了数据库迁移的计划", "库迁", True),
        ("我们讨论了数据库迁移的计划", "划", True),
        ("我们讨论了数据库迁移的计划", "迁库", False),
        ("迁 移", "迁移", False),
        ("Deployment of ＧＰＵ nodes", "gpu deploy", True),
        ("Deployment of nodes", "ployment", False),
        ("hello world", "\"hello\" OR nothing*", False),
        ("see chapter-12", "chapter-1", True),
        ("𠮷野家", "𠮷野", True),
        ("ไทยแลนด์", "แลน", True),
        ("x" * 100, "x" * 90, True),
    ],
)
def test_a_text_is_found_by(text: str, query: str, is_found: bool, proof: str) -> None:
    alice = person("alice")
    assert bool(found(alice, query) if said(alice, text) else None) is is_found


@pytest.mark.django_db
def test_a_text_too_long_for_an_index_of_words_is_found_all_the_same() -> None:
    alice = person("alice")
    long = " ".join(f"{number:063d}" for number in range(20_000))
    where = said(alice, long + " 最后的话")
    assert found(alice, "最后的") == {where.id}
    assert found(alice, f"{19_999:063d}") == {where.id}
    assert found(alice, "不在") == set()


@pytest.mark.django_db
def test_titles_come_first_then_the_newest() -> None:
    alice = person("alice")
    old, new = said(alice, "the release plan"), said(alice, "a release")
    titled = said(alice, "something else", title="Release")
    Conversation.objects.filter(id=titled.id).update(updated=timezone.now() - timedelta(days=9))
    results = find(alice, "release")["results"]
    assert [one["conversation"] for one in results] == [str(titled.id), str(new.id), str(old.id)]
    assert results[0]["title"] == [{"text": "Release", "hit": True}]
    assert results[0]["message"] is None
    assert {"text": "release", "hit": True} in results[1]["snippet"]


@pytest.mark.django_db
def test_pages_hold_everything_once_and_a_cursor_is_its_callers() -> None:
    alice, bob = person("alice"), person("bob")
    all_of_them = {str(said(alice, f"note {number}").id) for number in range(45)}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = find(alice, "note", cursor=cursor)
        seen += [one["conversation"] for one in page["results"]]
        last, cursor = cursor, page["next"]
    assert len(seen) == 45
    assert set(seen) == all_of_them
    for caller, query in ((bob, "note"), (alice, "other")):
        with pytest.raises(BadRequest):
            find(caller, query, cursor=last)


@proves("promise-M10")
@pytest.mark.django_db
def test_only_what_may_be_read_now_is_found(proof: str) -> None:
    alice, bob, charlie = person("alice", "team-a"), person("bob", "team-a"), person("charlie", "team-b")
    private, shared = said(alice, "秘密 plan"), said(alice, "秘密 roadmap", team="team-a")
    assert found(alice, "秘密") == {private.id, shared.id}
    assert found(bob, "秘密") == {shared.id}
    assert found(charlie, "秘密") == set()
    until = timezone.now() + timedelta(hours=1)
    Grant.objects.create(conversation=private, person_id=charlie.id, reason="x", until=until)
    assert found(charlie, "秘密") == {private.id}
    Grant.objects.update(until=timezone.now())
    assert found(charlie, "秘密") == set()
    keeping.move(alice, shared.id, None)
    assert found(bob, "秘密") == set()
    keeping.move(alice, shared.id, "team-a")
    Membership.objects.filter(user=alice.id).delete()
    assert found(person("alice"), "秘密") == {private.id}  # who leaves a team leaves its conversations
    machine = Caller("client", "client:x", frozenset({"chat:read"}), frozenset({"team-a"}))
    assert found(machine, "秘密") == {shared.id}
    assert found(Caller("client", "client:x", frozenset(), frozenset({"team-a"})), "秘密") == set()


def looked_up() -> int:
    """How many entries the database's own index has for one token."""
    sql = "SELECT count(*) FROM chat_words WHERE chat_words MATCH '\"消失\"'"
    if connection.vendor == "postgresql":
        sql = "SELECT count(*) FROM chat_indexrow WHERE found @@ '''消失'''::tsquery"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_what_is_deleted_is_not_found_at_once_and_leaves_the_index_with_the_purge() -> None:
    alice = person("alice")
    where = said(alice, "会消失的文字", title="消失")
    kept = said(alice, "别的")
    keeping.delete(alice, where.id)
    assert found(alice, "消失") == set()
    assert looked_up() == 2
    keeping.undo(alice, where.id)
    assert found(alice, "消失") == {where.id}
    keeping.delete(alice, where.id)
    Conversation.objects.filter(id=where.id).update(deleted=timezone.now() - timedelta(seconds=31))
    keeping.purge()
    assert looked_up() == 0
    assert set(IndexRow.objects.values_list("conversation", flat=True)) == {kept.id}


@pytest.mark.django_db
def test_a_new_title_takes_the_old_ones_place() -> None:
    alice = person("alice")
    where = said(alice, title="消失 first")
    keeping.rename(alice, where.id, "second")
    assert found(alice, "first") == set()
    assert found(alice, "second") == {where.id}
    assert looked_up() == 0


@pytest.mark.django_db
def test_a_pasted_sentence_is_looked_for_whole() -> None:
    alice = person("alice")
    sentence = "Don't remove the data of the old host before all of its reports are copied (see 205)"
    where = said(alice, sentence, title="moving")
    assert found(alice, sentence) == {where.id}
    assert found(alice, f"{sentence} never") == set()


@pytest.mark.parametrize(
    ("query", "code"),
    [("x" * 201, "too_long"), (" ".join(map(str, range(41))), "too_long"), ("a\x00", "invalid_value")],
)
@pytest.mark.django_db
def test_a_query_is_bounded(query: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        find(person("alice"), query)
    assert (refused.value.code, refused.value.param) == (code, "q")


def joined(pieces: list[dict[str, Any]]) -> str:
    return "".join(f"[{one['text']}]" if one["hit"] else one["text"] for one in pieces)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("关于数据库迁移", "迁移", "关于数据库[迁移]"),
        ("ＧＰＵ… and gpus", "gpu", "[ＧＰＵ]… and [gpu]s"),
        ("<b>bold</b>\n\nnew", "bold", "<b>[bold]</b> new"),
        ("nothing", "else", "nothing"),
        ("Straße", "strasse", "[Straße]"),
    ],
)
def test_a_snippet_marks_what_was_found(text: str, query: str, shown: str) -> None:
    assert joined(snippet(text, query)) == shown


def test_a_snippet_of_a_long_text_shows_the_place() -> None:
    shown = joined(snippet("前" * 5000 + " 目标 " + "后" * 5000, "目标"))
    assert "[目标]" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 200
