"""The login page: what it offers, in whose language, and what it never shows."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import SignInFailure
from accounts.providers.base import CODES
from accounts.signin import failures, throttle
from accounts.signin.words import FAILED
from clawdsite.core import assets
from clawdsite.core.config import live
from tests.accounts.signin import support

VENDORS = (
    {"provider": "wecom", "client_id": "ww1", "provider_options": {"agent_id": "1"}},
    {"provider": "dingtalk", "client_id": "d1", "provider_options": {"corp_id": "c"}},
    {"provider": "feishu", "client_id": "f1", "provider_options": {"tenant_key": "t"}},
)
FIVE = (
    support.provider(label="Single sign-on"),
    support.provider("other", support.OTHER),
    *({"client_secret": "kept-here", **vendor} for vendor in VENDORS),
)


def login(browser: Client, language: str = "en", **query: str) -> str:
    answer = browser.get("/login", query, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def labels(page: str) -> list[str]:
    return re.findall(r'class="mark" lang="zh-Hans" aria-hidden="true">[^<]+</span>([^<]+)<', page)


def test_five_providers_stand_side_by_side_in_the_files_order(browser: Client) -> None:
    with live.override(support.config(*FIVE)):
        page = login(browser, next="/c/5")
        assert labels(page) == ["Single sign-on", "Company account", "WeCom", "DingTalk", "Feishu"]
        assert page.count("/start?next=%2Fc%2F5") == 5
        zh = login(browser, "zh-CN,zh;q=0.9")
        assert labels(zh) == ["Single sign-on", "公司账号", "企业微信", "钉钉", "飞书"]


def test_a_browsers_language_counts_until_another_is_chosen(browser: Client) -> None:
    assert '<html lang="zh-Hans">' in login(browser, "zh-CN")
    assert "登录" in login(browser, "zh-TW;q=0.1, zh")
    assert "登录" not in login(browser, "fr-FR, en")
    assert '<html lang="en">' in login(browser, "zh-CN", lang="en")
    assert '<html lang="en">' in login(browser, "zh-CN")
    assert "登录" in login(browser, "en", lang="zh")
    answer = browser.get("/login", headers={"accept-language": "en"})
    assert answer["Content-Language"] == "zh-hans"
    assert "Accept-Language" in answer["Vary"]


def test_an_unknown_language_is_none(browser: Client) -> None:
    assert '<html lang="en">' in login(browser, lang="../../etc")
    assert "clawdbot-lang" not in browser.cookies


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_code_has_its_words_and_an_unknown_one_has_none(browser: Client, language: str) -> None:
    texts = {code: login(browser, language, sso_error=code) for code in CODES}
    assert all('role="alert"' in text for text in texts.values())
    assert len({re.sub(r"value=\"[^\"]*\"", "", text) for text in texts.values()}) == len(CODES)
    assert 'role="alert"' not in login(browser, language, sso_error="made_up")
    assert set(CODES) <= set(FAILED)


def test_nothing_of_the_address_is_put_on_the_page_but_a_reference(browser: Client) -> None:
    odd = "<b>Call+86 000 now</b>"
    page = login(browser, sso_error=odd, ref=odd, error_description=odd, state=odd)
    assert "000" not in page
    shown = login(browser, sso_error="denied", ref="ABCDEFG2")
    assert "<code>ABCDEFG2</code>" in shown
    assert "ABCDEFGI" not in login(browser, sso_error="denied", ref="ABCDEFGI")  # I is not one of the letters


def test_a_page_without_a_way_in_says_what_to_set_up(browser: Client) -> None:
    from clawdsite.core.config.schema import Config

    with live.override(Config(mode="production", server={"public_url": "https://chat.example.com"})):
        assert "No way to sign in is set up here" in login(browser)


def test_the_page_loads_nothing_from_elsewhere_and_no_script_but_its_own(browser: Client) -> None:
    with live.override(support.config(*FIVE)):
        page = login(browser)
    assert re.findall(r"<script[^>]*>", page) == [
        f'<script type="module" src="{assets.address("login.js")}">'
    ]
    assert "<script>" not in page
    assert "style=" not in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_failures_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "KEPT", 3)
    references = [failures.note("corp", "denied", f"reason {number}", "192.0.2.1") for number in range(5)]
    kept = list(SignInFailure.objects.order_by("pk").values_list("reference", flat=True))
    assert kept == references[2:]
    assert all(failures.is_reference(reference) for reference in references)


def test_a_failure_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    reference = failures.note("corp", "expired", "the code was used", "192.0.2.1")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.fields == {  # type: ignore[attr-defined]
        "reference": reference,
        "provider": "corp",
        "code": "expired",
        "detail": "the code was used",
    }


def test_a_stranger_does_not_fill_the_table(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(throttle.RATES, "unknown_state", "3/m")
    answers = [browser.get("/callback", {"state": "D" * 32, "code": "x"}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {400}
    assert SignInFailure.objects.count() == 3
