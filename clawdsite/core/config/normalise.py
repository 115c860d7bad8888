"""The freedoms of config.yaml, taken back to the schema's one form, on the tree and with lines kept."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin

from clawdsite.core.config import mounted
from clawdsite.core.config.catalogue import FROM_FILE, LIFTED, marked, section_of
from clawdsite.core.config.problems import NOT_YET, Ledger
from clawdsite.core.config.schema import Config, Section
from clawdsite.core.config.tree import VARIABLE_MISSING, Entry, below_key

FALSE: Final = ("false", "no", "off", "n", "f", "0")


def normalise(root: Entry, folder: Path, ledger: Ledger) -> None:
    """Rewrite the tree in place: lifted keys, lists of one, mounted files, empty and planned sections.

    folder: what relative `*_file` paths start from.
    """
    _single_upstream(root, ledger)
    _lift(root, ledger)
    _listed(root.child("auth"), "jwt")
    _listed(root, "oauth2")
    for path, target in FROM_FILE.items():
        for parent in _parents(root, path):
            _mount(parent, path.rpartition(".")[2], target.rpartition(".")[2], folder, ledger)
    _forgive_disabled(root, ledger)
    _refuse_planned(root, ledger)
    _drop_empty(root, Config, ledger)


def _single_upstream(root: Entry, ledger: Ledger) -> None:
    upstream = root.child("upstream")
    if upstream is None or not isinstance(upstream.value, list):
        return
    for extra in upstream.value[1:]:
        ledger.add(extra.line, extra.key, NOT_YET, "one upstream for now")
    if upstream.value:
        root.value["upstream"] = upstream.value[0]
    else:
        del root.value["upstream"]


def _lift(root: Entry, ledger: Ledger) -> None:
    for name in LIFTED:
        lifted = root.child(name)
        if lifted is None:
            continue
        del root.value[name]
        upstream = root.value.setdefault("upstream", Entry({}, lifted.line, "upstream"))
        if upstream.value is None:
            upstream.value = {}
        if there := upstream.child(name):
            first, second = sorted((there, lifted), key=lambda entry: entry.line or 0)
            ledger.add(second.line, second.key, "given twice", f"also as {first.key} in line {first.line}")
        elif isinstance(upstream.value, dict):
            upstream.value[name] = lifted


def _listed(parent: Entry | None, name: str) -> None:
    """One mapping where a list may stand means a list of one."""
    single = parent.child(name) if parent is not None else None
    if parent is not None and single is not None and isinstance(single.value, dict):
        parent.value[name] = Entry([single], single.line, single.key)


def _parents(root: Entry, path: str) -> list[Entry]:
    """The mappings that may hold the last part of this dotted path; one for each item of a list."""
    found = [root]
    for step in path.split(".")[:-1]:
        children = [child for entry in found if (child := entry.child(step))]
        found = [
            item for child in children for item in (child.value if isinstance(child.value, list) else [child])
        ]
    return [entry for entry in found if isinstance(entry.value, dict)]


def _mount(parent: Entry, name: str, target: str, folder: Path, ledger: Ledger) -> None:
    entry = parent.value.pop(name, None)
    if entry is None:
        return
    if target in parent.value:
        ledger.add(entry.line, entry.key, f"given together with {target}", "keep one of the two")
        return
    if not isinstance(entry.value, str) or not entry.value:
        ledger.add(entry.line, entry.key, "expected the path of a file")
        ledger.settle(below_key(parent.key, target))
        return
    path = folder / entry.value
    try:
        text = mounted.read(path)
    except mounted.Unreadable as why:
        ledger.add(entry.line, entry.key, f"{mounted.CANNOT}: {path} {why}")
        ledger.settle(below_key(parent.key, target))
        return
    parent.value[target] = Entry(text, entry.line, entry.key, file=str(path))


def _forgive_disabled(root: Entry, ledger: Ledger) -> None:
    """A provider that is off may be half written: its variables and files need not be there yet."""
    listed = root.child("oauth2")
    for provider in listed.value if listed is not None and isinstance(listed.value, list) else []:
        enabled = provider.child("enabled")
        if enabled is not None and str(enabled.value).lower() in FALSE:
            ledger.forgive(provider.key, (mounted.CANNOT, VARIABLE_MISSING))


def _refuse_planned(root: Entry, ledger: Ledger) -> None:
    """`limits.teams` has no schema yet: whatever stands in it is refused by name."""
    limits = root.child("limits")
    if limits is not None and isinstance(limits.value, dict):
        teams = limits.value.pop("teams", None)
        if teams is not None:
            _refuse_inside(teams, ledger)
    ledger.restate("limits.teams", NOT_YET)


def _refuse_inside(entry: Entry, ledger: Ledger) -> None:
    if isinstance(entry.value, dict):
        for child in entry.value.values():
            _refuse_inside(child, ledger)
    elif isinstance(entry.value, list) and any(isinstance(item.value, dict) for item in entry.value):
        for item in entry.value:
            _refuse_inside(item, ledger)
    elif entry.value not in (None, [], ""):
        ledger.add_unless_settled(entry.line, entry.key, NOT_YET)


def _drop_empty(entry: Entry, model: type[Section], ledger: Ledger) -> None:
    """A section with nothing below it means its defaults; a scalar without a value means a slip."""
    if not isinstance(entry.value, dict):
        return
    for name, child in list(entry.value.items()):
        known = model.model_fields.get(name)
        if known is None:
            continue
        inner = section_of(known.annotation)
        if child.value is None and not _may_be_empty(known.annotation):
            del entry.value[name]
            if not (inner or get_origin(known.annotation) in (tuple, dict) or marked(known, "planned")):
                ledger.add(child.line, child.key, "has no value", "leave the line out for the default")
        elif inner:
            for item in child.value if isinstance(child.value, list) else [child]:
                _drop_empty(item, inner, ledger)


def _may_be_empty(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)
