"""Who may do what (contract.md), held against a model of thirty lines in worlds that change at random."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from accounts import permissions, policy
from accounts.caller import Caller
from accounts.policy import Action, Decision, Resource, decide
from clawdsite.core.errors import InsufficientScope, NotFound

PEOPLE: Final = ("alice", "bob", "charlie", "dora", "emil")
TEAMS: Final = ("red", "blue", "green", "grey")
SCOPES: Final = ("chat:read", "chat:write")
READING: Final = ("conversation.read", "conversation.export")
MARKS: Final = ("conversation.pin", "conversation.archive")
KEEPING: Final = ("conversation.rename", "conversation.delete", "conversation.undo", "conversation.move")
ABOUT: Final = (*READING, *MARKS, *KEEPING, "conversation.continue", "conversation.stop")


@dataclass
class Talk:
    """A conversation of the model. asker: of the answer that is being written."""

    owner: str
    team: str | None = None
    grants: set[str] = field(default_factory=set)
    asker: str | None = None


@dataclass
class World:
    """Who is in which team, and leads which."""

    members: set[tuple[str, str]] = field(default_factory=set)
    leads: set[tuple[str, str]] = field(default_factory=set)
    talks: list[Talk] = field(default_factory=list)

    def teams(self, who: str) -> frozenset[str]:
        return frozenset(team for name, team in self.members if name == who)

    def caller(self, who: str, scopes: tuple[str, ...] = SCOPES) -> Caller:
        teams = self.teams(who)
        leads = frozenset(team for name, team in self.leads if name == who) & teams
        return Caller("person", who, frozenset({*scopes, *map("history:{}".format, teams)}), teams, leads)


# ---- the model: contract.md in other words ------------------------------------------------------


def reads(world: World, caller: Caller, talk: Talk) -> bool:
    if "chat:read" not in caller.scopes or caller.kind == "debug":
        return False
    if talk.team is not None and talk.team in caller.teams:
        return True
    if caller.kind != "person":
        return False
    return caller.id in talk.grants or (talk.team is None and talk.owner == caller.id)


def expected(world: World, caller: Caller, action: str, talk: Talk) -> bool:
    if not reads(world, caller, talk):
        return False
    if action in READING:
        return True
    if caller.kind != "person":
        return False
    if action in MARKS:
        return True
    inside = talk.team in caller.teams or (talk.team is None and talk.owner == caller.id)
    if not inside:
        return False  # a grant reads, and no more
    head = talk.owner == caller.id or talk.team in caller.leads
    if action == "conversation.stop":
        return head or talk.asker == caller.id
    if "chat:write" not in caller.scopes:
        return False
    return action == "conversation.continue" or head


# -------------------------------------------------------------------------------------------------


def asked(caller: Caller, action: str, talk: Talk) -> Decision:
    granted = caller.id in talk.grants
    return decide(caller, action, Resource(talk.owner, talk.team, granted, talk.asker))  # type: ignore[arg-type]


class Worlds(RuleBasedStateMachine):
    """People join and leave teams, conversations are made and moved, grants come and go."""

    talks = Bundle("talks")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(who=st.sampled_from(PEOPLE), team=st.sampled_from(TEAMS))
    def join(self, who: str, team: str) -> None:
        self.world.members.add((who, team))

    @rule(who=st.sampled_from(PEOPLE), team=st.sampled_from(TEAMS))
    def leave(self, who: str, team: str) -> None:
        before = self.all_that(who)
        self.world.members.discard((who, team))
        self.world.leads.discard((who, team))
        assert self.all_that(who) <= before  # to lose a right never gives one

    @rule(who=st.sampled_from(PEOPLE), team=st.sampled_from(TEAMS))
    def lead(self, who: str, team: str) -> None:
        self.world.leads.add((who, team))

    @rule(target=talks, owner=st.sampled_from(PEOPLE), team=st.none() | st.sampled_from(TEAMS))
    def make(self, owner: str, team: str | None) -> Talk:
        talk = Talk(owner, team)
        self.world.talks.append(talk)
        return talk

    @rule(talk=talks, who=st.sampled_from(PEOPLE), to=st.none() | st.sampled_from(TEAMS))
    def move(self, talk: Talk, who: str, to: str | None) -> None:
        """Only who may move it does, and only to where they may."""
        caller, before = self.world.caller(who), Resource(talk.owner, talk.team)
        may = asked(caller, "conversation.move", talk).allowed and policy.may_move_to(caller, before, to)
        if may:
            talk.team = to
            assert talk.owner == who or (before.team in caller.leads and to in caller.teams)
            assert asked(caller, "conversation.read", talk).allowed  # nobody moves it out of their own sight

    @rule(talk=talks, who=st.sampled_from(PEOPLE))
    def grant(self, talk: Talk, who: str) -> None:
        talk.grants.add(who)

    @rule(talk=talks, who=st.sampled_from(PEOPLE))
    def grant_ends(self, talk: Talk, who: str) -> None:
        talk.grants.discard(who)

    @rule(talk=talks, who=st.sampled_from(PEOPLE))
    def ask(self, talk: Talk, who: str) -> None:
        if asked(self.world.caller(who), "conversation.continue", talk).allowed:
            talk.asker = who

    @rule(talk=consumes(talks))
    def delete(self, talk: Talk) -> None:
        self.world.talks = [each for each in self.world.talks if each is not talk]

    def all_that(self, who: str) -> set[tuple[int, str]]:
        caller = self.world.caller(who)
        pairs = [(talk, action) for talk in self.world.talks for action in ABOUT]
        return {(id(talk), action) for talk, action in pairs if asked(caller, action, talk).allowed}

    def callers(self) -> list[Caller]:
        narrow = [self.world.caller(who, (one,)) for who in PEOPLE[:2] for one in SCOPES]
        scopes = frozenset({*SCOPES, "history:red"})
        red = frozenset({"red"})
        programs = [
            Caller("client", "client:x", scopes, red),
            Caller("token", "sso:x", scopes, red),
            Caller("token", "alice", scopes, red),  # an issuer's subject of that name
            Caller("debug", "debug", scopes, red),
        ]
        return [*map(self.world.caller, PEOPLE), *narrow, *programs]

    @invariant()
    def every_answer_is_the_model_s(self) -> None:
        for caller in self.callers():
            for talk in self.world.talks:
                for action in ABOUT:
                    given = asked(caller, action, talk)
                    assert given.allowed == expected(self.world, caller, action, talk), (caller, action, talk)
                    self.told_only_to_who_knows_of_it(caller, talk, given)

    def told_only_to_who_knows_of_it(self, caller: Caller, talk: Talk, given: Decision) -> None:
        if not given.allowed and not given.hidden:
            assert given.missing not in caller.scopes
            own = talk.owner == caller.id and caller.kind == "person"
            assert own or reads(self.world, caller, talk)


TestWorlds = Worlds.TestCase
TestWorlds.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


ALICE = Caller("person", "alice", frozenset({*SCOPES, "image:upload", "history:red"}), frozenset({"red"}))


def test_every_action_has_a_rule_and_no_other() -> None:
    assert set(get_args(Action)) == set(policy.RULES)
    with pytest.raises(KeyError):
        decide(ALICE, "conversation.share")  # type: ignore[arg-type]


@pytest.mark.parametrize("action", ABOUT)
def test_what_is_not_there_is_hidden_from_everybody(action: Action) -> None:
    for resource in (None, policy.NOTHING):
        assert decide(ALICE, action, resource).hidden


def test_who_lacks_chat_read_learns_of_their_own_alone() -> None:
    blind = Caller("person", "alice", frozenset({"chat:write", "history:red"}), frozenset({"red"}))
    own, team = Resource("alice", None), Resource("bob", "red")
    assert decide(blind, "conversation.read", own).missing == "chat:read"
    assert not decide(blind, "conversation.read", own).hidden
    assert decide(blind, "conversation.read", team).hidden
    assert decide(blind, "conversation.read", Resource("bob", None, granted=True)).hidden
    assert not decide(blind, "conversation.list").hidden  # there is no object to hide: 403


@pytest.mark.parametrize("kind", ["client", "token", "debug"])
def test_programs_own_nothing(kind: str) -> None:
    program = Caller(kind, "alice", ALICE.scopes, ALICE.teams, frozenset({"red"}))  # type: ignore[arg-type]
    for action in ("conversation.create", "image.upload", "team.members", "team.manage"):
        assert decide(program, action, Resource("alice", "red")).hidden  # type: ignore[arg-type]
    assert decide(program, "conversation.read", Resource("alice", None)).hidden
    assert decide(program, "model.ask").allowed


def test_who_asked_may_stop_it_while_they_are_in_the_team() -> None:
    talk = Resource("bob", "red", asker="alice")
    assert decide(ALICE, "conversation.stop", talk).allowed
    assert decide(ALICE, "conversation.stop", Resource("bob", "red", asker="bob")).hidden
    left = Caller("person", "alice", frozenset(SCOPES))
    assert decide(left, "conversation.stop", talk).hidden
    granted = Resource("bob", "red", granted=True, asker="alice")
    assert decide(left, "conversation.stop", granted).hidden


def test_a_lead_manages_the_own_team_alone() -> None:
    lead = Caller("person", "bob", ALICE.scopes, frozenset({"red", "blue"}), frozenset({"red"}))
    for action in ("team.members", "team.usage", "team.manage"):
        assert decide(lead, action, Resource(None, "red")).allowed  # type: ignore[arg-type]
        assert decide(lead, action, Resource(None, "blue")).hidden  # type: ignore[arg-type]
        assert decide(ALICE, action, Resource(None, "red")).hidden  # type: ignore[arg-type]


def test_nobody_grants_by_a_right_of_a_caller() -> None:
    assert decide(ALICE, "conversation.grant", Resource("alice", None)).hidden


@pytest.mark.parametrize(
    ("maker", "person", "administrator", "reason", "seconds", "allowed"),
    [
        ("root", "bob", False, "he takes over", 60.0, True),
        ("root", "bob", False, "he takes over", 30 * 86400.0, True),
        ("root", "bob", False, "he takes over", 30 * 86400.0 + 1, False),
        ("root", "bob", False, "he takes over", 0.0, False),
        ("root", "bob", False, " ", 60.0, False),
        ("root", "root", False, "curious", 60.0, False),
        ("root", "other", True, "curious", 60.0, False),
    ],
)
def test_a_grant_is_short_and_for_a_reason_and_for_another_person(
    maker: str, person: str, administrator: bool, reason: str, seconds: float, allowed: bool
) -> None:
    given = policy.may_grant(maker, person, to_administrator=administrator, reason=reason, seconds=seconds)
    assert given.allowed is allowed


def test_the_answer_as_an_error() -> None:
    reader = Caller("person", "alice", frozenset({"chat:read"}))
    permissions.require(reader, "conversation.read", Resource("alice", None))
    with pytest.raises(InsufficientScope) as lacking:
        permissions.require(reader, "conversation.continue", Resource("alice", None))
    assert lacking.value.scope == "chat:write"
    with pytest.raises(NotFound):
        permissions.require(reader, "conversation.read", Resource("bob", None))
