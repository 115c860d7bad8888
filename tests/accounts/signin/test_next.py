"""Where a person may be sent: every line of the list of open redirects stays here (../shared/corpora)."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from accounts.signin import next_url
from clawdsite.core.config import live
from tests import corpora
from tests.accounts.signin import support
from tests.accounts.signin.support import sign_in
from tests.proof import proves

HERE = "http://localhost"


@cache
def lines() -> tuple[str, ...]:
    folder = corpora.folder("open-redirect")
    files = sorted(folder.rglob("*.txt")) if folder is not None else []
    texts = [path.read_text(errors="replace") for path in files if path.name != "SOURCE.txt"]
    return tuple(dict.fromkeys(line for text in texts for line in text.splitlines() if line))


def lands(location: str) -> str:
    """The origin that a browser would end at: it drops blanks and control characters, and knows \\ as /."""
    seen = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    parts = urlsplit(urljoin(HERE + "/callback", seen))
    return f"{parts.scheme}://{parts.netloc}"


def groups() -> list[tuple[str, ...]]:
    return [lines()[start : start + 100] for start in range(0, len(lines()), 100)]


@pytest.mark.parametrize("group", groups(), ids=lambda group: f"{len(group)}-from-{group[0][:20]!r}")
@proves("hard-H16")
def test_no_line_of_the_list_leads_away(group: tuple[str, ...]) -> None:
    assert [line for line in group if lands(next_url.safe(line)) != HERE] == []


@pytest.mark.parametrize("group", groups()[::5], ids=lambda group: f"{group[0][:20]!r}")
@proves("hard-H16")
def test_nor_through_the_whole_sign_in_and_sign_out(group: tuple[str, ...]) -> None:
    """Each fifth hundred, each tenth line, over the real addresses."""
    User.objects.create_user("bob", "correct horse battery")
    for line in group[::10]:
        client = Client(headers={"host": "localhost"})
        assert lands(sign_in(client, next=line)["Location"]) == HERE, line
        form = {"username": "bob", "password": "correct horse battery", "next": line}
        with live.override(support.config(auth={"local_login": True})):
            client = Client(headers={"host": "localhost"})
            client.force_login(User.objects.get(username="bob"))
            assert lands(client.post("/logout", {"next": line})["Location"]) == HERE, line
            assert lands(client.get("/login", {"next": form["next"]}).headers.get("Location", "/")) == HERE


def test_the_judge_of_this_file_would_see_an_open_redirect() -> None:
    for line in ("//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"):
        assert lands(line) != HERE
