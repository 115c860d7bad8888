"""`make run` lets somebody in: people of the demo, on this machine and in development alone."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from django.test import Client, RequestFactory

from accounts import demo
from accounts.models import Membership, User
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.doubles.ollama import OllamaDouble
from tests.server.process import Process

TOLD = re.compile(r"Sign in at \S+ as (.+); password (\S+)")


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_demo", None)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)


def config(folder: Path, **parts: object) -> Config:
    return Config(mode="development", data_dir=str(folder), **parts)


def test_it_says_who_and_by_which_password_and_the_login_page_does_too(double: OllamaDouble) -> None:
    with Process(cold=True, args=("--demo",), upstream={"url": double.url}) as gateway:
        names, password = gateway.wait_for(
            lambda: next((found.groups() for found in map(TOLD.match, gateway.out) if found), None)
        )
        assert names == "alice, bob, charlie, admin"
        assert password not in "".join(gateway.log)
        with gateway.client(None) as browser:
            page = browser.get("/login").text
            assert password in page
            for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"):  # a proxy here lets others in
                assert password not in browser.get("/login", headers={header: "for=192.0.2.7"}).text
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
            assert token is not None
            form = {"csrfmiddlewaretoken": token[1], "username": "alice", "password": password, "next": "/"}
            signed_in = browser.post("/login", data=form, headers={"Origin": gateway.url})
            assert (signed_in.status_code, signed_in.headers["location"]) == (302, "/")
            assert '"name": "Alice"' in browser.get("/").text
            assert password not in browser.get("/").text


@pytest.mark.django_db
def test_a_second_start_finds_the_same_people_and_password(tmp_path: Path) -> None:
    with live.override(config(tmp_path)):
        first, again = demo.begin(), demo.begin()
        assert first == again
        assert first is not None
        assert User.objects.get(username="alice").check_password(first.password)
        assert User.objects.get(username="admin").is_superuser
        assert stat.S_IMODE((tmp_path / demo.FILE).stat().st_mode) == 0o600
        rows = Membership.objects.values_list("user__username", "team__slug", "role")
        assert set(rows) == {
            ("alice", "team-a", "member"),
            ("bob", "team-a", "lead"),
            ("charlie", "team-b", "member"),
        }


@pytest.mark.django_db
def test_a_database_that_was_thrown_away_gets_them_anew(tmp_path: Path) -> None:
    with live.override(config(tmp_path)):
        first = demo.begin()
        User.objects.all().delete()
        assert demo.begin() == first
        assert User.objects.count() == 4


@pytest.mark.django_db
def test_who_was_there_before_is_left_as_they_are(tmp_path: Path) -> None:
    User.objects.create_superuser("root", "her own")
    User.objects.create_user("alice", "her own")
    with live.override(config(tmp_path)):
        made = demo.begin()
    assert made is not None
    assert (made.names, made.admin) == (("bob", "charlie"), "")
    assert User.objects.get(username="alice").check_password("her own")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "parts",
    [{"server": {"host": "0.0.0.0"}}, {"mode": "production", "server": {"public_url": "https://c.example"}}],
    ids=["open to the network", "production"],
)
def test_elsewhere_there_are_none(tmp_path: Path, parts: dict[str, object]) -> None:
    with live.override(Config(**({"mode": "development", "data_dir": str(tmp_path)} | parts))):
        assert demo.begin() is None
        assert User.objects.count() == 0
        assert not (tmp_path / demo.FILE).exists()


@pytest.mark.django_db
def test_a_browser_on_another_machine_is_offered_nobody(tmp_path: Path) -> None:
    with live.override(config(tmp_path)):
        made = demo.begin()
        assert made is not None
        asked = RequestFactory().get("/login")
        assert demo.shown_to(asked) == made
        for address in ("192.0.2.7", "2001:db8::1", "", "unix:"):
            asked.META["REMOTE_ADDR"] = address
            assert demo.shown_to(asked) is None
        assert made.password in Client().get("/login").content.decode()
        assert made.password not in Client(REMOTE_ADDR="192.0.2.7").get("/login").content.decode()
