"""What a person expects of the page: each behaviour has a test that carries its number."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
LAST: Final = 105
# Nice, and not in this round.
LEFT_OUT: Final = {
    51: "Mermaid diagrams: the source is shown as code",
    64: "thumbs up and down",
    78: "temporary conversations that are not stored",
}
NUMBER: Final = re.compile(r"\bui-(\d+)\b")


def proven() -> set[int]:
    """The numbers that tests carry, in Python and in JavaScript."""
    files = [*TESTS.rglob("test_*.py"), *(TESTS / "js").rglob("*.test.js")]
    texts = [file.read_text(encoding="utf-8") for file in files if "node_modules" not in file.parts]
    return {int(number) for text in texts for number in NUMBER.findall(text)}


def test_every_behaviour_is_proven_or_left_out_on_purpose() -> None:
    assert set(range(1, LAST + 1)) - proven() - set(LEFT_OUT) == set()


def test_nothing_is_left_out_that_is_proven() -> None:
    assert proven() & set(LEFT_OUT) == set()


def test_no_number_is_made_up() -> None:
    assert {number for number in proven() if not 1 <= number <= LAST} == set()
