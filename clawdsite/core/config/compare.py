"""Two configurations side by side: what differs, and what a reload may take over."""

from __future__ import annotations

from typing import TypeVar

from pydantic.fields import FieldInfo

from clawdsite.core.config.catalogue import catalogue, section_of
from clawdsite.core.config.schema import Config, Section
from clawdsite.core.config.tree import Path, below_key

S = TypeVar("S", bound=Section)


def keeping(config: Config, running: Config) -> Config:
    """`config` with the restart-only keys of the running one."""
    for key in catalogue().values():
        if key.restart and not key.stands_for:
            steps = key.path.split(".")
            config = _with(config, steps, _at(running, steps))
    return config


def _at(section: Section, steps: list[str]) -> object:
    found: object = section
    for step in steps:
        found = getattr(found, step)
    return found


def _with(section: S, steps: list[str], value: object) -> S:
    if len(steps) > 1:
        value = _with(getattr(section, steps[0]), steps[1:], value)
    return section.model_copy(update={steps[0]: value})


def differences(old: Section, new: Section, above: str = "") -> tuple[str, ...]:
    """Dotted keys whose values differ; names alone, never values."""
    found: list[str] = []
    for name in type(old).model_fields:
        one, other = getattr(old, name), getattr(new, name)
        key = below_key(above, name)
        if one == other:
            continue
        if isinstance(one, Section):
            found += differences(one, other, key)
        elif _pairs(one, other):
            for index, (before, after) in enumerate(zip(one, other, strict=True)):
                found += differences(before, after, below_key(key, index))
        else:
            found.append(key)
    return tuple(found)


def _pairs(one: object, other: object) -> bool:
    """Two lists of sections of one length: what differs is inside them."""
    if not (isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other)):
        return False
    return all(isinstance(item, Section) for item in one)


def leaves(section: Section, above: Path = ()) -> list[tuple[Path, FieldInfo, object]]:
    """Path, field and value of every key, items of lists of sections included."""
    found: list[tuple[Path, FieldInfo, object]] = []
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if not section_of(field.annotation):
            found.append(((*above, name), field, value))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                found += leaves(item, (*above, name, index))
        else:
            found += leaves(value, (*above, name))
    return found
