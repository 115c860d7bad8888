"""What `clawdbot sso check` says of a vendor: facts, and each thing that is to be mended with its fix."""

from __future__ import annotations

import pytest

from accounts.providers.base import Finding
from tests.accounts.vendors.login import At
from tests.doubles.wecom import DEPARTMENT_LIST

TEAM = {"wecom": "3", "dingtalk": "3", "feishu": "od-3", "lark": "od-3"}


def findings(vendor: At, **more: object) -> list[Finding]:
    return vendor.sign_on(vendor.config(**more)).check()


def of(level: str, found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.level == level]


def test_a_sound_provider_has_nothing_to_mend(vendor: At) -> None:
    team = f"{vendor.kind}:dept:{TEAM[vendor.kind]}"
    found = findings(vendor, group_map={team: "team-a"})
    assert of("error", found) == of("warning", found) == []
    assert any(team in one.what for one in of("ok", found))
    assert all("logout" not in one.what for one in of("ok", found))


def test_what_the_vendor_cannot_do_is_said(vendor: At) -> None:
    notes = " ".join(one.what for one in of("note", findings(vendor)))
    assert "no logout" in notes
    assert ("no PKCE" in notes) == (vendor.kind in ("wecom", "dingtalk"))


def test_a_wrong_secret_is_found(vendor: At) -> None:
    sign_on = vendor.sign_on()
    vendor.double.secret = "another"
    (error,) = of("error", sign_on.check())
    assert "client_secret" in error.where
    assert error.fix


def test_a_vendor_that_is_away_is_an_error_and_no_exception(vendor: At) -> None:
    sign_on = vendor.sign_on()
    vendor.double.stop()
    (error,) = of("error", sign_on.check())
    assert "no answer" in error.what


def test_a_group_that_the_vendor_never_says_is_found(vendor: At) -> None:
    (warning,) = of("warning", findings(vendor, group_map={"Team A": "team-a"}))
    assert "'Team A'" in warning.what
    assert warning.where == "group_map"
    assert f"{vendor.kind}:dept:" in warning.fix


def test_a_department_that_is_not_there_is_found(vendor: At) -> None:
    missing = "od-99" if vendor.kind in ("feishu", "lark") else "99"
    (warning,) = of("warning", findings(vendor, group_map={f"{vendor.kind}:dept:{missing}": "team-a"}))
    assert missing in warning.what
    assert warning.where == "group_map"


def test_a_missing_permission_is_found(vendor: At) -> None:
    vendor.double.switches["no_directory"] = True
    team = f"{vendor.kind}:dept:{TEAM[vendor.kind]}"
    warnings = of("warning", findings(vendor, group_map={team: "team-a"}))
    assert warnings
    assert all(one.where == "the app's permissions" and one.fix for one in warnings)


def test_a_department_that_is_no_number_is_found(dingtalk: At) -> None:
    (warning,) = of("warning", findings(dingtalk, group_map={"dingtalk:dept:../1": "team-a"}))
    assert "number" in warning.what


def test_an_address_that_wecom_does_not_trust_is_found(wecom: At) -> None:
    wecom.double.switches["ip_refused"] = True
    (error,) = of("error", findings(wecom))
    assert "企业可信IP" in error.what


def test_a_wecom_that_breaks_off_is_found(wecom: At) -> None:
    wecom.double.say(DEPARTMENT_LIST, {"errmsg": "no number"})
    (error,) = of("error", findings(wecom))
    assert "without an errcode" in error.what


@pytest.mark.parametrize(
    ("fixture", "option", "value"),
    [
        ("wecom", "agent_id", ""),
        ("wecom", "login_type", "ServiceApp"),
        ("dingtalk", "corp_id", ""),
        ("feishu", "tenant_key", ""),
    ],
)
def test_a_missing_option_is_found(
    fixture: str, option: str, value: str, request: pytest.FixtureRequest
) -> None:
    vendor: At = request.getfixturevalue(fixture)
    (error,) = of("error", findings(vendor, provider_options={option: value}))
    assert option in error.where


def test_any_tenant_is_a_warning(feishu: At) -> None:
    found = findings(feishu, provider_options={"tenant_key": "", "allow_any_tenant": True})
    assert any("tenant" in one.what for one in of("warning", found))
