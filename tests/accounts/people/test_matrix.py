"""The access matrix, row by row, against the policy: matrix.csv here; what others prove is listed."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from accounts import policy
from accounts.caller import Caller
from accounts.policy import Action, Decision, Resource, decide
from accounts.tokens import scopes as scoping
from tests import corpora

FOLDER = corpora.folder("access-matrix")
TEXT = (FOLDER / "matrix.csv").read_text(encoding="utf-8") if FOLDER else ""
ROWS = list(csv.DictReader(TEXT.splitlines()))  # the whole matrix, where the corpora are at hand
OWN = list(csv.DictReader(Path(__file__).with_name("matrix.csv").read_text(encoding="utf-8").splitlines()))
BOTH: Final = frozenset({"chat:read", "chat:write"})


def person(name: str, *teams: str, leads: tuple[str, ...] = (), scopes: frozenset[str] = BOTH) -> Caller:
    history = {f"history:{team}" for team in teams}
    return Caller("person", name, scopes | history, frozenset(teams), frozenset(leads))


def bearer(kind: str, name: str, scope: str) -> Caller:
    granted = scoping.granted({"scope": scope})
    return Caller(kind, name, granted, scoping.teams(granted))  # type: ignore[arg-type]


CLIENT: Final = bearer("client", "client:cA", "chat:read history:team-a")
CALLERS: Final[dict[str, Caller]] = {
    "u1 (owner, team A)": person("u1", "team-a"),
    "u1 second tab": person("u1", "team-a"),
    "u1 other session": replace(person("u1", "team-a"), session="another"),
    "u1 moved from A to B": person("u1", "team-b"),
    "u2 (same team A)": person("u2", "team-a"),
    "u2 (same team A) with a token without chat:write": person(
        "u2", "team-a", scopes=frozenset({"chat:read"})
    ),
    "u3 (team B)": person("u3", "team-b"),
    "u4 (unexpired grant on it)": person("u4"),
    "u4 (grant expired)": person("u4"),
    "team lead A": person("lead", "team-a", leads=("team-a",)),
    "team lead B": person("lead", "team-b", leads=("team-b",)),
    "client cA": CLIENT,
    "client cA (client credentials, scope A)": CLIENT,
    "client cA (client credentials, scope A, chat:write)": bearer(
        "client", "client:cA", "chat:read chat:write history:team-a"
    ),
    "token without scope": bearer("token", "sso:x", ""),
    'token scope ""': bearer("token", "sso:x", ""),
    'token scope "*"': bearer("token", "sso:x", "*"),
    "token scope in other case/homoglyph": bearer(
        "token", "sso:x", "chat:read HISTORY:team-a history:te\u0430m-a"
    ),
    "token (unknown subject of an accepted issuer, scope chat:read chat:write history:team-a)": bearer(
        "token", "sso:x", "chat:read chat:write history:team-a"
    ),
}  # fmt: skip
OBJECTS: Final[dict[str, Resource | None]] = {
    **dict.fromkeys(("Cprv", "Cprv of u1", "Cprv of u1 (scope A)", "Cprv (no team)"), Resource("u1", None)),
    **dict.fromkeys(("Cteam", "Cteam of A"), Resource("u1", "team-a")),
    "C of B": Resource("u3", "team-b"),
    "Cprv of u2": Resource("u2", None),
    "Cprv of u3": Resource("u3", None),
    "team A": Resource(None, "team-a"),
    "team B": Resource(None, "team-b"),
    "-": None,
}
ACTIONS: Final[dict[str, tuple[Action, ...]]] = {
    **dict.fromkeys(
        ("read", "search", "list messages", "read attachment", "download image", "subscribe"),
        ("conversation.read",),
    ),
    **dict.fromkeys(("receive", "receive events", "resume stream with seq"), ("conversation.read",)),
    **dict.fromkeys(
        ("write", "send", "append message", "regenerate", "clear context", "context.clear"),
        ("conversation.continue",),
    ),
    **dict.fromkeys(
        ("use as parent_id in own conversation", "chat.send with a parent of it (edit)"),
        ("conversation.continue",),
    ),
    "list": ("conversation.list", "conversation.read"),  # there is a list, and it is in it
    "export": ("conversation.export",),
    "fork": ("conversation.read", "conversation.create"),
    "rename": ("conversation.rename",),
    "delete": ("conversation.delete",),
    "undo-delete": ("conversation.undo",),
    "move": ("conversation.move",),
    "move to team A": ("conversation.move",),
    "move to team B": ("conversation.move",),
    "move back to private": ("conversation.move",),
    "pin": ("conversation.pin",),
    "archive": ("conversation.archive",),
    "stop": ("conversation.stop",),
    "stop running answer": ("conversation.stop",),
    "list team members": ("team.members",),
    "usage numbers": ("team.usage",),
}
TARGETS: Final[dict[str, str | None]] = {
    "move to team A": "team-a",
    "move to team B": "team-b",
    "move back to private": None,
}
GRANTS: Final = {  # made in the admin: `may_grant`
    "M168": ("root", "root", False),
    "M169": ("root", "other-root", True),
}
VOID: Final = {
    "M069": "contract.md: machine clients own no conversations, so there is none that one made",
    "M074": "contract.md: machine clients own no conversations, so there is none that one made",
}
ROUTE: Final = "a route, message or limit: its own tests"
PROVED: Final[dict[str, str]] = {
    **dict.fromkeys(("M039", "M042", "M049", "M050"), ROUTE),
    **dict.fromkeys(("M056", "M057", "M058", "M059", "M060", "M061", "M062"), "nobody is no caller"),
    **dict.fromkeys(("M076", "M077"), "which callers a channel lets in: socket and admin"),
    **dict.fromkeys(("M078", "M079", "M080"), "the token endpoint"),
    **dict.fromkeys(("M081", "M090", "M091", "M092", "M093", "M094", "M095", "M096"), "revocation, sessions"),
    **{f"M{number:03}": "the admin" for number in (*range(97, 111), 118)},
    **{f"M{number}": "a canary in each place where text may leak" for number in range(119, 137)},
    **{f"M{number}": ROUTE for number in range(137, 149)},
    "M159": "an import names no conversation: it makes new ones of the importer",
    "M158": "no request can name another person's state: the routes",
    "M174": "unknown_subjects: refuse: the door makes no caller",
}  # fmt: skip
JUDGED = [row for row in OWN if row["id"] not in GRANTS]


def answer(row: dict[str, str]) -> Decision:
    """The first refusal among the acts that the row names, or the last consent."""
    caller, resource = CALLERS[row["actor"]], OBJECTS[row["object"]]
    if resource is not None and row["actor"] == "u4 (unexpired grant on it)":
        resource = replace(resource, granted=True)
    acts = ACTIONS[row["action"]][:1] if resource is None else ACTIONS[row["action"]]
    found = next((one for act in acts if not (one := decide(caller, act, resource)).allowed), None)
    moving = found is None and row["action"] in TARGETS and resource is not None
    if moving and not policy.may_move_to(caller, resource or policy.NOTHING, TARGETS[row["action"]]):
        return Decision(False, "a foreign team answers as an unknown one", hidden=True)
    return found or Decision(True, "")


@pytest.mark.parametrize("row", [pytest.param(row, id=f"cell-{row['id']}") for row in JUDGED])
def test_the_policy_answers_as_the_matrix_says(row: dict[str, str]) -> None:
    given = answer(row)
    if row["deny_form"].startswith("403"):
        assert (given.allowed, given.hidden) == (False, False)
        assert given.missing
    else:
        assert given.allowed == row["expect"].startswith(("allow", "contains", "hit")), given
        assert given.hidden is not given.allowed  # a 404 as of any other id


@pytest.mark.parametrize("row", [pytest.param(name, id=f"cell-{name}") for name in GRANTS])
def test_a_grant_that_contract_forbids_is_none(row: str) -> None:
    maker, to, administrator = GRANTS[row]
    given = policy.may_grant(maker, to, to_administrator=administrator, reason="a reason", seconds=60)
    assert not given.allowed
    assert not decide(person(maker), "conversation.read", Resource("u1", None)).allowed


@pytest.mark.parametrize("rows", [pytest.param(ROWS, id="all")] if ROWS else [])
def test_every_row_is_judged_or_listed_with_a_reason(rows: list[dict[str, str]]) -> None:
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids) == 176
    built = {row["id"] for row in rows if row["expect"] != "not built"}
    listed = {*VOID, *PROVED, *GRANTS}
    assert listed <= built
    assert {row["id"] for row in JUDGED} == built - listed


def test_the_rows_here_are_those_of_the_matrix() -> None:
    whole = {row["id"]: row for row in ROWS}
    assert len(JUDGED) > 80
    for row in OWN if ROWS else []:
        assert row == {name: whole[row["id"]][name] for name in row}
