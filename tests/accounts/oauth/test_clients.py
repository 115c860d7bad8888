"""A client's life: two secrets while one is rotated, an end, a trace in the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit, clients, clientsecrets
from accounts.clients import ClientError
from accounts.models import AuditLine, OAuthClient, Revocation, User
from accounts.tokens.revocation import revocations
from clawdsite.core.config.schema import Config
from tests.accounts.doors import judge
from tests.accounts.oauth.asking import GRANT, Machine, basic, claims_of, post
from tests.proof import proves


def lives(config: Config, token: str) -> bool:
    """Whether a call with this token would get past the door."""
    caller = judge(config, token).caller
    assert caller is not None
    return revocations.refuses(caller) is None


def opens(machine: Machine, secret: str) -> bool:
    return machine.post("/oauth/token", GRANT, secret=secret).status_code == 200


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


@proves("sso-H11")
def test_a_revoked_client_gets_nothing_and_its_tokens_are_dead(build: Machine, config: Config) -> None:
    token = build.token()
    assert lives(config, token)
    clients.revoke(build.row, by="cli", reason="left")
    assert not lives(config, token)
    answer = build.ask_token()
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    unknown = post("/oauth/token", GRANT, headers=basic("cb_" + "0" * 20, "x"))
    assert answer.content == unknown.content
    assert build.stored.secret_hash == ""
    with pytest.raises(ClientError, match="was revoked"):
        clients.rotate(build.row, by="cli")


@proves("sso-H11")
def test_a_client_that_expires_takes_its_tokens_along(config: Config) -> None:
    """Also the leeway is over when the client is: its last tokens are made shorter."""
    ends = timezone.now() + timedelta(minutes=5)
    brief = Machine("brief", "chat:read", expires=ends)
    answer = brief.ask_token().json()
    assert answer["expires_in"] <= 240
    assert claims_of(answer["access_token"])["exp"] + 60 <= ends.timestamp()
    OAuthClient.objects.filter(pk=brief.row.pk).update(expires=timezone.now() + timedelta(seconds=30))
    assert brief.ask_token().json()["error"] == "invalid_client"
    OAuthClient.objects.filter(pk=brief.row.pk).update(expires=ago(seconds=1))
    assert brief.ask_token().json()["error"] == "invalid_client"


@proves("sso-H12", "hard-H37")
def test_while_a_secret_is_rotated_both_open_and_afterwards_the_new_one_alone(build: Machine) -> None:
    new = clients.rotate(build.row, by="cli", keep=3600)
    assert new != build.secret
    assert opens(build, build.secret)
    assert opens(build, new)
    OAuthClient.objects.filter(pk=build.row.pk).update(previous_expires=ago(seconds=1))
    assert not opens(build, build.secret)
    assert opens(build, new)


@proves("sso-H12")
def test_of_two_rotations_the_first_secret_is_gone(build: Machine) -> None:
    second = clients.rotate(build.row, by="cli")
    third = clients.rotate(build.row, by="cli")
    assert [opens(build, one) for one in (build.secret, second, third)] == [False, True, True]


@proves("sso-H12")
def test_a_lost_secret_ends_at_once_and_so_do_its_tokens(build: Machine, config: Config) -> None:
    token = build.token()
    new = clients.rotate(build.row, by="cli", keep=0)
    assert not opens(build, build.secret)
    assert opens(build, new)
    assert not lives(config, token)


def test_a_rotation_that_keeps_the_old_secret_ends_no_token(build: Machine, config: Config) -> None:
    token = build.token()
    clients.rotate(build.row, by="cli")
    assert lives(config, token)


@proves("sso-H13", "hard-H37")
def test_a_secret_has_256_random_bits_beside_its_prefix(build: Machine, nightly: Machine) -> None:
    assert build.secret.startswith(build.stored.secret_prefix)
    assert len(build.stored.secret_prefix) == clientsecrets.PREFIX
    assert len(build.secret) - clientsecrets.PREFIX == 64
    assert build.secret.replace("_", "").isalnum()
    assert build.secret[-64:] != nightly.secret[-64:]
    assert build.client_id.startswith("cb_")


def test_nobody_gives_a_client_more_than_they_have() -> None:
    alice = ["chat:read", "chat:write"]
    client, _ = clients.make("alices", ["chat:read"], by="alice", by_scopes=alice)
    for wider in ("image:upload", "history:team-a"):
        with pytest.raises(ClientError, match=wider):
            clients.make("wider", ["chat:read", wider], by="alice", by_scopes=alice)
        with pytest.raises(ClientError, match=wider):
            clients.change(client, by="alice", by_scopes=alice, scopes=["chat:read", wider])
    assert not OAuthClient.objects.filter(name="wider").exists()
    wide, _ = clients.make("by-the-machine", ["image:upload"], by="cli")
    clients.change(wide, by="alice", by_scopes=alice, scopes=["image:upload", "chat:read"])
    assert OAuthClient.objects.get(pk=wide.pk).scopes == "chat:read image:upload"


def test_fewer_scopes_end_the_tokens_that_have_more(build: Machine, config: Config) -> None:
    token = build.token()
    clients.change(build.row, by="cli", name="builder", expires=None)
    assert lives(config, token)
    clients.change(build.row, by="cli", scopes=["chat:read"])
    assert not lives(config, token)
    assert build.ask_token().json()["scope"] == "chat:read"


def test_a_nearer_end_ends_the_tokens_that_would_outlive_it(build: Machine, config: Config) -> None:
    token = build.token()
    clients.change(build.row, by="cli", expires=timezone.now() + timedelta(minutes=3))
    assert not lives(config, token)
    OAuthClient.objects.filter(pk=build.row.pk).update(expires=ago(days=1))
    assert clients.change(build.row, by="cli", name="over", expires=build.stored.expires).name == "over"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"scopes": ["chat:all"]}, "no scope chat:all"),
        ({"scopes": ["history:Team A"]}, "no scope"),
        ({"scopes": [f"history:{'t' * 40}{n}" for n in range(40)]}, "too many scopes"),
        ({"name": " "}, "needs a name"),
        ({"name": "a\nb"}, "needs a name"),
        ({"token_ttl": 3601}, "60 to 3600 seconds"),
        ({"token_ttl": 59}, "60 to 3600 seconds"),
        ({"expires": timezone.now() - timedelta(days=1)}, "expired already"),
    ],
    ids=["scope", "slug", "scopes", "no-name", "name", "long", "short", "expired"],
)
def test_terms_that_cannot_be_are_refused_in_words(terms: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        clients.make(**({"name": "odd", "scopes": ["chat:read"], "by": "cli"} | terms))
    assert not OAuthClient.objects.exists()


def test_two_clients_do_not_have_one_name(build: Machine, nightly: Machine) -> None:
    for again in (
        lambda: clients.make("build", [], by="cli"),
        lambda: clients.change(nightly.row, by="cli", name="build"),
    ):
        with pytest.raises(ClientError, match="of that name"):
            again()
    assert nightly.stored.name == "nightly"


def test_its_last_use_is_noted_once_a_minute(
    build: Machine, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    assert build.stored.last_used is None
    build.token()
    first = build.stored.last_used
    assert first is not None
    build.token()
    assert build.stored.last_used == first
    with django_assert_num_queries(0):
        clients.note_use(build.row)
    OAuthClient.objects.filter(pk=build.row.pk).update(last_used=ago(minutes=2))
    clients._noted.clear()
    build.token()
    assert build.stored.last_used > first


def test_a_token_writes_nothing(build: Machine) -> None:
    """No audit line and no row for a token: thousands are asked for a minute."""
    build.token()
    before = (audit_lines(), Revocation.objects.count())
    for _ in range(3):
        build.token()
    assert (audit_lines(), Revocation.objects.count()) == before


def audit_lines() -> int:
    return AuditLine.objects.count()


@proves("hard-H48")
def test_what_is_done_to_a_client_stands_in_the_audit_log(build: Machine) -> None:
    alice, kept = User.objects.create_user("alice"), build.row.secret_hash
    clients.rotate(build.row, by=alice.username, address="192.0.2.7")
    clients.revoke(build.row, by=alice.username, reason="left")
    lines = list(AuditLine.objects.order_by("id").values_list("actor", "action", "target"))
    target = f"client:{build.client_id}"
    assert lines == [
        ("cli", "client.make", target),
        ("alice", "client.rotate", target),
        ("alice", "client.revoke", target),
    ]
    assert audit.verify() is None
    said = str(list(AuditLine.objects.values_list("details", flat=True)))
    assert build.secret[-64:] not in said
    assert kept not in said
