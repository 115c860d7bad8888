"""What the others are told when something becomes of a conversation, by whichever door it was done."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from chat import frames
from chat.generation.runner import current_runner
from chat.generation.watching import withdraw
from chat.hub import Listener, hub
from chat.models import Conversation
from chat.selectors import stamp
from chat.services import leaving
from chat.services.asking import Acked


def ack(acked: Acked) -> str:
    """The answer to what was carried out; stored before it is said."""
    return frames.frame(
        "ack", id=acked.id, c=acked.conversation, mu=acked.question, ma=acked.answer, g=acked.generation
    )


def began(acked: Acked, model: str) -> None:
    """Whoever has the conversation open sees the answer begin."""
    conversation, generation = uuid.UUID(acked.conversation), uuid.UUID(acked.generation)
    start = frames.frame(
        "gen.start",
        g=acked.generation,
        c=acked.conversation,
        m=acked.answer,
        parent=acked.question,
        model=model,
        s=0,
    )
    hub.tell(conversation, start)
    hub.began(conversation, generation)
    hub.elsewhere("began", c=acked.conversation, g=acked.generation, frame=start)


def trimmed(acked: Acked, dropped: int) -> str:
    """So many earlier turns did not go up to the model: never silently."""
    return frames.frame(
        "notice",
        level="warning",
        key="notice.context_trimmed",
        c=acked.conversation,
        args={"dropped": dropped},
    )


def noticed(fact: dict[str, Any]) -> str:
    """Somebody was let into a conversation, or looked at it. fact: of granting.notices."""
    kind = fact["kind"]
    return frames.frame(
        "notice",
        level="warning" if kind == "break_glass" else "info",
        key=f"notice.{kind}",
        c=fact["c"],
        args={name: fact[name] for name in ("id", "who", "by", "reason", "at", "until", "title")},
    )


def updated(facts: dict[str, Any] | None, person: str, *, but: Listener | None = None) -> None:
    """It is new, or its title, team or time changed: whoever has it open, the person's other tabs, and the
    lists of its team. None: it was deleted meanwhile, which was said."""
    if facts is None:
        return
    told = frames.whole("conv.updated", **facts)
    hub.tell(uuid.UUID(facts["c"]), told, besides=person, team=facts["team"], but=but)
    hub.elsewhere("updated", c=facts["c"], person=person, team=facts["team"])


def shelved(person: str, conversation: uuid.UUID, marks: dict[str, Any]) -> None:
    """Pin and archive are each reader's own: nobody else hears of them."""
    told = frames.frame("conv.updated", c=conversation, **marks)
    hub.tell_person(person, told)
    hub.elsewhere("shelved", person=person, frame=told)


def titled(conversation: uuid.UUID, title: str, owner: str, team: str | None) -> None:
    """The model found a title. A team's is told to its people: an owner who left it hears nothing."""
    person = owner if team is None else None
    hub.tell(conversation, frames.frame("title", c=conversation, title=title), besides=person, team=team)
    hub.elsewhere("titled", c=str(conversation), person=person, team=team)


def moved(facts: dict[str, Any], person: str, was: str | None) -> None:
    """Who may read it has changed: who may now hears what it is, the others that it is gone.

    was: the team it was in.
    """
    conversation = uuid.UUID(facts["c"])
    told = frames.whole("conv.updated", **facts)
    hub.tell_person(person, told)
    for listener in hub.of_team(facts["team"]):
        listener.told(told)
    hub.doubt(conversation, was)
    leaving.doubt(conversation)
    bare = {name: value for name, value in facts.items() if name != "title"}
    hub.elsewhere("shelved", person=person, frame=frames.whole("conv.updated", **bare))
    hub.elsewhere("moved", c=str(conversation), was=was)
    if facts["team"] is not None:
        hub.elsewhere("updated", c=str(conversation), person=person, team=facts["team"])


def deleted(conversation: uuid.UUID, person: str, team: str | None, answers: Collection[uuid.UUID]) -> None:
    """Gone for everybody, and from the lists of its team. answers: what was being written there."""
    gone(conversation, person, team, answers)
    facts = {"c": str(conversation), "person": person, "team": team, "g": [str(one) for one in answers]}
    hub.elsewhere("deleted", **facts)


def gone(
    conversation: uuid.UUID, person: str | None, team: str | None, answers: Collection[uuid.UUID]
) -> None:
    """The same, for this process alone. Not a word of an answer is shown from here on."""
    for one in answers:
        withdraw(one)
    hub.hush(answers)
    hub.tell(conversation, frames.frame("conv.deleted", c=conversation), besides=person, team=team)
    hub.forget(conversation)
    for one in answers:
        current_runner().stop(one)


def cleared(conversation: uuid.UUID, mark: str | None) -> None:
    """A context mark: the pages draw a line."""
    told = frames.frame("context.cleared", c=conversation, after=mark)
    hub.tell(conversation, told)
    hub.elsewhere("told", c=str(conversation), frame=told)


def facts_of(conversation: str) -> dict[str, Any] | None:
    """What a list shows of it, the same for everybody who may read it; None: it was deleted. Asks the
    database."""
    return facts_and_owner(conversation)[0]


def use_of(conversation: str) -> dict[str, Any] | None:
    """What a question changes of it: not the title, of which a newer one may be told before this is."""
    facts = facts_of(conversation)
    return None if facts is None else {name: value for name, value in facts.items() if name != "title"}


def facts_and_owner(conversation: str) -> tuple[dict[str, Any] | None, str]:
    row = Conversation.objects.select_related("team").filter(id=conversation, deleted=None).first()
    if row is None:
        return None, ""
    team = row.team.slug if row.team is not None else None
    facts = {"c": str(row.id), "title": row.title, "team": team, "updated": stamp(row.updated)}
    return facts, str(row.owner_id)


def facts_on(card: dict[str, Any]) -> dict[str, Any]:
    """The same, from a card of the list."""
    return {"c": card["id"], **{name: card[name] for name in ("title", "team", "updated")}}
