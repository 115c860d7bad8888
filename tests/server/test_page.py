"""`/` and `/c/<id>`: who gets the page, what it starts with, and that nothing leaves its data blocks."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import ExternalIdentity, Membership, Team, User
from accounts.selectors import caller_for
from accounts.signin import sessions
from chat import page as page_view
from chat import preferences
from chat.models import Conversation, Message, Preferences
from chat.words import LONGEST_TEXT, MOST_IMAGES
from clawdsite import __version__
from clawdsite.core import assets
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import InvalidToken, KeysUnreachable
from tests.proof import proves

pytestmark = pytest.mark.django_db

BOOT = {
    "csrf", "app", "language", "person", "scopes", "teams", "leads", "default_team", "expires_in", "settings",
    "limits", "default_model", "vision", "list", "open",
}  # fmt: skip
SHELL = ("app", "side", "main", "top", "banner", "scroller", "log", "messages", "dock", "status", "toasts")
NASTY = "</script><script>alert(1)</script><!--"


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice", "x", display_name="Alice")
    team = Team.objects.create(slug="team-a", name="Team A")
    Membership.objects.create(user=user, team=team, role=Membership.Role.LEAD)
    return user


@pytest.fixture
def browser(alice: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """alice's, signed in; the model's host is asked nothing."""

    async def no() -> bool:
        return False

    async def here(act: Callable[[], Any]) -> Any:  # in the thread of the test's transaction
        return await sync_to_async(act)()

    monkeypatch.setattr(page_view, "takes_pictures", no)
    monkeypatch.setattr(page_view, "on_connection", here)
    client = Client()
    client.force_login(alice)
    return client


def block(answer: HttpResponse, name: str) -> Any:
    """What a data block of the page holds."""
    found = re.search(
        rf'<script id="{name}" type="application/json">(.*?)</script>', answer.content.decode(), re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


def conversation(owner: User, title: str = "Pools", team: Team | None = None) -> Conversation:
    where = Conversation.objects.create(owner=owner, title=title, team=team, updated=timezone.now())
    question = Message.objects.create(conversation=where, role="user", asker=owner, text="How large?")
    Conversation.objects.filter(pk=where.pk).update(leaf=question.pk)
    return where


# ---- who gets it ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/c/01999999-0000-7000-8000-000000000000", "/c/odd?x=1"])
def test_a_stranger_goes_to_the_login_page_and_comes_back(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "no-store"
    assert answer["Location"] == "/login" + {
        "/": "",
        "/c/odd?x=1": "?next=%2Fc%2Fodd%3Fx%3D1",
    }.get(path, "?next=%2Fc%2F01999999-0000-7000-8000-000000000000")


@proves("ui-87")
def test_a_session_that_is_over_is_a_strangers(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browser.get("/").status_code == 200
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 13 * 3600)  # past the absolute end
    assert browser.get("/")["Location"] == "/login"


@proves("ui-88")
def test_a_person_who_may_not_read_learns_which_right_is_missing(browser: Client, alice: User) -> None:
    teams = Config(
        mode="development",
        oauth2=[
            {
                "provider": "wecom",
                "client_id": "ww1",
                "client_secret": "kept-by-the-gateway-alone",
                "redirect_uri": "http://localhost:8080/callback",
                "provider_options": {"agent_id": "1"},
                "scope_map": {"team-b": ("chat:read",)},
            }
        ],
    )
    issuer = "https://people.example.com"
    ExternalIdentity.objects.create(user=alice, provider="sso", issuer=issuer, subject="alice")
    with live.override(teams):
        answer = browser.get("/")
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "chat:read" in text
    assert 'action="/logout"' in text
    assert 'id="boot"' not in text


def test_only_looking_is_allowed(browser: Client) -> None:
    assert browser.post("/").status_code == 405
    assert browser.head("/").status_code == 200


def test_without_a_build_the_page_says_what_to_run(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "is_built", lambda: False)
    answer = browser.get("/")
    assert (answer.status_code, answer.content.decode()) == (503, assets.UNBUILT)
    assert "make setup" in assets.UNBUILT


@pytest.mark.parametrize(
    "away", [OperationalError("gone"), KeysUnreachable("away")], ids=lambda e: type(e).__name__
)
@proves("promise-M16")
def test_without_its_database_the_page_says_try_again(
    browser: Client, monkeypatch: pytest.MonkeyPatch, away: Exception
) -> None:
    def broken(*_: object) -> None:
        raise away

    monkeypatch.setattr(page_view, "_facts", broken)
    answer = browser.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Try again soon" in answer.content.decode()


def test_a_person_who_is_switched_off_at_this_moment_is_a_stranger(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise InvalidToken("token names a person who is not active here")

    monkeypatch.setattr(sessions, "caller_of", gone)
    assert browser.get("/")["Location"] == "/login"


# ---- what it starts with ----------------------------------------------------------------------


def test_the_shell_has_what_the_scripts_fill(browser: Client) -> None:
    answer = browser.get("/")
    text = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert [name for name in SHELL if text.count(f'id="{name}"') != 1] == []
    assert '<a class="skip" href="#text">' in text
    assert f'<script type="module" src="{assets.address("chat.js")}">' in text
    assert f'<link rel="stylesheet" href="{assets.address("chat.css")}">' in text
    assert "style=" not in text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assert "interactive-widget=resizes-content" in text


@proves("ui-93")
def test_without_scripts_the_page_says_so(browser: Client) -> None:
    text = browser.get("/").content.decode()
    assert "This page needs JavaScript" in re.search(r"<noscript>(.*?)</noscript>", text, re.DOTALL)[1]  # type: ignore[index]


def test_the_facts_are_whole(browser: Client, alice: User) -> None:
    boot = block(browser.get("/"), "boot")
    assert set(boot) == BOOT
    assert boot["person"] == {"id": str(alice.pk), "name": "Alice", "staff": False}
    assert boot["app"] == __version__
    assert boot["scopes"] == ["chat:read", "chat:write", "history:team-a", "image:upload"]
    assert (boot["teams"], boot["leads"]) == ([{"slug": "team-a", "name": "Team A"}], ["team-a"])
    assert boot["limits"]["text"] == LONGEST_TEXT
    assert boot["limits"]["images"] == MOST_IMAGES
    assert set(boot["limits"]) == {"text", "images", "image_bytes", "image_pixels"}
    assert 7100 < boot["expires_in"] <= 7200
    assert boot["settings"] == preferences.settings_of(caller_for(alice))
    assert boot["open"] is None
    assert boot["list"]["conversations"] == []
    origin = {"X-CSRFToken": boot["csrf"], "Origin": "http://testserver"}
    assert browser.post("/api/session", headers=origin).status_code == 200
    assert browser.post("/api/session", headers=origin | {"X-CSRFToken": "x"}).status_code == 403


def test_a_new_conversation_starts_where_the_team_wants_it(browser: Client) -> None:
    assert block(browser.get("/"), "boot")["default_team"] is None
    Team.objects.update(default_visibility=Team.Visibility.TEAM)
    assert block(browser.get("/"), "boot")["default_team"] == "team-a"


@proves("ui-68")
def test_an_address_opens_its_conversation(browser: Client, alice: User) -> None:
    where = conversation(alice)
    answer = browser.get(f"/c/{where.pk}")
    opened = block(answer, "boot")["open"]
    assert answer.status_code == 200
    assert set(opened) == {"conversation", "messages", "before", "leaf"}
    assert opened["conversation"]["id"] == str(where.pk)
    assert [message["text"] for message in opened["messages"]] == ["How large?"]
    assert "<title>Pools · Clawdbot</title>" in answer.content.decode()


def test_what_is_hidden_is_missing_as_what_never_was(browser: Client, alice: User) -> None:
    theirs = conversation(User.objects.create_user("charlie"))
    mine = conversation(alice)
    odd = (str(uuid.uuid4()), str(theirs.pk), str(mine.pk).upper(), mine.pk.hex, "nothing", "%00", "a" * 3000)
    bodies = set()
    for name in odd:
        answer = browser.get(f"/c/{name}")
        assert answer.status_code == 404
        assert block(answer, "boot")["open"] == {"missing": True}
        assert "<title>Clawdbot</title>" in answer.content.decode()
        bodies.add(re.sub(r'"(csrf|expires_in)": ("[^"]*"|\d+)', "", answer.content.decode()))
    assert len(bodies) == 1


def test_nothing_that_people_wrote_leaves_its_data_block(browser: Client, alice: User) -> None:
    where = conversation(alice, NASTY)
    text = browser.get(f"/c/{where.pk}").content.decode()
    assert NASTY not in text
    assert text.count("<script") == 3  # the module and two blocks of data
    assert "<title>&lt;/script&gt;" in text
    assert block(browser.get(f"/c/{where.pk}"), "boot")["open"]["conversation"]["title"] == NASTY


# ---- language and theme -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "asks", "lang"),
    [("auto", "zh-CN", "zh"), ("auto", "fr", "en"), ("zh", "en", "zh"), ("en", "zh-CN", "en")],
)
@proves("ui-104")
def test_the_persons_language_counts_then_the_browsers(
    browser: Client, alice: User, setting: str, asks: str, lang: str
) -> None:
    Preferences.objects.create(user=alice, values={"language": setting})
    answer = browser.get("/", headers={"accept-language": asks})
    text = answer.content.decode()
    assert f'<html lang="{ {"zh": "zh-Hans", "en": "en"}[lang] }">' in text
    assert answer["Content-Language"] == {"zh": "zh-hans", "en": "en"}[lang]
    assert block(answer, "boot")["language"] == lang
    assert block(answer, "texts")["cancel"] == {"zh": "取消", "en": "Cancel"}[lang]
    assert ("对话内容" in text) is (lang == "zh")


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
@proves("ui-99")
def test_the_chosen_theme_is_there_before_any_script(browser: Client, alice: User, theme: str) -> None:
    Preferences.objects.create(user=alice, values={"theme": theme})
    text = browser.get("/").content.decode()
    assert (f'data-theme="{theme}"' in text) is (theme != "auto")
    colours = re.findall(r'name="theme-color" content="([^"]+)"', text)
    assert colours == {"auto": ["#ffffff", "#17181b"], "light": ["#ffffff"], "dark": ["#17181b"]}[theme]


def test_the_page_keeps_a_session_alive_and_opens_none(browser: Client) -> None:
    before = Session.objects.count()
    Client().get("/")
    browser.get("/")
    assert Session.objects.count() == before
    facts = [row.get_decoded().get(sessions.FACTS) for row in Session.objects.all()]
    assert all(facts)
