"""Whom a bearer names: people we know, people we do not, and what becomes of their groups."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import OperationalError

from accounts import linking, selectors, services
from accounts.caller import Caller
from accounts.models import AuditLine, ExternalIdentity, Membership, Revocation, Team, User
from accounts.tokens import callers
from accounts.tokens.issue import CannotIssue, issue_for_session
from accounts.tokens.reader import Reader
from accounts.tokens.revocation import end, revocations
from accounts.tokens.verify import identify
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import InvalidToken, KeysUnreachable
from tests.accounts.bearers.making import accepting, bearer, known
from tests.accounts.doors import judge
from tests.accounts.forge import SECRET, forge, hmac_by
from tests.doubles.forging import Forging
from tests.proof import proves


def caller_of(config: Config, token: str) -> Caller:
    found = judge(config, token)
    assert found.caller is not None, found.details
    return found.caller


# ---- a known identity -------------------------------------------------------------------------


def test_a_known_identity_is_that_person_with_the_token_s_scopes_and_no_more(
    config: Config, op: Forging, alice: User
) -> None:
    caller = caller_of(config, bearer(op, jti="j-1"))
    assert (caller.kind, caller.id) == ("person", str(alice.pk))
    assert caller.scopes == {"chat:read", "chat:write", "history:team-a"}  # team-b is not hers
    assert caller.teams == {"team-a"}
    assert caller.identity == f"{op.issuer} alice-1"
    assert caller.token == "j-1"
    assert time.time() - caller.issued < 60
    narrow = caller_of(config, bearer(op, scope="chat:read"))
    assert (narrow.scopes, narrow.teams) == ({"chat:read"}, set())


def test_the_same_subject_at_another_issuer_is_somebody_else(
    config: Config, op: Forging, alice: User
) -> None:
    ExternalIdentity.objects.filter(user=alice).update(issuer="https://elsewhere.example")
    assert "nobody is known" in judge(config, bearer(op)).details


def test_who_is_not_active_is_a_401_and_an_open_door_closes(config: Config, op: Forging, alice: User) -> None:
    token = bearer(op)
    caller = caller_of(config, token)
    services.deactivate(alice, "cli")
    assert revocations.refuses(caller)
    assert "active" in judge(config, bearer(op, jti="2")).details


def test_a_bearer_with_fewer_groups_has_fewer_teams_at_once(config: Config, op: Forging, alice: User) -> None:
    both = ["/eng/team-a", "/eng/team-b"]
    now = int(time.time())
    assert caller_of(config, bearer(op, groups=both, iat=now - 20)).teams == {"team-a", "team-b"}
    assert caller_of(config, bearer(op, groups=["/eng/team-b"], iat=now - 10)).teams == {"team-b"}
    assert caller_of(config, bearer(op, groups=[], iat=now)).teams == set()
    assert not Membership.objects.filter(user=alice).exists()
    assert Revocation.objects.filter(kind="rights", subject=str(alice.pk)).exists()


def test_a_bearer_that_was_good_a_moment_ago_loses_the_team_too(
    config: Config, op: Forging, alice: User
) -> None:
    """What was looked up a moment ago is looked up again once rights are fewer."""
    now = int(time.time())
    wide = bearer(op, groups=["/eng/team-a"], iat=now - 10)
    with live.override(config):

        async def story() -> list[frozenset[str]]:
            first = await identify(wide)
            narrow = await identify(bearer(op, groups=[], iat=now))
            return [first.teams, narrow.teams, (await identify(wide)).teams]

        assert asyncio.run(story()) == [{"team-a"}, set(), set()]


def test_an_older_word_and_no_word_change_nothing(config: Config, op: Forging, alice: User) -> None:
    now = int(time.time())
    caller_of(config, bearer(op, groups=["/eng/team-b"], iat=now))
    lines = AuditLine.objects.count()
    for said in (
        bearer(op, groups=["/eng/team-a"], iat=now - 30),
        bearer(op, iat=now),
        bearer(op, groups=["/eng/team-a"], iat=None),
        bearer(op, groups=["/eng/team-a"], iat=-(10**400)),
    ):
        assert caller_of(config, said).teams == {"team-b"}
    assert AuditLine.objects.count() == lines


def test_too_many_groups_to_say_are_none(config: Config, op: Forging, alice: User) -> None:
    """Entra ID leaves the claim out then, and says where to ask."""
    caller = caller_of(config, bearer(op, _claim_names={"groups": "src1"}))
    assert caller.teams == set()


def test_a_hand_made_membership_stays_whatever_the_bearer_says(
    config: Config, op: Forging, alice: User
) -> None:
    Membership.objects.create(user=alice, team=Team.objects.get(slug="team-a"), source="")
    assert caller_of(config, bearer(op, groups=[])).teams == {"team-a"}


def test_the_lead_of_a_team_leads_it_by_bearer_where_the_token_opens_it(
    config: Config, op: Forging, alice: User
) -> None:
    Membership.objects.filter(user=alice).update(role="lead")
    assert caller_of(config, bearer(op)).leads == {"team-a"}
    assert caller_of(config, bearer(op, scope="chat:read")).leads == set()


# ---- an unknown subject -----------------------------------------------------------------------


def test_whom_nobody_knows_is_refused_unless_the_provider_s_entry_says_otherwise(
    config: Config, op: Forging, tmp_path: Path
) -> None:
    assert "nobody is known" in judge(config, bearer(op)).details
    assert not User.objects.exists()
    as_token = caller_of(accepting(op, tmp_path, unknown_subjects="token"), bearer(op))
    assert (as_token.kind, as_token.id) == ("token", "sso:alice-1")
    assert as_token.teams == {"team-a", "team-b"}
    assert not User.objects.exists()


def test_a_person_is_made_as_at_a_first_sign_in(op: Forging, tmp_path: Path) -> None:
    linking_too = accepting(op, tmp_path, unknown_subjects="person", link_by_verified_email=True)
    with live.override(linking_too) as config:
        boss = known(op, "boss", "boss-1")
        boss.identities.update(email="boss@x.example", email_verified=True)
        said = {"email": "boss@x.example", "email_verified": True, "name": "Alice", "groups": ["/eng/team-a"]}
        caller = caller_of(config, bearer(op, **said))
        made = User.objects.get(pk=caller.id)
        assert made != boss  # an e-mail in an access token links nobody
        assert made.username.startswith("sso-")
        assert (made.display_name, made.has_usable_password(), made.is_staff) == ("Alice", False, False)
        assert caller.teams == {"team-a"}
        assert caller_of(config, bearer(op, jti="2")).id == caller.id


def test_an_issuer_of_auth_jwt_makes_people_too_where_it_is_told_to(op: Forging, tmp_path: Path) -> None:
    entry = {
        "name": "script",
        "issuer": "https://hr.example.com",
        "audience": "clawdbot",
        "secret": SECRET,
        "unknown_subjects": "person",
    }
    now = int(time.time())
    claims = {"iss": entry["issuer"], "aud": "clawdbot", "sub": "bob", "iat": now, "exp": now + 60}
    token = forge({"alg": "HS256"}, claims | {"scope": "chat:write"}, hmac_by(SECRET))
    with live.override(accepting(op, tmp_path, auth={"jwt": [entry]})) as config:
        caller = caller_of(config, token)
        assert caller.kind == "person"
        assert caller.scopes == {"chat:write"}
        user = User.objects.get(pk=caller.id)
        services.deactivate(user, "cli")
        assert "active" in judge(config.model_copy(), token).details


def test_whom_an_earlier_configuration_made_is_that_person_for_ever(
    op: Forging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the issuer makes nobody any more: contract.md knows no stranger who is known."""
    entry = {"name": "script", "issuer": "https://hr.example.com", "audience": "a", "secret": SECRET}
    now = int(time.time())
    claims = {"iss": entry["issuer"], "aud": "a", "exp": now + 60, "scope": "chat:write history:team-a"}
    bob, other = (forge({"alg": "HS256"}, claims | {"sub": sub}, hmac_by(SECRET)) for sub in ("bob", "x"))
    makes = accepting(op, tmp_path, auth={"jwt": [entry | {"unknown_subjects": "person"}]})
    with live.override(makes):
        made = User.objects.get(pk=caller_of(makes, bob).id)
    reader = Reader(lambda rows: None)
    assert reader.attempt()
    monkeypatch.setattr(revocations.reader, "issuers", reader.issuers)
    with live.override(accepting(op, tmp_path, auth={"jwt": [entry]})) as config:
        caller = caller_of(config, bob)
        assert (caller.kind, caller.id, caller.scopes) == ("person", str(made.pk), {"chat:write"})
        assert (caller_of(config, other).kind, caller_of(config, other).id) == ("token", "script:x")
        services.deactivate(made, "cli")
        assert "active" in judge(config.model_copy(), bob).details


