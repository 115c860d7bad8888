"""Metadata and keys: what is believed, how long, and how seldom it is asked for (sso.md section 8.E)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accounts.providers import discovery, kept
from accounts.providers.base import SSOError
from accounts.providers.discovery import Discovery
from accounts.providers.http import Deadline
from tests.accounts.oidc.asking import Browser, transaction
from tests.doubles.forging import Answer, Forging, as_json
from tests.doubles.forging_keys import published
from tests.proof import proves

METADATA = "/.well-known/openid-configuration"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def patient(op: Forging, clock: Clock) -> Browser:
    """Alice, at a gateway whose hours pass when the test says so."""
    return Browser(op, clock=clock)


@proves("sso-E1")
@pytest.mark.parametrize("bent", ["{}/", "{}//", "HTTP://{}", " {}"])
def test_another_spelling_of_the_issuer_is_refused_and_both_are_shown(
    alice: Browser, op: Forging, bent: str
) -> None:
    op.metadata["issuer"] = bent.format(op.issuer)
    detail = alice.refused("misconfigured")
    assert repr(op.issuer) in detail
    assert repr(bent.format(op.issuer)) in detail


@proves("sso-E1")
@pytest.mark.parametrize("bent", [None, 7, ["x"]])
def test_metadata_of_no_issuer_is_refused(alice: Browser, op: Forging, bent: Any) -> None:
    op.metadata["issuer"] = bent
    assert "missing" in alice.refused("misconfigured")


@proves("sso-E2")
def test_the_wellknown_path_is_appended_to_the_issuers() -> None:
    with Forging("/realms/corp") as op:
        assert Browser(op).sign_in().issuer == op.issuer
        assert op.asked[0].path == "/realms/corp/.well-known/openid-configuration"
    assert discovery.address_of("https://a.example/x/") == f"https://a.example/x{METADATA}"


@proves("sso-E3")
def test_a_redirect_is_not_followed(alice: Browser, op: Forging) -> None:
    op.answers[METADATA] = Answer(302, headers={"Location": f"{op.issuer}/elsewhere"})
    assert "redirect" in alice.refused("misconfigured")
    assert op.count("/elsewhere") == 0


@proves("sso-E3")
@pytest.mark.parametrize(
    "member",
    ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"],
)
@pytest.mark.parametrize(
    "url",
    ["http://sso.example.com/x", "ftp://x", "//x", "", 7, "https://a@b.example", "https://a.example/#x"],
)
def test_an_endpoint_that_is_not_https_refuses_the_metadata(
    alice: Browser, op: Forging, member: str, url: Any
) -> None:
    op.metadata[member] = url
    assert member in alice.refused("misconfigured")


@proves("sso-E3")
def test_plain_http_on_this_machine_is_not_for_an_issuer_elsewhere() -> None:
    said = dict.fromkeys(discovery.NEEDED, "https://sso.example.com/x")
    said |= {"issuer": "https://sso.example.com", "token_endpoint": "http://127.0.0.1/token"}
    with pytest.raises(SSOError, match="token_endpoint is not https"):
        discovery.read_metadata(as_json(said), "https://sso.example.com")  # type: ignore[arg-type]


@pytest.mark.parametrize("member", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_metadata_without_what_a_sign_in_needs_is_refused(alice: Browser, op: Forging, member: str) -> None:
    op.metadata[member] = None
    assert member in alice.refused("misconfigured")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"issuer": "a", "issuer": "b"}', b"x" * 2**20])
def test_metadata_that_is_no_json_object_is_refused(alice: Browser, op: Forging, body: bytes) -> None:
    op.answers[METADATA] = Answer(200, body)
    alice.refused()


def test_metadata_above_one_mebibyte_is_given_up(alice: Browser, op: Forging) -> None:
    op.answers[METADATA] = Answer(200, b" " * (2**20 + 1))
    assert "1 MiB" in alice.refused("provider_unavailable")


@proves("sso-E4")
def test_many_sign_ins_in_an_hour_fetch_each_document_once(
    patient: Browser, op: Forging, clock: Clock
) -> None:
    for _ in range(10):
        clock.pass_by(300)
        patient.sign_in()
    assert (op.count(METADATA), op.count("/jwks")) == (1, 1)
    clock.pass_by(3600)
    patient.sign_in()
    assert (op.count(METADATA), op.count("/jwks")) == (2, 2)


@proves("sso-E4")
def test_sign_ins_at_the_same_moment_share_one_fetch(alice: Browser, op: Forging) -> None:
    hold = threading.Event()
    op.answers[METADATA] = Answer(200, as_json(op.said_metadata()).body, hold=hold)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(alice.sign_on.discovery.metadata) for _ in range(8)]
        while not op.asked:
            hold.wait(0.01)
        hold.set()
        assert {each.result(10).issuer for each in asked} == {op.issuer}
    assert op.count(METADATA) == 1


@proves("sso-E5")
def test_keys_that_strangers_name_cause_one_fetch_in_thirty_seconds(
    patient: Browser, op: Forging, clock: Clock
) -> None:
    """A logout token comes from anybody, as a bearer does."""
    rp = patient.sign_on
    rp.verify_logout_token(op.logout_token())
    for turn in range(1000):
        with pytest.raises(SSOError, match="does not publish"):
            rp.verify_logout_token(op.logout_token({"kid": f"random-{turn}"}))
    assert op.count("/jwks") == 2
    clock.pass_by(31)
    with pytest.raises(SSOError, match="does not publish"):
        rp.verify_logout_token(op.logout_token({"kid": "random"}))
    assert op.count("/jwks") == 3


@proves("sso-E6")
def test_a_withdrawn_key_stops_after_an_hour_and_a_new_one_counts_at_once(
    patient: Browser, op: Forging, clock: Clock
) -> None:
    patient.sign_in()
    op.keys = [published("RS256", "second", kid="second")]
    clock.pass_by(3599)
    patient.sign_in()
    clock.pass_by(2)
    assert "does not publish" in patient.refused()
    op.publish("RS256", "third")
    assert patient.sign_in().subject == "alice-1"


@proves("sso-E7")
def test_a_provider_that_was_down_is_asked_again_at_the_next_sign_in(alice: Browser, op: Forging) -> None:
    op.answers[METADATA] = Answer(503)
    assert "503" in alice.refused("provider_unavailable")
    del op.answers[METADATA]
    assert alice.sign_in().subject == "alice-1"


def test_what_was_good_serves_on_for_a_day_while_the_provider_is_down(
    patient: Browser, op: Forging, clock: Clock
) -> None:
    patient.sign_in()
    op.answers |= {METADATA: Answer(503), "/jwks": Answer(503)}
    clock.pass_by(kept.STALE - 1)
    assert patient.sign_in().subject == "alice-1"
    before = len(op.asked)
    tx = transaction(patient.sign_on)
    patient.sign_on.authorize_url(tx, in_app=False, lang="")
    assert len(op.asked) == before, "within 30 s of a failure nobody is asked again"
    clock.pass_by(2)
    patient.refused("provider_unavailable")


def test_only_one_of_many_waits_while_a_good_copy_is_fetched_anew(
    patient: Browser, op: Forging, clock: Clock
) -> None:
    patient.sign_in()
    hold = threading.Event()
    op.answers[METADATA] = Answer(200, as_json(op.said_metadata()).body, hold=hold)
    clock.pass_by(3601)
    first = threading.Thread(target=patient.sign_on.discovery.metadata)
    first.start()
    while op.count(METADATA) < 2:
        hold.wait(0.01)
    assert patient.sign_on.discovery.metadata().issuer == op.issuer
    assert first.is_alive()
    hold.set()
    first.join(10)


def test_keys_of_another_address_replace_those_of_the_old_one(
    patient: Browser, op: Forging, clock: Clock
) -> None:
    patient.sign_in()
    op.metadata["jwks_uri"] = f"{op.issuer}/moved"
    op.answers["/moved"] = Answer(503)
    clock.pass_by(3601)
    patient.refused("provider_unavailable")
    op.answers["/moved"] = as_json({"keys": [published("RS256", "second", kid="second")]})
    assert "does not publish" in patient.refused()


def test_one_issuer_has_one_discovery() -> None:
    assert discovery.of("https://one.example") is discovery.of("https://one.example")
    assert discovery.of("https://one.example") is not discovery.of("https://one.example/")


def test_a_wait_for_anothers_fetch_ends_with_ones_own_time(op: Forging) -> None:
    hold = threading.Event()
    op.answers[METADATA] = Answer(hold=hold)
    published_there = Discovery(op.issuer)
    first = threading.Thread(target=lambda: pytest.raises(SSOError, published_there.metadata))
    first.start()
    while not op.asked:
        hold.wait(0.01)
    with pytest.raises(SSOError, match="nothing came"):
        published_there.metadata(Deadline.after(0.05))
    hold.set()
    first.join(10)
