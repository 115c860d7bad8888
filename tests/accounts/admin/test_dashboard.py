"""The admin's first page: numbers that are right, and words where there are none yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from clawdsite.chart import HEIGHT, bars
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from gateway.models import UsageRow
from tests.accounts.admin.house import House, browser_of
from tests.proof import proves


def used(caller: str, *, kind: str = "person", days: int = 0, status: int = 200, tokens: int = 10) -> None:
    UsageRow.objects.create(
        at=timezone.now() - timedelta(days=days),
        request_id="req",
        caller=caller,
        kind=kind,
        route="/v1/chat/completions",
        status=status,
        outcome="ok",
        prompt_tokens=tokens,
        completion_tokens=tokens,
        total_ms=5,
    )


def page(house: House) -> str:
    answer = browser_of(house.root).get("/admin/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
def test_an_empty_house_reads_well() -> None:
    root = User.objects.create_superuser("root")
    text = " ".join(browser_of(root).get("/admin/").content.decode().split())
    assert "No call yet." in text
    assert "No sign-on provider is configured" in text
    assert "None. A person whose sign-in fails sees a reference" in text
    assert "none expires soon" in text
    assert "nobody waits" in text


@proves("promise-S38")
def test_people_teams_clients_and_failures_are_counted(house: House) -> None:
    User.objects.filter(username="alice").update(last_login=timezone.now())
    type(house.identity).objects.update(last_login=timezone.now() - timedelta(days=3))
    type(house.client).objects.update(expires=timezone.now() + timedelta(days=3))
    text = page(house)
    assert "<strong>6</strong> <span>3 signed in within 7 days</span>" in text  # alice, charlie, and root now
    assert "1 without a lead" in text
    assert "1 expire within 14 days" in text
    assert "REF12345" in text
    assert "client.make" in text


def test_calls_are_counted_by_day_and_named_by_who_asked(house: House) -> None:
    for _ in range(3):
        used(str(house.alice.pk))
    used(house.client.subject, kind="client", status=502, days=2)
    used("sso:4711", kind="token", days=20)
    board = browser_of(house.root).get("/admin/").context["board"]
    assert (board.use.requests.total, board.use.requests.today) == (4, 3)
    assert (board.use.tokens.total, board.use.errors.total) == (80, 1)
    assert len(board.use.requests.bars) == 14
    assert board.use.requests.bars[-3].value == 1
    assert [row["name"] for row in board.use.callers] == ["alice", "nightly"]


def test_a_provider_shows_its_last_success_or_failure(house: House) -> None:
    company = {
        "name": "company",
        "issuer_url": "https://sso.example.com",
        "client_id": "clawdbot",
        "client_secret": "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf",
        "redirect_uri": "http://localhost:8080/callback",
    }
    with live.override(Config(mode="development", oauth2=[company])):
        board = browser_of(house.root).get("/admin/").context["board"]
        assert [(each.slug, each.state, each.people) for each in board.providers] == [("company", "quiet", 1)]
        type(house.identity).objects.update(last_login=timezone.now())
        board = browser_of(house.root).get("/admin/").context["board"]
        assert board.providers[0].state == "good"
        type(house.failure).objects.create(reference="REFCOMP1", provider="company", code="expired")
        assert "failed" in page(house)
        assert "kq3vT0" not in page(house)


def test_a_lead_finds_their_teams_and_no_numbers(house: House) -> None:
    answer = browser_of(house.alice).get("/admin/")
    text = answer.content.decode()
    assert "Team of Alice" in text
    assert "Machine clients" not in text
    assert "board" not in answer.context


def test_a_day_with_one_call_beside_a_thousand_is_still_seen() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC).date() for day in (1, 2, 3)]
    drawn = bars("calls", days, [0, 1, 1000])
    assert [bar.height for bar in drawn.bars] == [1, 3, HEIGHT - 4]
    assert (drawn.total, drawn.today) == (1001, 1000)
    assert bars("calls", days, [0, 0, 0]).total == 0
