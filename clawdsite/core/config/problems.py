"""What is wrong with a configuration, and where: file, line, key, and never the value of a secret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

NOT_YET: Final = "not available yet"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to repair (or, as a warning, to know).

    line: counted from 1; None where nothing in the file could be pointed at.
    key: dotted, spelled as in the file (`auth.jwt[1].secret`); empty for the file as a whole.
    """

    file: str
    line: int | None
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        subject = f"{self.key}: " if self.key else ""
        return f"{place}: {subject}{self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say of a value. path: in the schema's form. refused: else it is a warning."""

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    refused: bool = True


class ConfigErrors(Exception):
    """A configuration that cannot be used; all its problems at once, one a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Ledger:
    """The problems found so far in one file.

    Later checks run on what is left after the earlier ones took out what they refused, so a key that was
    already named is not named again for the hole it left.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []
        self.settled: set[str] = set()

    def add(self, line: int | None, key: str, message: str, hint: str = "") -> None:
        self.found.append(Problem(self.file, line, key, message, hint))
        self.settled.add(key)

    def is_settled(self, key: str) -> bool:
        """Whether this key, one above or one below it was already named."""
        return any(_related(key, known) for known in self.settled)

    def add_unless_settled(self, line: int | None, key: str, message: str, hint: str = "") -> None:
        """`add`, except where the key is settled."""
        if not self.is_settled(key):
            self.add(line, key, message, hint)

    def restate(self, above: str, message: str) -> None:
        """Say this of every key below `above` that was named for another reason."""
        for index, problem in enumerate(self.found):
            if _related(problem.key, above):
                self.found[index] = replace(problem, message=message, hint="")

    def settle(self, key: str) -> None:
        """Count this key as named: it is the one that a misspelled key probably meant."""
        self.settled.add(key)

    def forgive(self, above: str, beginnings: tuple[str, ...]) -> None:
        """Take back what was said of keys below `above` with a message that begins so."""
        self.found = [
            problem
            for problem in self.found
            if not (_related(problem.key, above) and problem.message.startswith(beginnings))
        ]

    def in_order(self) -> tuple[Problem, ...]:
        """By line; what has no line comes last."""
        return tuple(sorted(self.found, key=lambda problem: problem.line or 10**9))


def _related(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and long[len(short)] in ".[" if short else False
