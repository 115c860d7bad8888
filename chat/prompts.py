"""The system prompt of a conversation: the model's, then its team's, with who asks and in which language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from accounts.models import User
from chat.models import Conversation, Preferences
from clawdsite.core.config.schema import Config

WORD: Final = re.compile(r"\{(name|language|team|date)\}")  # clawdsite.core.config.rules refuses others
LANGUAGES: Final = {"zh": "Chinese", "en": "English"}
TAG: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}\Z")  # BCP 47, its ordinary forms
ANY: Final = "the language of the question"
ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is: its language (BCP 47) and time zone (`Asia/Shanghai`); empty: it did not say."""

    language: str = ""
    zone: str = ""


NOWHERE: Final = Place()


def system_prompt(
    config: Config, where: Conversation, asker: User | None, model: str, place: Place = NOWHERE
) -> str:
    """Empty where there is none. model: as its host knows it. Asks the database for the person's language."""
    of_model = config.models.system_prompts.get(model, config.models.system_prompt)
    of_team = config.chat.team_prompts.get(where.team.slug, "") if where.team is not None else ""
    prompt = "\n\n".join(part for part in (of_model, of_team) if part)
    if not WORD.search(prompt):
        return prompt
    words = {
        "name": asker.get_full_name() if asker is not None else "",
        "language": language_of(asker, place),
        "team": str(where.team) if where.team is not None else "",
        "date": datetime.now(zone_of(place)).date().isoformat(),
    }
    return WORD.sub(lambda found: " ".join(words[found[1]].split()), prompt)  # one line: a name is no order


def language_of(asker: User | None, place: Place) -> str:
    """As the person set it, else as their page says."""
    row = Preferences.objects.filter(user=asker).first() if asker is not None else None
    chosen = row.values.get("language", "auto") if row is not None else "auto"
    tag = place.language if chosen == "auto" else chosen
    if not isinstance(tag, str) or not TAG.match(tag):
        return ANY
    return LANGUAGES.get(tag.split("-")[0].lower(), tag)


def zone_of(place: Place) -> tzinfo:
    """UTC where the page's is none."""
    if not ZONE.match(place.zone):
        return UTC
    try:
        return ZoneInfo(place.zone)
    except (KeyError, ValueError, OSError):
        return UTC
