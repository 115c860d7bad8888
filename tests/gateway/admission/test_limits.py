"""Requests a minute and calls at once: exactly the limit passes, and the refusal says when to come back."""

from __future__ import annotations

import pytest

from accounts.caller import Caller
from clawdsite.core.config.live import override
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import RateLimited
from gateway.admission import limits
from gateway.call import Call

ALICE = Caller("token", "jwt:alice", frozenset({"chat:read", "chat:write"}))
BOB = Caller("token", "jwt:bob", frozenset({"chat:write"}))
MACHINE = Caller("client", "client:nightly", frozenset({"chat:write"}))
DEBUG = Caller("debug", "debug", frozenset({"chat:write"}))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(limits, "window", limits.Window(clock))
    monkeypatch.setattr(limits, "seats", limits.Seats())
    return clock


def configured(**parts):
    return override(Config(mode="development", limits=parts))


def test_exactly_the_limit_passes_in_any_minute(clock):
    window = limits.Window(clock)
    assert [window.take("alice", 3)[0] for _ in range(5)] == [True, True, True, False, False]
    clock.now += 59.9
    assert not window.take("alice", 3)[0]
    clock.now += 0.2
    assert [window.take("alice", 3)[0] for _ in range(4)] == [True, True, True, False]


def test_a_refused_request_does_not_push_the_next_one_back(clock):
    window = limits.Window(clock)
    window.take("alice", 1)
    for _ in range(10):
        clock.now += 5
        window.take("alice", 1)
    clock.now += 10.1
    assert window.take("alice", 1)[0]


def test_retry_after_is_true_to_the_second(clock):
    with configured(per_user={"rpm": 2}):
        for _ in range(2):
            limits.count_caller(ALICE, Call("r"))
            clock.now += 10
        with pytest.raises(RateLimited) as refusal:
            limits.count_caller(ALICE, Call("r"))
        wait = int(refusal.value.headers()["Retry-After"])
        assert wait == 40
        clock.now += wait
        limits.count_caller(ALICE, Call("r"))


def test_the_headers_tell_what_is_left(clock):
    with configured(per_user={"rpm": 2}):
        call = Call("r")
        limits.count_caller(ALICE, call)
        assert call.response_headers == {
            "x-ratelimit-limit-requests": "2",
            "x-ratelimit-remaining-requests": "1",
            "x-ratelimit-reset-requests": "60s",
        }


def test_bob_is_not_slowed_by_alice(clock):
    with configured(per_user={"rpm": 1}):
        limits.count_caller(ALICE, Call("r"))
        limits.count_caller(BOB, Call("r"))
        with pytest.raises(RateLimited):
            limits.count_caller(ALICE, Call("r"))


def test_a_machine_client_has_limits_of_its_own_and_the_debug_port_has_none(clock):
    with configured(per_user={"rpm": 1}, per_client={"rpm": 2}):
        limits.count_caller(MACHINE, Call("r"))
        limits.count_caller(MACHINE, Call("r"))
        with pytest.raises(RateLimited):
            limits.count_caller(MACHINE, Call("r"))
        for _ in range(50):
            limits.count_caller(DEBUG, Call("r"))


def test_an_address_is_limited_before_anyone_is_identified(clock):
    with configured(per_address={"rpm": 2}):
        limits.count_address(Call("r", address="192.0.2.7"))
        limits.count_address(Call("r", address="192.0.2.7"))
        limits.count_address(Call("r", address="192.0.2.8"))
        with pytest.raises(RateLimited):
            limits.count_address(Call("r", address="192.0.2.7"))


def test_an_ipv6_subscriber_is_one_address_whatever_its_last_half():
    assert limits.network_of("2001:db8:1:2::1") == limits.network_of("2001:db8:1:2:ffff::9")
    assert limits.network_of("2001:db8:1:2::1") != limits.network_of("2001:db8:1:3::1")
    assert limits.network_of("::ffff:192.0.2.7") == "192.0.2.7"


def test_calls_at_once_are_bounded_and_a_seat_is_given_back_once(clock):
    with configured(per_user={"parallel": 2}):
        first, second = limits.sit(ALICE, Call("r")), limits.sit(ALICE, Call("r"))
        with pytest.raises(RateLimited, match="2 calls of yours are running"):
            limits.sit(ALICE, Call("r"))
        first()
        first()
        third = limits.sit(ALICE, Call("r"))
        with pytest.raises(RateLimited):
            limits.sit(ALICE, Call("r"))
        second()
        third()
        assert limits.seats.taken == {}


def test_memory_is_bounded_by_forgetting_who_was_longest_unseen(clock, monkeypatch):
    monkeypatch.setattr(limits, "KEYS", 100)
    window = limits.Window(clock)
    for n in range(1000):
        window.take(f"address:{n}", 5)
    assert len(window.seen) <= 100
