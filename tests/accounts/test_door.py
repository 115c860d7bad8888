"""What is remembered between two calls: the door of a configuration, and tokens found good a moment ago."""

from __future__ import annotations

import asyncio
import time
from unittest.mock import patch

import pytest
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.caller import Caller
from accounts.permissions import require
from accounts.tokens import scopes, sources, verify
from accounts.tokens.backend import StrictTokenBackend
from accounts.tokens.claims import Rules
from accounts.tokens.jwks import Jwks
from accounts.tokens.seen import Seen
from accounts.tokens.verify import identify
from clawdsite.core.config import live
from clawdsite.core.errors import InsufficientScope, InvalidToken
from tests.accounts.doors import accepting, issuer, judge
from tests.accounts.forge import AUD, ISS, SECRET, claims, hs_token

ALICE = Caller("token", "sso:alice")


def test_a_token_is_checked_once_and_then_looked_up() -> None:
    config, raw = accepting(issuer(name="sso")), hs_token()
    assert judge(config, raw).caller
    with patch.object(StrictTokenBackend, "verify", side_effect=AssertionError("checked again")):
        assert judge(config, raw).caller
        with pytest.raises(AssertionError, match="checked again"):
            judge(config, hs_token(sub="bob"))


def test_another_configuration_forgets_what_was_found_good() -> None:
    raw = hs_token()
    assert judge(accepting(issuer()), raw).caller
    assert judge(accepting(issuer(secret="y" * 40)), raw).refused
    assert judge(accepting(issuer(audience="another")), raw).refused
    assert judge(accepting(), raw).refused


def test_what_was_found_good_ends_with_its_exp() -> None:
    """Inside the leeway it is checked again each time; beyond it, it is refused."""
    exp = int(time.time()) + 30
    config, raw = accepting(issuer()), hs_token(exp=exp)
    assert judge(config, raw).caller
    with patch("time.time", return_value=exp + 60.5):
        assert judge(config, raw).caller
    with patch("time.time", return_value=exp + 61.0):
        assert judge(config, raw).details == "token is expired"


def test_a_token_that_differs_in_one_character_shares_nothing() -> None:
    seen, raw = Seen(), hs_token()
    seen.put(raw, ALICE, time.time() + 60)
    assert seen.get(raw) == ALICE
    for place in range(len(raw)):
        assert seen.get(raw[:place] + ("A" if raw[place] != "A" else "B") + raw[place + 1 :]) is None
    assert seen.get(raw + " ") is None
    assert seen.get("\ud800") is None


def test_memory_is_bounded_and_holds_no_token_text() -> None:
    seen = Seen(size=100)
    tokens = [f"{hs_token()}{number}" for number in range(150)]
    for raw in tokens:
        seen.put(raw, ALICE, time.time() + 60)
    assert [raw for raw in tokens if seen.get(raw)] == tokens[50:]
    assert tokens[-1] not in repr(seen._entries)


def test_the_door_is_built_once_for_a_configuration() -> None:
    with live.override(accepting(issuer())), patch.object(verify, "build", wraps=verify.build) as built:
        for _ in range(5):
            asyncio.run(identify(hs_token()))
        assert built.call_count == 1


def test_stock_simplejwt_cannot_be_talked_into_less() -> None:
    """`decode` is the same strict road, and neither verify=False nor signing exists."""
    backend = StrictTokenBackend(Rules("sso", ISS, AUD, ("HS256",)), sources.from_secret(SECRET))
    assert backend.decode(hs_token())["sub"] == "alice"
    assert backend.decode(hs_token().encode())["sub"] == "alice"
    with pytest.raises(TokenBackendError):
        backend.decode(hs_token(), verify=False)
    with pytest.raises(TokenBackendError):
        backend.encode(claims())
    with pytest.raises(InvalidToken):
        backend.decode(hs_token(exp=10**400))
    with pytest.raises(InvalidToken):
        backend.decode(hs_token(iss="https://evil.example"))
    empty = StrictTokenBackend(Rules("sso", ISS, AUD, ("RS256",)), Jwks("https://sso.example.com/jwks.json"))
    with pytest.raises(InvalidToken):
        empty.decode(hs_token({"alg": "RS256"}))


@pytest.mark.parametrize(
    ("said", "granted"),
    [
        pytest.param({"scope": "chat:read chat:write"}, {"chat:read", "chat:write"}, id="promise-S11-string"),
        pytest.param({"scope": ["chat:read", "x"]}, {"chat:read"}, id="promise-S11-list"),
        pytest.param({"scp": "chat:write"}, {"chat:write"}, id="promise-S11-scp-string"),
        pytest.param(
            {"scp": ["chat:write", "image:upload"]}, {"chat:write", "image:upload"}, id="promise-S11-scp"
        ),
        pytest.param(
            {"scope": "chat:read", "scp": "chat:write"}, {"chat:read"}, id="promise-S11-scope-first"
        ),
        pytest.param({"scope": "openid chat:readx Chat:read chat:read\n"}, set(), id="promise-S11-unknown"),
        pytest.param({"scope": "history:* history: history:-a history:Team"}, set(), id="promise-S11-slugs"),
        pytest.param({"scope": "history:team-a"}, {"history:team-a"}, id="promise-S11-history"),
        pytest.param({"scope": "history:" + "a" * 65}, set(), id="promise-S11-long-slug"),
        pytest.param({"scope": [["chat:read"], 1, None]}, set(), id="promise-S11-odd-list"),
        pytest.param({"scope": {"chat:read": 1}}, set(), id="promise-S11-object"),
        pytest.param({}, set(), id="promise-S11-none"),
    ],
)
def test_only_known_scopes_count_and_only_as_they_are_spelled(
    said: dict[str, object], granted: set[str]
) -> None:
    assert scopes.granted(said) == granted
    assert scopes.teams(scopes.granted(said)) == {
        one.removeprefix("history:") for one in granted if one.startswith("history:")
    }


def test_who_may_only_read_may_list_models_and_not_ask() -> None:
    reader = Caller("token", "sso:alice", scopes=frozenset({"chat:read"}))
    require(reader, "model.list")
    with pytest.raises(InsufficientScope) as caught:
        require(reader, "model.ask")
    assert caught.value.status == 403
    assert caught.value.body()["error"]["code"] == "insufficient_scope"
    assert caught.value.headers()["WWW-Authenticate"].endswith(
        'error="insufficient_scope", scope="chat:write"'
    )
    require(Caller("token", "sso:bob", scopes=frozenset({"chat:write"})), "model.ask")
