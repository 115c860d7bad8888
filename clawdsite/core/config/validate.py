"""The tree against the schema: every error at once, in our words, with the place it stands at."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from clawdsite.core.config.nearest import nearest, nearest_key
from clawdsite.core.config.problems import Ledger
from clawdsite.core.config.schema import Config
from clawdsite.core.config.tree import Entry, Path, below_key

WORDS: Final = {
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "is too large a number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "string_type": "expected text",
    "tuple_type": "expected a list",
    "dict_type": "expected `key: value` lines below it",
    "model_type": "expected `key: value` lines below it",
    "string_pattern_mismatch": "may hold a-z, 0-9, _ and -, at most 32 of them",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}
BOUNDS: Final = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


def validate(root: Entry, ledger: Ledger) -> Config:
    """The tree's configuration. What the schema refuses goes into the ledger and out of the tree, so that
    the rest can still be judged: the result is fit for use only if the ledger stayed empty."""
    first = True
    while True:
        try:
            return Config.model_validate(root.plain())
        except ValidationError as error:
            add = ledger.add if first else ledger.add_unless_settled
            first = False
            found = error.errors(include_url=False, include_input=False)
        for one in _lowest(found):
            key, line = root.place(one["loc"])
            add(line, key, *_said(one, root.at(one["loc"]), ledger, key))
        _remove(root, [one["loc"] for one in found])


def _lowest(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the errors of a whole whose parts have errors of their own."""
    parts = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    return [one for one in found if one["loc"] not in parts]


def _said(error: ErrorDetails, entry: Entry | None, ledger: Ledger, key: str) -> tuple[str, str]:
    """The message and the hint; never the value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(error["loc"], ledger, key)
    if kind == "literal_error":
        expected = str(context["expected"]).replace("''", '""').replace("'", "")
        close = nearest(str(entry.value), expected.replace(" or ", ", ").split(", ")) if entry else None
        return f"expected {expected}", f"did you mean {close}?" if close else ""
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return f"{words} {context[name]:g}", ""
    if kind in ("too_long", "too_short") and error["loc"][-1] == "algorithms":
        return "needs exactly one of HS256 and RS256", "list a second issuer for a second algorithm"
    if kind == "value_error":
        return str(context["error"]), ""
    hint = "put quotes around it" if kind == "string_type" and _is_number(entry) else ""
    return WORDS.get(kind, error["msg"].lower()), hint


def _is_number(entry: Entry | None) -> bool:
    return entry is not None and isinstance(entry.value, bool | int | float)


def _unknown(path: Path, ledger: Ledger, key: str) -> tuple[str, str]:
    close = nearest_key(path)
    if close is None:
        return "unknown key", ""
    # Its absence is this typo's doing; in a list the suggestion has no index but the file's key has.
    ledger.settle(close)
    ledger.settle(below_key(key.rpartition(".")[0], close.rpartition(".")[2]))
    for above in ("auth.jwt", "oauth2"):
        if close.startswith(f"{above}.") and key.startswith(f"{above}["):
            ledger.settle(key.partition("]")[0] + close.replace(above, "]", 1))
    return "unknown key", f"did you mean {close}?"


def _remove(root: Entry, paths: list[Path]) -> None:
    """Take the entries at these paths out, or the nearest ones above those that have none."""
    doomed: set[int] = set()
    for path in paths:
        while path and root.at(path) is None:
            path = path[:-1]
        entry = root.at(path)
        if entry is root or entry is None:
            raise AssertionError("the schema refused the whole file")  # every key has a default
        doomed.add(id(entry))
    _sweep(root, doomed)


def _sweep(entry: Entry, doomed: set[int]) -> None:
    children: Any = entry.value
    if isinstance(children, dict):
        for name in [name for name, child in children.items() if id(child) in doomed]:
            del children[name]
    elif isinstance(children, list):
        children[:] = [child for child in children if id(child) not in doomed]
    for child in children.values() if isinstance(children, dict) else children:
        if isinstance(child.value, dict | list):
            _sweep(child, doomed)
