"""What goes up to the model: the branch since the last mark, trimmed on whole turns, never silently."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from chat.models import Conversation, Image, Message
from chat.prompts import NOWHERE, Place, system_prompt
from chat.words import Options
from clawdsite.core.config.schema import Config
from gateway import images, services
from gateway import types as wire

# Cautious: a question that does not fit is refused by the model's host, and the conversation stands still.
CHARACTERS_A_TOKEN: Final = 2.0  # of ASCII: English has about 4, code 3, keys and hashes 2; a digit is one
BYTES_A_TOKEN: Final = 2.1  # of UTF-8 beyond ASCII: Chinese has about 1.5 characters, of three bytes each
A_TURN: Final = 8  # tokens: who speaks, as the model's template writes it
FOR_THE_ANSWER: Final = 0.25  # share of the context that is left to the answer
DEFAULT_CONTEXT: Final = 4096  # tokens, where the model's host does not say
AN_IMAGE: Final = 1500  # tokens


@dataclass(frozen=True, slots=True)
class Context:
    """request: for gateway.services.complete. dropped: how many turns did not fit and were left out."""

    request: wire.ChatRequest
    dropped: int


def build(
    config: Config,
    where: Conversation,
    answer: Message,
    options: Options,
    *,
    context_length: int | None,
    place: Place = NOWHERE,
) -> Context:
    """The question of `answer` with what was said before it on its branch.

    The question itself always goes, whole: if it alone is too long, the model's host says so (M1). So does
    what an answer that goes on has already: last, where a host takes it for the beginning of its own words.
    context_length: tokens the model holds, or None.
    """
    turns = branch(where, answer)
    room = (context_length or DEFAULT_CONTEXT) * (1 - FOR_THE_ANSWER)
    system = _system(config, where, answer, _model(config, options, turns), place)
    room -= tokens(system) + tokens(answer.text) + 2 * A_TURN
    kept: list[Message] = []
    for turn in reversed(turns):
        room -= tokens(turn.text) + AN_IMAGE * len(turn.images) + A_TURN
        if room < 0 and kept:
            break
        kept.insert(0, turn)
    while len(kept) > 1 and kept[0].role != Message.Role.USER:
        kept.pop(0)  # whole turns: never an answer without its question
    messages = [_message(turn) for turn in kept]
    if system:
        messages.insert(0, wire.Message("system", system))
    if answer.text:
        messages.append(wire.Message("assistant", answer.text))
    model = _model(config, options, kept)
    request = wire.ChatRequest(
        model=model,
        messages=tuple(messages),
        stream=True,
        think=False if answer.text else options.think,  # it would think in the middle of a sentence
        session=str(where.id),
    )
    return Context(request, len(turns) - len(kept))


def tokens(text: str) -> float:
    """How many of the model's tokens a text may have, at most: no tokenizer is here."""
    plain = text.encode("ascii", "ignore")
    digits = sum(map(plain.count, b"0123456789"))
    beyond = len(text.encode()) - len(plain)
    return beyond / BYTES_A_TOKEN + digits + (len(plain) - digits) / CHARACTERS_A_TOKEN


def branch(where: Conversation, answer: Message) -> list[Message]:
    """From the last mark (or the beginning) down to the question of `answer`, oldest first."""
    everything = {message.id: message for message in where.messages.defer("thinking")}
    found: list[Message] = []
    at: uuid.UUID | None = answer.parent_id
    while at is not None and at in everything:
        message = everything[at]
        if message.role == Message.Role.MARK:
            break
        found.append(message)
        at = message.parent_id
    return [turn for turn in reversed(found) if turn.text or turn.images]


def _model(config: Config, options: Options, turns: list[Message]) -> str | None:
    """Who is asked: the one that was chosen, else the one for pictures where there are some, else None."""
    pictures = any(turn.images for turn in turns)
    return options.model or ((config.models.vision or None) if pictures else None)


def _system(config: Config, where: Conversation, answer: Message, model: str | None, place: Place) -> str:
    return system_prompt(config, where, answer.asker, services.resolve(model, config), place)


def _message(turn: Message) -> wire.Message:
    """Without its thinking: it is for people, and the model does not read its own."""
    found = Image.objects.filter(id__in=turn.images) if turn.images else ()
    pictures = {str(image.id): image for image in found}
    role: wire.Role = "user" if turn.role == Message.Role.USER else "assistant"
    shown = tuple(
        images.Clean(bytes(pictures[one].content), pictures[one].media_type, f"images[{place}]")
        for place, one in enumerate(turn.images)
        if one in pictures
    )
    return wire.Message(role, turn.text, images=shown)