def test_two_first_bearers_at_the_same_moment_make_one_person(op: Forging, tmp_path: Path) -> None:
    """The loser of the race finds the winner's row; the database holds the line (see linking)."""
    with live.override(accepting(op, tmp_path, unknown_subjects="person")) as config:
        real, winners = selectors.identity, []

        def late(issuer: str, subject: str) -> ExternalIdentity | None:
            found = real(issuer, subject)
            with patch.object(selectors, "identity", real):
                winners.append(caller_of(config, bearer(op, jti="winner")))
            return found

        with patch.object(selectors, "identity", late):
            loser = caller_of(config, bearer(op, jti="loser"))
        assert [winner.id for winner in winners] == [loser.id]
        assert User.objects.count() == 1


# ---- a database that is away ------------------------------------------------------------------


def test_strangers_and_machines_need_no_database_and_people_are_a_503(
    config: Config, op: Forging, tmp_path: Path, alice: User
) -> None:
    """promise-M16: whose token it is cannot be told, so it is not judged; nobody else notices."""
    jwt = {"name": "script", "issuer": "https://hr.example.com", "audience": "a", "secret": SECRET}
    now = int(time.time())
    claims = {"iss": "https://hr.example.com", "aud": "a", "sub": "x", "exp": now + 60}
    stranger = forge({"alg": "HS256"}, claims, hmac_by(SECRET))
    away = OperationalError("away")
    with (
        live.override(accepting(op, tmp_path, auth={"jwt": [jwt]})) as found,
        patch("django.db.backends.utils.CursorWrapper.execute", side_effect=away),
    ):
        assert caller_of(found, stranger).kind == "token"
        with pytest.raises(KeysUnreachable):
            judge(found, bearer(op))


