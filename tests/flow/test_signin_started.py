"""A started gateway: neither code nor state is in anything it writes, and no tab undoes another's saving."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.accounts.signin import support
from tests.proof import proves
from tests.server.process import Process


@pytest.mark.parametrize("level", ["info", "debug"])
@proves("sso-B14")
def test_no_code_and_no_state_is_in_the_log(level: str) -> None:
    entry = {**support.provider(issuer="http://127.0.0.1:9"), "provider": "oidc"}
    with (
        Process(oauth2=[entry], logging={"level": level, "format": "json"}) as gateway,
        gateway.client(None) as browser,
    ):
        query = {
            "code": "secret-code-1234567",
            "state": "S3CRETSTATE" * 3,
            "error_description": "told-by-nobody",
        }
        assert browser.get("/callback", params=query).status_code == 400
        assert browser.get("/login", params={"state": "S3CRETSTATE"}).status_code == 200
        gone = browser.get("/auth/corp/start", params={"next": "/c/told-by-nobody"})
        assert gone.status_code == 302
        gateway.wait_for(lambda: len(gateway.access(path="/auth/corp/start")) == 1)
        assert [line["code"] for line in gateway.lines("accounts.signin.failures")] == [
            "lost",
            "provider_unavailable",
        ]
        gateway.term()
        assert gateway.ended() == 0
        written = "\n".join([*gateway.out, *gateway.log])
        for secret in ("secret-code", "S3CRETSTATE", "told-by-nobody", "kept-by-the-gateway"):
            assert secret not in written


@proves("sso-A7")
def test_many_tabs_that_begin_at_once_all_come_back() -> None:
    """No tab's attempt is lost by another one's saving: each comes as far as the provider, which is away."""
    wecom = {
        "provider": "wecom",
        "client_id": "ww1",
        "client_secret": "kept-by-the-gateway-alone",
        "redirect_uri": "http://localhost:8080/callback",
        "provider_options": {"agent_id": "1", "api_base": "http://127.0.0.1:9"},
    }
    with Process(oauth2=[wecom]) as gateway, gateway.client(None) as browser, ThreadPoolExecutor(8) as tabs:
        browser.get("/auth/wecom/start")
        begun = list(tabs.map(browser.get, ["/auth/wecom/start"] * 8))
        states = [support.query_of(answer.headers["location"])["state"] for answer in begun]
        for state in states:
            back = browser.get("/callback", params={"state": state, "code": "x"})
            assert back.status_code == 302, gateway.log[-5:]
            assert "sso_error=provider_unavailable" in back.headers["location"]
            assert browser.get("/callback", params={"state": state, "code": "x"}).status_code == 400
