"""Too many failures are a 429; a flood keeps nobody else from working."""

from __future__ import annotations

import pytest

from accounts.oauth import throttle
from clawdsite.core.config import live
from clawdsite.core.config.schema import ClientRates, Config, Limits
from tests.accounts.oauth.asking import GRANT, Machine, basic, post
from tests.proof import proves


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting begins anew with each minute: the tests' clock stands still."""
    monkeypatch.setattr("django_ratelimit.core.time.time", lambda: 1_800_000_000.0)


def fail(client_id: str, **options: str) -> int:
    answer = post("/oauth/token", GRANT, headers=basic(client_id, "wrong"), **options)
    if answer.status_code == 429:
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.json()["error"] == "temporarily_unavailable"
    return answer.status_code


@proves("sso-H14")
def test_failures_of_one_client_are_counted_wherever_they_come_from(build: Machine) -> None:
    statuses = [fail(build.client_id, address=f"192.0.2.{number}") for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2


@proves("sso-H14")
def test_failures_from_one_address_are_counted_whomever_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "BY_ADDRESS", "5/m")
    statuses = [fail(f"cb_{number:020x}") for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert fail("cb_" + "9" * 20, address="198.51.100.1") == 401
    ipv6 = [fail(f"cb_{number:020x}", address=f"2001:db8::{number}") for number in range(7)]
    assert ipv6 == [401] * 5 + [429] * 2  # a subscriber has a /64


@proves("sso-H14")
def test_a_flood_locks_out_neither_another_client_nor_the_one_it_names(
    build: Machine, nightly: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "BY_ADDRESS", "5/m")
    while fail(build.client_id) != 429:
        pass
    assert nightly.ask_token().status_code == 200
    assert build.ask_token().status_code == 200
    assert fail(nightly.client_id, address="198.51.100.1") == 401


@proves("sso-H14")
@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
def test_the_neighbours_count_together_with_it(path: str, build: Machine) -> None:
    statuses = [build.post(path, {"token": "x"}, secret="wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_a_client_gets_as_many_tokens_a_minute_as_calls(config: Config, build: Machine) -> None:
    limits = Limits(per_client=ClientRates(rpm=3))
    with live.override(config.model_copy(update={"limits": limits})):
        answers = [build.ask_token() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
