"""A sign-on provider that is down, or takes no bearers."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import User
from accounts.tokens.issue import CannotIssue, issue
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import KeysUnreachable
from tests.accounts.bearers.making import LOGIN, accepting, bearer, trial
from tests.accounts.doors import judge
from tests.doubles.forging import Forging


def test_a_provider_that_is_down_is_a_503_and_nothing_waits_for_it_at_the_start(
    config: Config, op: Forging, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    token = bearer(op)
    op.stop()
    with pytest.raises(KeysUnreachable) as caught:
        judge(config, token)
    assert caught.value.status == 503
    assert caught.value.headers()["Retry-After"]
    with pytest.raises(KeysUnreachable):
        judge(config, token)
    assert caplog.text.count("none to fall back on") <= 3
    assert judge(config, trial(config)).caller


def test_keys_that_were_fetched_outlive_a_reload_while_the_provider_is_down(
    config: Config, op: Forging, tmp_path: Path, alice: User
) -> None:
    assert judge(config, bearer(op)).caller
    op.stop()
    assert judge(accepting(op, tmp_path, label="renamed"), bearer(op, jti="2")).caller


def test_tokens_of_a_provider_without_api_audience_are_nobody_s(
    op: Forging, tmp_path: Path, alice: User
) -> None:
    config = accepting(op, tmp_path, options={"api_audience": ""})
    assert "not accepted here" in judge(config, bearer(op)).details
    assert "not accepted here" in judge(config, bearer(op, aud=LOGIN)).details


def test_a_tester_never_speaks_for_a_machine_client(config: Config) -> None:
    with pytest.raises(CannotIssue, match="machine client"):
        issue(config, sub="client:cb_1", scope="chat:read", ttl=60)
