"""What one person may set for the page: a closed list, each with its values and its default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from accounts.caller import Caller
from chat.access import GONE
from chat.models import Preferences
from chat.words import storable
from clawdsite.core.errors import BadRequest, NotFound
from gateway.wire.jsonin import path_of

LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Setting:
    """takes: whether a value can be one. says: which ones can, for the error."""

    default: Any
    takes: Callable[[Any], bool]
    says: str


def _one_of(default: str, *others: str) -> Setting:
    values = (default, *others)
    return Setting(default, lambda value: isinstance(value, str) and value in values, ", ".join(values))


def _is_model(value: Any) -> bool:
    return value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and storable(value))


SETTINGS: Final = {
    "language": _one_of("auto", "zh", "en"),
    "theme": _one_of("auto", "light", "dark"),
    "send_by": _one_of("enter", "ctrl_enter"),
    "model": Setting(None, _is_model, "a model's name, or null for the default"),
    "think": Setting(None, lambda value: value is None or isinstance(value, bool), "true, false or null"),
    "shortcuts": Setting(True, lambda value: isinstance(value, bool), "true or false"),
}


def settings_of(caller: Caller) -> dict[str, Any]:
    """Every setting of this person, with the defaults of what was never set. NotFound: programs have none."""
    _hold(caller)
    row = Preferences.objects.filter(user_id=caller.id).first()
    return _whole(row.values if row is not None else {})


def change(caller: Caller, wanted: dict[str, Any]) -> dict[str, Any]:
    """Set what is named and leave the rest -> all of them. BadRequest names the field."""
    _hold(caller)
    for name, value in wanted.items():
        setting = SETTINGS.get(name)
        if setting is None:
            message = f"There is no such setting; there are {', '.join(SETTINGS)}."
            raise BadRequest(message, code="invalid_value", param=path_of("", name))
        if not setting.takes(value):
            raise BadRequest(f"{name} is one of: {setting.says}.", code="invalid_value", param=name)
    with transaction.atomic():
        Preferences.objects.get_or_create(user_id=caller.id)
        row = Preferences.objects.select_for_update().get(user_id=caller.id)
        row.values = {**row.values, **wanted}
        row.save(update_fields=["values"])
    return _whole(row.values)


def _whole(kept: dict[str, Any]) -> dict[str, Any]:
    """What is no setting any more, or no value of one, gives way to the default."""
    return {
        name: kept[name] if name in kept and setting.takes(kept[name]) else setting.default
        for name, setting in SETTINGS.items()
    }


def _hold(caller: Caller) -> None:
    if caller.kind != "person":
        raise NotFound(GONE)
