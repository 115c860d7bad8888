"""Published keys: rotation, floods of unknown names, an issuer that is down, broken or slow."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

import pytest

from accounts.providers.base import SSOError
from accounts.tokens import jwks as module
from accounts.tokens import outside
from accounts.tokens.discovered import Discovered
from accounts.tokens.jwks import FRESH, PAUSE, PAUSE_EMPTY, STALE, Jwks
from accounts.tokens.jwkset import BadKeys, read
from accounts.tokens.outside import Unreachable, fetch
from accounts.tokens.verify import identify
from clawdsite.core.config import live
from clawdsite.core.errors import InvalidToken, KeysUnreachable
from tests.accounts.doors import accepting, judge, rs_issuer
from tests.accounts.forge import jwk, jwks, rs_token, rsa_key
from tests.accounts.provider import Provider

URL = "https://sso.example.com/jwks.json"


class Issuer:
    """A scripted issuer and a clock that moves only when told."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.asked = 0
        self.now = 1000.0
        self.gate: asyncio.Event | None = None

    async def fetch(self, url: str) -> bytes:
        assert url == URL
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def keys(self) -> Jwks:
        return Jwks(URL, fetch=self.fetch, clock=lambda: self.now)


DOWN = Unreachable("answered 503")


class Rotation(IsolatedAsyncioTestCase):
    async def test_a_fresh_set_is_asked_for_once_and_used_for_ten_minutes(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        keys = issuer.keys()
        for _ in range(50):
            assert await keys.find("k1") is not None
        issuer.now += FRESH - 1
        assert await keys.find("k1") is not None
        assert issuer.asked == 1
        issuer.now += 1
        assert await keys.find("k1") is not None
        assert issuer.asked == 2

    async def test_a_new_key_counts_within_half_a_minute_and_a_withdrawn_one_no_longer_than_ten(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        keys = issuer.keys()
        await keys.find("k1")
        issuer.answer = jwks(k2="other")
        issuer.now += PAUSE
        assert await keys.find("k2") is not None
        assert await keys.find("k1") is None
        issuer.answer = jwks(k3="good")
        issuer.now += FRESH
        assert await keys.find("k2") is None

    async def test_a_flood_of_unknown_names_asks_at_most_twice_a_minute(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        keys = issuer.keys()
        for number in range(1000):
            assert await keys.find(f"nope-{number}") is None
            issuer.now += 0.03
        assert issuer.asked <= 2

    async def test_many_callers_share_one_fetch_and_one_who_leaves_does_not_end_it(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        issuer.gate = asyncio.Event()
        keys = issuer.keys()
        waiting = [asyncio.create_task(keys.find("k1")) for _ in range(20)]
        while not issuer.asked:
            await asyncio.sleep(0)
        waiting[0].cancel()
        issuer.gate.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert all(key is not None and not isinstance(key, BaseException) for key in found[1:])
        assert issuer.asked == 1


class BadDays(IsolatedAsyncioTestCase):
    async def test_while_the_issuer_is_down_the_last_keys_serve_for_a_day(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        keys = issuer.keys()
        await keys.find("k1")
        issuer.answer = DOWN
        issuer.now += STALE - 1
        with self.assertLogs("accounts.tokens.jwks", "WARNING") as logged:
            assert await keys.find("k1") is not None
        assert "the last good ones serve on" in logged.output[0]
        issuer.now += 1
        issuer.now += PAUSE
        with self.assertLogs("accounts.tokens.jwks"), pytest.raises(KeysUnreachable):
            await keys.find("k1")

    async def test_a_down_issuer_is_asked_no_more_often_than_a_good_one(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        keys = issuer.keys()
        await keys.find("k1")
        issuer.answer = DOWN
        issuer.now += FRESH
        with self.assertLogs("accounts.tokens.jwks"):
            for _ in range(100):
                assert await keys.find("k1") is not None
        assert issuer.asked == 2

    async def test_a_broken_set_leaves_the_good_one_in_place(self) -> None:
        issuer = Issuer(jwks(k1="good"))
        keys = issuer.keys()
        await keys.find("k1")
        for broken in (b"", b"<html>", b'{"keys": []}', b'{"keys": {}}', b"[]", jwks()):
            issuer.answer = broken
            issuer.now += FRESH
            with self.assertLogs("accounts.tokens.jwks"):
                assert await keys.find("k1") is not None

    async def test_with_nothing_to_judge_by_it_is_503_and_says_when_to_come_back(self) -> None:
        issuer = Issuer(DOWN)
        keys = issuer.keys()
        with self.assertLogs("accounts.tokens.jwks") as logged, pytest.raises(KeysUnreachable) as caught:
            await keys.find("k1")
        assert caught.value.status == 503
        assert caught.value.headers()["Retry-After"] == str(int(PAUSE_EMPTY))
        assert "there are none to fall back on" in logged.output[0]
        with pytest.raises(KeysUnreachable):
            await keys.find("k1")
        assert issuer.asked == 1
        issuer.answer = jwks(k1="good")
        issuer.now += PAUSE_EMPTY
        assert await keys.find("k1") is not None


def with_keys(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


GOOD = rsa_key("good")
PASSED_OVER = {
    "for-encryption": jwk(GOOD, use="enc"),
    "operations-without-verify": jwk(GOOD, use=None, key_ops=["sign"]),
    "operations-not-a-list": jwk(GOOD, key_ops="verify"),
    "another-algorithm": jwk(GOOD, alg="RS512"),
    "elliptic": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    "unknown-type": {"kty": "XYZ"},
    "kid-a-number": jwk(GOOD, kid=7),
    "no-modulus": jwk(GOOD, n=None),
    "modulus-padded": jwk(GOOD, n=jwk(GOOD)["n"] + "="),
    "modulus-a-number": jwk(GOOD, n=5),
    "exponent-1": jwk(GOOD, e="AQ"),
    "exponent-3": jwk(GOOD, e="Aw"),
    "exponent-even": jwk(GOOD, e="AQAC"),
    "modulus-of-1024-bits": jwk(GOOD, n=jwk(GOOD)["n"][:170]),
    "modulus-of-16384-bits": jwk(GOOD, n="_" + jwk(GOOD)["n"][:-2] * 8),
}


@pytest.mark.parametrize(
    "odd", [pytest.param(odd, id=f"hard-H42-{name}") for name, odd in PASSED_OVER.items()]
)
def test_a_key_that_is_not_for_us_is_passed_over(odd: dict[str, Any]) -> None:
    found = read(with_keys(odd, jwk(GOOD, kid="k1")))
    assert list(found.named) == ["k1"]
    assert not found.unnamed
    with pytest.raises(BadKeys, match="no RSA key"):
        read(with_keys(odd))


REFUSED = {
    "symmetric-key": (with_keys(jwk(GOOD, kid="k1"), {"kty": "oct", "k": "AAAA"}), "publishes a secret"),
    "private-key": (with_keys(jwk(GOOD, kid="k1", d="AAAA")), "publishes a secret"),
    "same-name-twice": (with_keys(jwk(GOOD, kid="k1"), jwk(rsa_key("other"), kid="k1")), "same kid"),
    "51-keys": (with_keys(*[jwk(GOOD, kid=f"k{n}") for n in range(51)]), "more than 50"),
    "member-twice": (b'{"keys": [], "keys": []}', "a member stands twice"),
    "keys-not-objects": (b'{"keys": [1]}', "no list of keys"),
    "no-keys": (b"{}", "no list of keys"),
}


@pytest.mark.parametrize(
    ("body", "words"), [pytest.param(*row, id=f"hard-H42-{name}") for name, row in REFUSED.items()]
)
def test_a_set_that_cannot_be_trusted_is_refused_whole(body: bytes, words: str) -> None:
    with pytest.raises(BadKeys, match=words):
        read(body)


def test_a_token_without_a_key_name_will_do_where_there_is_one_key() -> None:
    one, two = read(jwks(k1="good")), read(jwks(k1="good", k2="other"))
    unnamed = read(with_keys(jwk(GOOD)))
    assert one.pick(None) is one.named["k1"]
    assert two.pick(None) is None
    assert one.pick("k2") is None
    assert unnamed.pick("anything") is unnamed.unnamed[0]


def test_50_keys_of_use_are_read() -> None:
    assert len(read(with_keys(*[jwk(GOOD, kid=f"k{n}") for n in range(50)])).named) == 50


class Fetching(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.provider = self.enterContext(Provider(jwks(k1="good")))

    async def refused(self, words: str, url: str | None = None) -> None:
        with pytest.raises(Unreachable, match=words):
            await fetch(url or self.provider.url)

    async def test_a_plain_answer_is_taken(self) -> None:
        assert await fetch(self.provider.url) == jwks(k1="good")

    async def test_a_redirect_is_not_followed(self) -> None:
        with Provider(jwks(k1="other")) as elsewhere:
            self.provider.answer.status = 302
            self.provider.answer.headers = {"Location": elsewhere.url}
            await self.refused("answered 302")
            assert elsewhere.asked == 0

    async def test_more_than_256_KiB_are_not_read(self) -> None:
        self.provider.answer.body = b" " * (256 * 1024) + jwks(k1="good")
        await self.refused("more than 256 KiB")

    async def test_a_compressed_answer_is_not_unpacked(self) -> None:
        self.provider.answer.headers = {"Content-Encoding": "gzip"}
        await self.refused("answered compressed")

    async def test_plain_http_to_another_machine_is_never_asked(self) -> None:
        await self.refused("only https", "http://sso.example.com/jwks.json")
        await self.refused("only https", "ftp://127.0.0.2.example.com/jwks.json")

    async def test_a_url_that_is_none_is_a_refusal_and_no_crash(self) -> None:
        for url in ("", "https://", "http://[::1", "http://127.0.0.1:99999/"):
            with pytest.raises(Unreachable):
                await fetch(url)

    async def test_a_silent_issuer_is_given_up_on(self) -> None:
        self.provider.answer.hold = threading.Event()
        with patch.object(outside, "TIMEOUT", 0.2):
            await self.refused("no answer within")
        self.provider.answer.hold.set()

    async def test_nobody_there(self) -> None:
        self.provider.stop()
        await self.refused("no answer")


def test_an_issuer_that_was_never_there_is_503_and_a_bad_token_still_401() -> None:
    with Provider() as provider:
        provider.stop()
        config = accepting(rs_issuer(jwks_url=provider.url))
    with pytest.raises(KeysUnreachable) as caught:
        judge(config, rs_token("good", kid="k1"))
    assert caught.value.body()["error"]["code"] == "auth_unavailable"
    assert "not a JWT" in judge(config, "sk-1234").details


def test_fault_F42_a_flood_of_made_up_key_names_asks_the_issuer_at_most_twice() -> None:
    async def flood() -> None:
        for number in range(1000):
            with pytest.raises(InvalidToken, match="Invalid or expired"):
                await identify(rs_token("good", kid="k1")[:-3] + f"{number:03d}")
        for number in range(50):
            with pytest.raises(InvalidToken) as caught:
                await identify(rs_token("other", kid=f"nope-{number}"))
            assert caught.value.details == "token's key (kid) is not among those of its issuer"

    with Provider(jwks(k1="good")) as provider, live.override(accepting(rs_issuer(jwks_url=provider.url))):
        asyncio.run(flood())
        assert provider.asked <= 2


def test_fault_F43_a_reload_while_the_issuer_is_down_keeps_its_keys() -> None:
    with Provider(jwks(k1="good")) as provider:
        before = accepting(rs_issuer(jwks_url=provider.url))
        assert judge(before, rs_token("good", kid="k1")).caller
        provider.stop()
        after = accepting(rs_issuer(jwks_url=provider.url, leeway=30))
        assert judge(after, rs_token("good", kid="k1", sub="bob")).caller


def test_a_withdrawn_key_stops_counting_even_for_a_token_that_was_just_used() -> None:
    """What was found good is looked up for a minute at most; then the key must still be published."""
    with Provider(jwks(k1="good")) as provider:
        config = accepting(rs_issuer(jwks_url=provider.url))
        token = rs_token("good", kid="k1")
        assert judge(config, token).caller
        provider.answer.body = jwks(k2="other")
        assert judge(config, token).caller
        in_a_minute = time.monotonic() + 61
        with (
            patch("accounts.tokens.seen.time.monotonic", return_value=in_a_minute),
            patch.multiple(module, FRESH=0.0, PAUSE=0.0),
        ):
            assert judge(config, token).refused


class Discovering(IsolatedAsyncioTestCase):
    """A provider's keys are found through its metadata, by one question for everyone who waits."""

    def setUp(self) -> None:
        self.now, self.asked, self.gate = 1000.0, 0, threading.Event()
        self.gate.set()
        self.answer: str | SSOError = URL
        self.published = {URL: jwks(k1="good"), URL + "/moved": jwks(k2="other")}
        self.keys = Discovered(
            "https://sso.example.com", locate=self.locate, clock=lambda: self.now, published=self.at
        )

    def locate(self) -> str:
        self.asked += 1
        assert self.gate.wait(10)
        if isinstance(self.answer, SSOError):
            raise self.answer
        return self.answer

    def at(self, url: str) -> Jwks:
        async def fetched(_: str) -> bytes:
            return self.published[url]

        return Jwks(url, fetch=fetched, clock=lambda: self.now)

    async def test_those_who_wait_share_one_question_and_one_who_leaves_does_not_end_it(self) -> None:
        self.gate.clear()
        waiting = [asyncio.create_task(self.keys.find("k1")) for _ in range(20)]
        while not self.asked:
            await asyncio.sleep(0)
        waiting[0].cancel()
        self.gate.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert all(key is not None and not isinstance(key, BaseException) for key in found[1:])
        assert self.asked == 1

    async def test_with_nothing_to_judge_by_it_is_503_and_is_not_asked_again_for_a_while(self) -> None:
        self.answer = SSOError("provider_unavailable", "its metadata cannot be had")
        with self.assertLogs("accounts.tokens.discovered") as logged:
            for _ in range(20):
                with pytest.raises(KeysUnreachable):
                    await self.keys.find("k1")
        assert (self.asked, len(logged.output)) == (1, 1)
        self.answer, self.now = URL, self.now + PAUSE_EMPTY
        assert await self.keys.find("k1") is not None

    async def test_nobody_waits_for_a_provider_that_hangs_while_its_keys_are_at_hand(self) -> None:
        assert await self.keys.find("k1") is not None
        self.gate.clear()
        self.now += FRESH
        try:
            assert await asyncio.wait_for(self.keys.find("k1"), 5) is not None
        finally:
            self.gate.set()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # type: ignore[arg-type]
        assert self.asked == 2

    async def test_keys_that_moved_are_found_at_their_new_place(self) -> None:
        assert await self.keys.find("k1") is not None
        self.answer = URL + "/moved"
        self.now += FRESH
        await self.keys.find("k1")
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # type: ignore[arg-type]
        assert await self.keys.find("k2") is not None
        assert await self.keys.find("k1") is None
