"""An answer that was cut goes on: in the same message, by a new answer in the making."""

from __future__ import annotations

from typing import Final

from accounts.caller import Caller
from chat import access
from chat.models import Message
from chat.services import asking
from chat.services.asking import GONE, Acked
from chat.words import Again
from clawdsite.core.errors import NotContinuable, NotFound

CUT: Final = ("interrupted", "stopped")


def again(caller: Caller, asked: Again, *, worker: str) -> Acked:
    """What a `chat.regen` asks for. Errors as `asking.say`, and NotContinuable."""
    return (_more if asked.more else asking.again)(caller, asked, worker=worker)


def _more(caller: Caller, asked: Again, *, worker: str) -> Acked:
    """The answer keeps what it has, and is queued once more."""

    def act() -> Acked:
        where = access.held(caller, "conversation.continue", asked.conversation)
        answer = where.messages.filter(id=asked.message).first()
        if answer is None:
            raise NotFound(GONE)
        _hold(answer)
        generation = asking.make(caller, where, answer, worker)
        where.messages.filter(id=answer.id).update(state="queued", reason="", error="")
        return Acked(
            asked.id, str(where.id), str(answer.parent_id), str(answer.id), str(generation.id), more=True
        )

    return asking.once(caller, asked.id, asked, act)


def _hold(answer: Message) -> None:
    """One that is being written is let through: the conversation is `busy` then."""
    if answer.role != Message.Role.ASSISTANT or answer.parent_id is None:
        raise NotContinuable("Only an answer can go on.", param="m")
    if answer.children.exists():
        raise NotContinuable("Something follows this answer already.", param="m")
    cut = answer.state in CUT or answer.reason == "length" or (answer.state == "failed" and answer.text)
    if not cut and answer.state not in ("queued", "generating"):
        raise NotContinuable("This answer is whole.", param="m")
