"""Stop strings: wherever the pieces are cut, the same text is shown and nothing of the stop string."""

from __future__ import annotations

import timeit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.types import Plan, Text
from gateway.wire.ollama.stops import HoldBack
from tests.gateway.wire.road import ASK, done, events, said


def _through(hold: HoldBack, pieces: list[str]) -> str:
    shown = ""
    for piece in pieces:
        shown += hold.push(piece)[0]
        if hold.hit:
            return shown
    return shown + hold.flush()[0]


def _cut(text: str, stops: tuple[str, ...]) -> str:
    """Letter by letter: the first end at which any stop string is complete; of those the longest."""
    for end in range(1, len(text) + 1):
        starts = [end - len(stop) for stop in stops if text[:end].endswith(stop)]
        if starts:
            return text[: min(starts)]
    return text


@given(
    pieces=st.lists(st.text("ab", max_size=5), max_size=8),
    stops=st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=4, unique=True),
)
def test_the_cut_does_not_depend_on_the_pieces(pieces: list[str], stops: list[str]) -> None:
    expected = _cut("".join(pieces), tuple(stops))
    assert _through(HoldBack(tuple(stops)), pieces) == expected


@pytest.mark.parametrize(
    ("pieces", "stops", "expected"),
    [
        (["Hello ", "world"], ("END",), ["Hello ", "world"]),
        (["abEN", "Dcd"], ("END",), ["ab"]),
        (["abEN", "cd"], ("END",), ["ab", "ENcd"]),
        (["a\n", "\n", "User:"], ("\n\nUser:", "xyz"), ["a"]),
        (["xab"], ("xabc", "ab"), ["x"]),
        (["xabc"], ("xabc", "ab"), ["x"]),
    ],
)
def test_only_what_may_begin_a_stop_string_waits(
    pieces: list[str], stops: tuple[str, ...], expected: list[str]
) -> None:
    found = events([*(said(piece) for piece in pieces), done()], ASK, Plan(stops=stops))
    assert [event.text for event in found if isinstance(event, Text)] == expected


def _item(token: str) -> dict[str, Any]:
    return {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []}


def _tokens(shown: tuple[str, tuple[dict[str, Any], ...]]) -> tuple[str, list[str]]:
    return shown[0], [item["token"] for item in shown[1]]


def test_logprobs_go_out_with_the_text_of_their_token() -> None:
    hold = HoldBack(("END",))
    assert _tokens(hold.push("ab", (_item("ab"),))) == ("ab", ["ab"])
    assert _tokens(hold.push("", (_item(""),))) == ("", [""])
    assert _tokens(hold.push("EN", (_item("EN"),))) == ("", [])
    assert _tokens(hold.push("", (_item(""),))) == ("", [])
    assert _tokens(hold.push("cE", (_item("cE"),))) == ("ENc", ["EN", "", "cE"])
    assert _tokens(hold.push("ND", (_item("ND"),))) == ("", [])
    assert hold.hit


def test_logprobs_of_several_tokens_in_one_piece_end_where_the_text_ends() -> None:
    hold = HoldBack(("END",))
    shown = hold.push("abENDcd", (_item("ab"), _item("END"), _item("cd")))
    assert _tokens(shown) == ("ab", ["ab"])


def test_logprobs_survive_when_tokens_and_text_differ() -> None:
    hold = HoldBack(("END",))
    assert _tokens(hold.push("ab", (_item("\n\n"), _item("ab")))) == ("ab", ["\n\n", "ab"])
    assert _tokens(hold.push("E", (_item("E"),))) == ("", [])
    assert _tokens(hold.flush()) == ("E", ["E"])


def test_a_hostile_stop_string_does_not_cost_more_with_each_token() -> None:
    hold = HoldBack(("a" * 20_000 + "b",))
    seconds = timeit.timeit(lambda: hold.push("aaaa"), number=10_000)
    assert seconds < 5
