"""Five providers side by side: people come, move and leave, and each change is felt within seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.doubles.ollama import OllamaDouble
from tests.proof import proves
from tests.server import warm
from tests.server.process import Process, free_port
from tests.sso.stage import ALL, VENDORS, Stage, until

pytestmark = pytest.mark.idp

HEARD = 5.0  # seconds from what was done to the end of everything
SYNC = 1.0  # seconds between two syncs, as configured on this stage
ENDING = """
import os, sys
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts import services
from accounts.models import User
services.deactivate(User.objects.get(pk=sys.argv[2]), "root", reason="left")
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(free_port()) as stage:
        yield stage


@pytest.fixture(scope="module")
def gateway(stage: Stage) -> Iterator[Process]:
    with OllamaDouble() as double, Process(**stage.parts(), upstream={"url": double.url}) as gateway:
        gateway.wait_for(lambda: httpx.get(f"{gateway.url}/readyz", trust_env=False).status_code == 200)
        yield gateway


def models(gateway: Process, token: str) -> int:
    with gateway.client(None) as client:
        return client.get("/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code


@proves("promise-M4", "promise-S22")
def test_people_of_five_providers_sign_in_side_by_side(gateway: Process, stage: Stage) -> None:
    browsers = {slug: stage.browser() for slug in ALL}
    with ThreadPoolExecutor(len(ALL)) as pool:
        list(pool.map(lambda slug: browsers[slug].sign_in(slug, "alice"), ALL))
    facts = {slug: browser.session() for slug, browser in browsers.items()}
    teams = {slug: one and one["teams"] for slug, one in facts.items()}
    assert teams == {
        "corp": ["everyone", "team-a"],
        "partner": ["partners"],
        "wecom": ["team-a"],
        "dingtalk": ["team-a"],
        "feishu": ["team-a"],
    }
    assert len({one["person"]["id"] for one in facts.values() if one}) == len(ALL)
    assert {one["person"]["name"] for one in facts.values() if one} == {"Alice"}
    assert [fault for double in stage.doubles.values() for fault in double.faults] == []


@pytest.mark.parametrize("kind", VENDORS)
@proves("promise-M4")
def test_a_person_who_moved_there_is_in_another_team_at_the_next_sync(
    gateway: Process, stage: Stage, kind: str
) -> None:
    bob = stage.browser().sign_in(kind, "bob")
    assert bob.teams() == ["team-a"]
    prefix = "od-" if kind == "feishu" else ""
    stage.doubles[kind].move(stage.id(kind, "bob"), f"{prefix}4")
    until(lambda: bob.teams() == ["sales"], HEARD + SYNC)


@pytest.mark.parametrize("kind", VENDORS)
@proves("promise-M7", "promise-M4")
def test_a_person_who_was_deleted_there_is_out_with_session_and_token(
    gateway: Process, stage: Stage, kind: str
) -> None:
    charlie = stage.browser().sign_in(kind, "charlie")
    token = charlie.token()
    assert models(gateway, token) == 200
    stage.doubles[kind].delete(stage.id(kind, "charlie"))
    until(lambda: charlie.session() is None and models(gateway, token) == 401, HEARD + SYNC)


@proves("promise-S22")
def test_a_bearer_with_fewer_groups_has_fewer_teams_at_once(gateway: Process, stage: Stage) -> None:
    corp = stage.ops["corp"]
    alice = stage.browser().sign_in("corp", "alice")
    assert alice.teams() == ["everyone", "team-a"]
    signed_in = int(time.time())
    until(lambda: int(time.time()) > signed_in, 2)  # a token says its time in whole seconds
    corp.set("alice", groups=["staff"])
    try:
        assert models(gateway, corp.bearer("alice")) == 200
        assert alice.teams() == ["everyone"]
    finally:
        corp.set("alice", groups=["/eng/team-a", "staff"])


@proves("sso-I10", "promise-M7")
def test_signing_out_at_the_provider_ends_the_session_here(gateway: Process, stage: Stage) -> None:
    corp = stage.ops["corp"]
    bob, other = stage.browser().sign_in("corp", "bob"), stage.browser().sign_in("partner", "bob")
    query = f"client_id={corp.client_id}&post_logout_redirect_uri={corp.back}"
    corp.sign_out(bob.client, f"{corp.issuer}/session/end?{query}")
    until(lambda: bob.session() is None, HEARD)
    assert other.session() is not None


@proves("promise-M7")
def test_offboarding_takes_less_than_five_seconds(gateway: Process, stage: Stage) -> None:
    bob = stage.browser().sign_in("partner", "bob")
    token, facts = bob.token(), bob.session()
    assert facts is not None
    words = ["-c", ENDING, str(gateway.config_file), facts["person"]["id"]]
    done = warm.run(words, dict(os.environ))
    assert done.returncode == 0, done.stderr
    until(lambda: bob.session() is None and models(gateway, token) == 401, HEARD)
    again = stage.browser().attempt("partner", "bob")
    assert "sso_error=not_a_member" in again.headers["Location"]
