"""App tokens: one fetcher, no other app's, no former secret's (sso-F2, sso-F3, sso-F25)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from accounts.providers.apptoken import EARLY, MOST, AppTokens, Key
from accounts.providers.base import SSOError
from accounts.providers.http import Deadline
from tests.accounts.vendors.login import At
from tests.doubles.dingtalk import APP_TOKEN as DINGTALK_TOKEN
from tests.doubles.feishu import APP_TOKEN as FEISHU_TOKEN
from tests.doubles.wecom import GETTOKEN
from tests.proof import proves

KEY = Key.of("wecom", "corp", "secret", "https://qyapi.weixin.qq.com")
PATHS = {"wecom": GETTOKEN, "dingtalk": DINGTALK_TOKEN, "feishu": FEISHU_TOKEN, "lark": FEISHU_TOKEN}


class Vendor:
    """Hands out t1, t2, ...; a gate holds it up. now: the cache's clock."""

    def __init__(self, lifetime: Any = 7200) -> None:
        self.lifetime, self.fetched, self.now = lifetime, 0, 1000.0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.cache = AppTokens(lambda: self.now)

    def fetch(self) -> tuple[str, Any]:
        self.entered.set()
        assert self.gate.wait(10)
        self.fetched += 1
        return f"t{self.fetched}", self.lifetime

    def get(self, key: Key = KEY, seconds: float = 10) -> str:
        return self.cache.get(key, self.fetch, Deadline.after(seconds))


@proves("sso-F2")
def test_who_comes_during_a_fetch_waits_for_it() -> None:
    vendor = Vendor()
    vendor.gate.clear()
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(vendor.get) for _ in range(8)]
        assert vendor.entered.wait(10)
        vendor.gate.set()
        assert {one.result(10) for one in waiting} == {"t1"}
    assert vendor.fetched == 1


def test_a_failure_is_everybodys_who_waited_and_nobodys_afterwards() -> None:
    vendor = Vendor()
    with pytest.raises(SSOError):
        vendor.cache.get(KEY, _fail, Deadline.after())
    assert vendor.get() == "t1"


def _fail() -> tuple[str, Any]:
    raise SSOError("misconfigured", "no")


def test_a_fault_of_the_program_keeps_nobody_waiting() -> None:
    vendor = Vendor()
    with pytest.raises(ZeroDivisionError):
        vendor.cache.get(KEY, lambda: (str(1 // 0), 1), Deadline.after())
    assert vendor.get() == "t1"


def test_who_waits_waits_no_longer_than_the_sign_in_has() -> None:
    vendor = Vendor()
    vendor.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(vendor.get)
        assert vendor.entered.wait(10)
        with pytest.raises(SSOError) as caught:
            vendor.get(seconds=0.01)
        vendor.gate.set()
        assert first.result(10) == "t1"
    assert caught.value.code == "provider_unavailable"


def test_a_token_is_used_until_two_minutes_before_its_end() -> None:
    vendor = Vendor()
    assert vendor.get() == "t1"
    vendor.now += 7200 - EARLY - 1
    assert vendor.get() == "t1"
    vendor.now += 2
    assert vendor.get() == "t2"


def test_a_token_with_little_time_left_is_not_fetched_for_each_call() -> None:
    vendor = Vendor(lifetime=60)
    assert [vendor.get(), vendor.get()] == ["t1", "t1"]
    vendor.now += 31
    assert vendor.get() == "t2"


@pytest.mark.parametrize("lifetime", [None, "7200", 0, -1, True, 1e9, 10**9, 7200.5])
def test_a_lifetime_that_is_none_is_no_token(lifetime: Any) -> None:
    with pytest.raises(SSOError) as caught:
        Vendor(lifetime).get()
    assert caught.value.code == "provider_unavailable"


@proves("sso-F3")
def test_only_the_token_that_failed_is_dropped() -> None:
    vendor = Vendor()
    old = vendor.get()
    vendor.cache.drop(KEY, old)
    new = vendor.get()
    vendor.cache.drop(KEY, old)  # a slower caller's word about the same old token
    assert (vendor.get(), vendor.fetched) == (new, 2)


def test_the_memory_is_bounded() -> None:
    vendor = Vendor()
    for number in range(MOST + 10):
        vendor.get(Key.of("wecom", f"corp{number}", "secret", ""))
    assert len(vendor.cache._entries) == MOST


def test_a_key_and_an_entry_show_neither_secret_nor_token() -> None:
    vendor = Vendor()
    key = Key.of("wecom", "corp", "the-secret-itself", "")
    token = vendor.get(key)
    assert "the-secret-itself" not in repr(key)
    assert token not in repr(vendor.cache._entries)


@proves("sso-F25")
@pytest.mark.parametrize(
    "other",
    [
        Key.of("feishu", "corp", "secret", "https://qyapi.weixin.qq.com"),
        Key.of("wecom", "corp2", "secret", "https://qyapi.weixin.qq.com"),
        Key.of("wecom", "corp", "secret2", "https://qyapi.weixin.qq.com"),
        Key.of("wecom", "corp", "secret", "https://private.example.com"),
    ],
    ids=["kind", "app", "secret", "host"],
)
def test_no_other_apps_token_is_used(other: Key) -> None:
    vendor = Vendor()
    assert vendor.get() != vendor.get(other)


@proves("sso-F25")
def test_a_new_secret_takes_effect_at_once_and_a_reload_fetches_nothing(vendor: At) -> None:
    alice, path = vendor.id("Alice"), PATHS[vendor.kind]
    config = vendor.config()
    vendor.sign_on(config).look_up(alice)
    vendor.sign_on(config.model_copy(update={"label": "Another label"})).look_up(alice)
    assert vendor.double.count(path) == 1
    vendor.double.secret = "the-next-secret-0123456789-0123456789"
    renewed = config.model_copy(update={"client_secret": SecretStr(vendor.double.secret)})
    vendor.sign_on(renewed).look_up(alice)
    assert vendor.double.count(path) == 2
    assert vendor.sign_in("Alice", vendor.sign_on(renewed)).subject == alice
