"""Scopes, times, subjects and sizes of bearers."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from accounts.models import User
from accounts.tokens import jws, rotation
from accounts.tokens.keyring import GRACE
from clawdsite.core.config.load import ConfigErrors, load
from clawdsite.core.config.schema import Config
from tests.accounts.bearers.making import AUDIENCE, bearer, own, own_kid
from tests.accounts.doors import judge
from tests.accounts.forge import rsa_key
from tests.accounts.test_keys import put
from tests.doubles.forging import Forging
from tests.proof import proves


@proves("sso-G17")
@pytest.mark.parametrize(
    ("said", "granted"),
    [
        ({"scope": "chat:read chat:write"}, {"chat:read", "chat:write"}),
        ({"scope": ["chat:read", "chat:write"]}, {"chat:read", "chat:write"}),
        ({"scope": None, "scp": "chat:read"}, {"chat:read"}),
        ({"scope": None, "scp": ["chat:write"]}, {"chat:write"}),
        ({"scope": "chat:readx CHAT:READ chat:* openid"}, set()),
        ({"scope": None}, set()),
    ],
    ids=["text", "list", "scp", "scp-list", "unknown", "none"],
)
def test_scopes_count_as_they_are_spelled(
    said: dict[str, Any], granted: set[str], config: Config, op: Forging, alice: User
) -> None:
    caller = judge(config, bearer(op, **said)).caller
    assert caller is not None
    assert caller.scopes == granted


@proves("sso-G18")
def test_the_key_before_counts_while_one_takes_over_and_not_once_it_is_gone(in_files: Config) -> None:
    kid = own_kid(in_files)
    token = own(kid)
    put(Path(in_files.data_dir), "0002.pem", rsa_key("next"), age=GRACE)
    assert judge(in_files, token).caller
    rotation.rotate(in_files, at_once=True)
    assert "not among those" in judge(in_files.model_copy(), own(kid, jti="2")).details


@proves("sso-G19")
@pytest.mark.parametrize(
    "exp",
    [86400 + 62, 10**12, 10**30, 10**400, -(10**400), 1e12, "soon", True, None, [1]],
    ids=lambda exp: str(exp)[:8],
)
def test_an_end_that_is_none_or_too_far_away_is_a_401(
    exp: Any, in_files: Config, op: Forging, alice: User
) -> None:
    if exp == 86400 + 62:
        exp += int(time.time())
    assert judge(in_files, bearer(op, exp=exp)).refused
    assert judge(in_files, own(own_kid(in_files), exp=exp)).refused


@proves("sso-G20")
@pytest.mark.parametrize(
    "sub", [7, 1.5, True, ["alice-1"], {"a": 1}, "", "a\0b", "a\nb", "s" * 10_000, "\u202e"],
    ids=["number", "float", "true", "list", "object", "empty", "NUL", "line", "10000", "bidi"],
)
def test_a_subject_that_can_name_nobody_is_a_401(sub: Any, in_files: Config, op: Forging) -> None:
    assert judge(in_files, bearer(op, sub=sub)).refused
    assert judge(in_files, own(own_kid(in_files), sub=sub)).refused


@proves("sso-G21")
def test_a_token_of_more_than_8_KiB_is_not_even_decoded(config: Config, op: Forging) -> None:
    long = bearer(op, padding="x" * 9000)
    with patch.object(jws, "from_base64url", side_effect=AssertionError("decoded")):
        assert "longer than 8192 bytes" in judge(config, long).details


@proves("sso-G23")
def test_a_token_without_an_audience_is_a_401_and_the_log_says_what_to_do(
    config: Config, op: Forging, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert "Audience mapper" in judge(config, bearer(op, aud=None, azp=AUDIENCE)).details
    assert "Audience mapper" in caplog.text


@proves("sso-G24")
def test_a_shared_secret_that_is_short_or_django_s_own_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.touch(0o600)

    def start(secret: str) -> None:
        entry = f"{{issuer: 'https://sso.example.com', audience: a, algorithms: [HS256], secret: '{secret}'}}"
        file.write_text(
            "server: {public_url: 'https://chat.example.com'}\n"
            f"secret_key: '{'kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPfQQ'}'\nauth: {{jwt: [{entry}]}}\n"
        )
        load(file, {})

    start("aq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf")
    for secret in ("aq3vT0yX9sJm5hZb2uWc8eRn4aLd7gP", "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPfQQ"):
        with pytest.raises(ConfigErrors, match="secret"):
            start(secret)


@proves("sso-G25")
def test_a_clock_may_be_off_by_a_minute_and_not_a_second_more(
    in_files: Config, op: Forging, alice: User
) -> None:
    now, kid = int(time.time()), own_kid(in_files)
    with patch("accounts.tokens.backend.time.time", return_value=float(now)):
        for late in (60, 61):
            refused = late == 61
            assert judge(in_files, bearer(op, exp=now - late)).refused is refused
            assert judge(in_files, own(kid, exp=now - late)).refused is refused
            assert judge(in_files, bearer(op, iat=now + late, nbf=now + late)).refused is refused
            assert judge(in_files, own(kid, iat=now + late)).refused is refused
