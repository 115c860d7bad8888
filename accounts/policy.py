"""May they: contract.md, "Who may do what", as a table. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from accounts.caller import Caller

Action = Literal[
    "model.ask",
    "model.list",
    "image.upload",
    "conversation.list",
    "conversation.create",
    "conversation.read",
    "conversation.continue",  # ask, regenerate, edit into a branch, clear the context
    "conversation.rename",
    "conversation.delete",
    "conversation.undo",
    "conversation.move",
    "conversation.pin",
    "conversation.archive",
    "conversation.export",
    "conversation.stop",
    "conversation.grant",  # nobody by a caller's right; in the admin: `may_grant`
    "team.members",
    "team.usage",
    "team.manage",
]


@dataclass(frozen=True, slots=True)
class Resource:
    """A conversation as far as rights look at it, or a team (then without an owner).

    owner: a person's id. team: a slug, None: private. granted: an unexpired grant names the caller.
    asker: who asked for the running answer (conversation.stop).
    """

    owner: str | None
    team: str | None
    granted: bool = False
    asker: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """allowed, and why. missing: the scope that would have made the difference (403). hidden: the answer is
    that of an unknown id (404)."""

    allowed: bool
    reason: str
    missing: str | None = None
    hidden: bool = False


Who = Callable[[Caller, Resource], bool]


def is_owner(caller: Caller, resource: Resource) -> bool:
    return caller.kind == "person" and resource.owner == caller.id


def is_in_team(caller: Caller, resource: Resource) -> bool:
    return resource.team is not None and resource.team in caller.teams


def is_lead(caller: Caller, resource: Resource) -> bool:
    return caller.kind == "person" and resource.team is not None and resource.team in caller.leads


def sees(caller: Caller, resource: Resource) -> bool:
    """A private one is its owner's; a team's is its team's, and lost to an owner who left."""
    return belongs(caller, resource) or (caller.kind == "person" and resource.granted)


def belongs(caller: Caller, resource: Resource) -> bool:
    """Sees it, and not by a grant."""
    return is_owner(caller, resource) if resource.team is None else is_in_team(caller, resource)


def continues(caller: Caller, resource: Resource) -> bool:
    """Not by grant, not a machine client, not kind `token`."""
    return caller.kind == "person" and belongs(caller, resource)


def keeps(caller: Caller, resource: Resource) -> bool:
    """The owner, or the team's lead."""
    return belongs(caller, resource) and (is_owner(caller, resource) or is_lead(caller, resource))


def stops(caller: Caller, resource: Resource) -> bool:
    """Who asked, the owner, the team's lead."""
    asked = caller.kind == "person" and resource.asker == caller.id
    return belongs(caller, resource) and (asked or keeps(caller, resource))


def keeps_a_place(caller: Caller, resource: Resource) -> bool:
    """Pin and archive are each reader's own; programs keep no list."""
    return caller.kind == "person" and sees(caller, resource)


def nobody(caller: Caller, resource: Resource) -> bool:
    return False


def is_person(caller: Caller, resource: Resource) -> bool:
    return caller.kind == "person"


def anybody(caller: Caller, resource: Resource) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """who: must hold, else the object is hidden. reads: whether chat:read is needed besides; without it a
    team's and a granted one is hidden, and only an owner is told what lacks. scope: needed besides that, and
    named to who sees the object and has the role."""

    who: Who
    scope: str | None = None
    reads: bool = True


RULES: Final[dict[Action, Rule]] = {
    "model.ask": Rule(anybody, "chat:write", reads=False),
    "model.list": Rule(anybody, None, reads=False),  # any valid token
    "image.upload": Rule(is_person, "image:upload", reads=False),
    "conversation.list": Rule(anybody),
    "conversation.create": Rule(is_person, "chat:write", reads=False),
    "conversation.read": Rule(sees),
    "conversation.continue": Rule(continues, "chat:write"),
    "conversation.rename": Rule(keeps, "chat:write"),
    "conversation.delete": Rule(keeps, "chat:write"),
    "conversation.undo": Rule(keeps, "chat:write"),
    "conversation.move": Rule(keeps, "chat:write"),
    "conversation.pin": Rule(keeps_a_place),
    "conversation.archive": Rule(keeps_a_place),
    "conversation.export": Rule(sees),
    "conversation.stop": Rule(stops),
    "conversation.grant": Rule(nobody),
    "team.members": Rule(is_lead, reads=False),
    "team.usage": Rule(is_lead, reads=False),
    "team.manage": Rule(is_lead, reads=False),
}
LONGEST_GRANT: Final = 30 * 86400.0  # seconds
NOTHING: Final = Resource(owner=None, team=None)


def decide(caller: Caller, action: Action, resource: Resource | None = None) -> Decision:
    """Whether this caller may do this. An action that is not in the table is a KeyError: a bug.

    resource: the conversation; None for an act on nothing yet, and for one that is not there.
    """
    rule, what = RULES[action], resource or NOTHING
    if rule.reads and caller.kind == "debug":
        return Decision(False, "the debug port has no conversations", hidden=True)
    if not rule.who(caller, what):
        return Decision(False, f"{action} is not {caller.kind}'s here: {rule.who.__name__}", hidden=True)
    if rule.reads and "chat:read" not in caller.scopes:
        told = rule.who is anybody or is_owner(caller, what)
        return Decision(False, f"{action} needs scope chat:read", missing="chat:read", hidden=not told)
    if rule.scope is not None and rule.scope not in caller.scopes:
        return Decision(False, f"{action} needs scope {rule.scope}", missing=rule.scope)
    how = f"by scope {rule.scope}" if rule.scope else "by chat:read" if rule.reads else "for every caller"
    return Decision(True, f"{action} {how}: {rule.who.__name__}")


def may_move_to(caller: Caller, resource: Resource, team: str | None) -> bool:
    """Where to: the owner between private and a team of theirs, the team's lead to another team of theirs.

    A lead does not make it private: it would go back to an owner who may have left the team. A team that is
    not the caller's answers as an unknown one (M163).
    """
    if team is None:
        return is_owner(caller, resource)
    return keeps(caller, resource) and team in caller.teams


def may_grant(maker: str, person: str, *, to_administrator: bool, reason: str, seconds: float) -> Decision:
    """Whether an administrator may let a person read one conversation for a while: never themselves, nor
    another administrator, who look by break-glass alone."""
    if person == maker:
        return Decision(False, "a grant never names its maker")
    if to_administrator:
        return Decision(False, "a grant never names an administrator")
    if not reason.strip():
        return Decision(False, "a grant needs a reason")
    if not 0 < seconds <= LONGEST_GRANT:
        return Decision(False, "a grant lasts for 30 days at most")
    return Decision(True, "granted by an administrator")