# ---- a person's own token ---------------------------------------------------------------------


def session_of(user: User) -> Caller:
    return selectors.caller_for(user, session="s-1", issued=time.time() - 30)


def test_a_session_s_token_is_the_person_with_all_their_scopes(config: Config, alice: User) -> None:
    token, lives = issue_for_session(session_of(alice))
    caller = caller_of(config, token)
    assert lives == 600
    assert (caller.kind, caller.id, caller.session) == ("person", str(alice.pk), "s-1")
    assert caller.scopes == session_of(alice).scopes
    assert caller.teams == {"team-a"}


def test_it_dies_with_its_session_its_person_and_by_its_own_name(config: Config, alice: User) -> None:
    for kind, subject in (
        (Revocation.Kind.SESSION, "s-1"),
        (Revocation.Kind.PERSON, str(alice.pk)),
        (Revocation.Kind.TOKEN, ""),
    ):
        revocations.forget()
        caller = caller_of(config, issue_for_session(session_of(alice))[0])
        assert revocations.refuses(caller) is None
        end(kind, subject or str(caller.token))
        assert revocations.refuses(caller)


def test_what_the_person_lost_since_it_gives_no_more(config: Config, op: Forging, alice: User) -> None:
    token, _ = issue_for_session(session_of(alice))
    assert caller_of(config, token).teams == {"team-a"}
    found = ExternalIdentity.objects.get(user=alice)
    linking.apply_groups(found, [], time.time())
    assert caller_of(config, token).teams == set()


def test_a_scope_that_the_map_gives_no_more_is_gone_from_it(op: Forging, tmp_path: Path, alice: User) -> None:
    with live.override(accepting(op, tmp_path)):
        token, _ = issue_for_session(session_of(alice))
    mapped = accepting(op, tmp_path, scope_map={"team-a": ["chat:read"]})
    assert caller_of(mapped, token).scopes == {"chat:read", "history:team-a"}


def test_a_person_who_is_gone_or_switched_off_has_no_token(config: Config, alice: User) -> None:
    token, _ = issue_for_session(session_of(alice))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "active" in judge(config, token).details
    alice.delete()
    assert "active" in judge(config.model_copy(), token).details


def test_only_a_session_has_such_a_token(config: Config, alice: User) -> None:
    for caller in (
        Caller("client", "client:cb_1", session="s"),
        Caller("person", str(alice.pk)),
    ):
        with pytest.raises(CannotIssue):
            issue_for_session(caller)


@proves("sso-G15")
def test_an_odd_spelling_of_a_person_s_id_is_nobody(config: Config, alice: User) -> None:
    claims = {"client_id": "web", "sid": "s-1", "scope": "chat:read"}
    for sub in (str(alice.pk).upper(), alice.pk.hex, f"{{{alice.pk}}}", f"urn:uuid:{alice.pk}", "alice"):
        with pytest.raises(InvalidToken):
            callers._person(claims | {"sub": sub})
    assert callers._person(claims | {"sub": str(alice.pk)}).id == str(alice.pk)
