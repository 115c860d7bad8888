"""Where a token stands in a request, and how a refusal reads (RFC 6750)."""

from __future__ import annotations

from typing import Any

import pytest

from clawdsite.core.config.schema import Config
from tests.accounts.bearers.making import trial
from tests.accounts.oauth.asking import ask
from tests.proof import proves


def get(
    *headers: tuple[str, str], method: str = "GET", path: str = "/v1/openapi.json", **options: Any
) -> Any:
    return ask(method, path, headers=list(headers), **options)


@proves("sso-G1")
def test_who_sends_nothing_is_told_how_and_not_that_something_is_wrong(config: Config) -> None:
    answer = get()
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="clawdbot"'


@proves("sso-G2")
def test_a_bad_token_is_a_401_and_a_missing_scope_a_403(config: Config) -> None:
    for token in ("nonsense", trial(config)[:-4] + "AAAA"):
        answer = get(("Authorization", f"Bearer {token}"))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="clawdbot", error="invalid_token"'
    reader = ("Authorization", f"Bearer {trial(config)}")
    answer = get(reader, method="POST", path="/v1/chat/completions", json={"messages": []})
    assert answer.status_code == 403
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="clawdbot", error="insufficient_scope", scope="chat:write"'


@proves("sso-G3")
def test_two_methods_at_once_and_a_token_in_the_address_do_not_count(config: Config) -> None:
    token, other = trial(config), trial(config)
    for headers in (
        [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {other}")],
        [("Authorization", f"Bearer {token}"), ("api-key", other)],
        [("Authorization", f"Bearer  {token}")],
        [("Authorization", token)],
    ):
        assert get(*headers).status_code == 401
    answer = get(params={"access_token": token})
    assert answer.status_code == 401
    assert "error=" not in answer.headers["WWW-Authenticate"]
    form = get(method="POST", path="/v1/chat/completions", data={"access_token": token})
    assert form.status_code == 401


@proves("sso-G4")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_has_no_case(scheme: str, config: Config) -> None:
    assert get(("Authorization", f"{scheme} {trial(config)}")).status_code == 200


