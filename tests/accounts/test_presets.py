"""What a preset fills in, what an option overrides, and what a moved provider or a spoofed header changes."""

from __future__ import annotations

import time

import pytest
from django.conf import settings

from accounts import linking
from accounts.providers import registry
from accounts.providers.base import SSOIdentity, Transaction
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config, Provider
from clawdsite.entry import head
from tests.proof import proves

BACK = "http://localhost:8080/callback"
HOSTS = {
    "wecom": "https://login.work.weixin.qq.com/wwlogin/sso/login?",
    "dingtalk": "https://login.dingtalk.com/oauth2/auth?",
    "feishu": "https://accounts.feishu.cn/open-apis/authen/v1/authorize?",
    "lark": "https://accounts.larksuite.com/open-apis/authen/v1/authorize?",
}


def address(kind: str, **options: str) -> str:
    provider = registry.make(
        Provider(
            provider=kind, client_id="app", client_secret="s", redirect_uri=BACK, provider_options=options
        )
    )
    tx = Transaction(kind, "", "s" * 32, None, "v" * 64, BACK, "/", time.time())
    return provider.authorize_url(tx, in_app=False, lang="zh")


@proves("sso-J3")
@pytest.mark.parametrize("kind", HOSTS)
def test_a_preset_fills_its_endpoints_and_an_override_wins(kind: str) -> None:
    assert address(kind, agent_id="1").startswith(HOSTS[kind])
    own = address(kind, agent_id="1", authorize_endpoint="https://private.example.com/login")
    assert own.startswith("https://private.example.com/login?")


@proves("sso-J4")
@pytest.mark.django_db
def test_a_changed_issuer_knows_nobody_of_the_old_one() -> None:
    entry = {"provider": "oidc", "client_id": "app", "client_secret": "s", "redirect_uri": BACK}
    old = Provider(issuer_url="https://old.example.com", **entry)
    new = Provider(issuer_url="https://new.example.com", **entry)
    with live.override(Config(mode="development", oauth2=(old,))):
        alice = linking.sign_in(SSOIdentity(old.issuer_url, "alice"), old)
    with live.override(Config(mode="development", oauth2=(new,))):
        assert linking.sign_in(SSOIdentity(new.issuer_url, "alice"), new) != alice


@proves("sso-J5")
def test_a_forwarded_scheme_counts_from_a_trusted_proxy_alone() -> None:
    assert not getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    headers = [(b"host", b"chat.example.com"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "method": "GET", "scheme": "http", "headers": headers}
    scope["client"] = ("192.0.2.7", 1)
    config = Config(mode="development", server={"trusted_proxies": ("127.0.0.1",)})
    assert head.read(scope, config).scheme == "http"
    assert head.read({**scope, "client": ("127.0.0.1", 1)}, config).scheme == "https"
