"""Bytes become lines, wherever they are cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.lines import LINE_LIMIT, Lines
from tests.doubles.reply import Reply
from tests.proof import proves

WHOLE = Reply.recording("native-chat-stream").whole()
ODD = {
    "an emoji": '{"message":{"content":"👍🏽 é 漢字"}}\n',
    "next line and separators": '{"message":{"content":"a\u0085b\u2028c\u2029d"}}\n',
    "no newline at the end": '{"message":{"content":"a"}}\n{"done":true}',
    "blank lines": '\n\n{"message":{"content":"a"}}\n \r\n\t\n{"done":true}\n\n',
    "carriage returns": '{"message":{"content":"a"}}\r\n{"done":true}\r\n',
    "unknown keys": '{"message":{"content":"a","mood":7},"weather":[1]}\n{"done":true,"x":null}\n',
    "several lines at once": '{"a":1}\n{"a":2}\n{"a":3}\n',
}


def read(*chunks: bytes) -> list[dict[str, object]]:
    split = Lines()
    found = [line for chunk in chunks if chunk for line in split.feed(chunk)] + split.end()
    assert split.failure is None
    return found


@pytest.mark.parametrize("body", ODD.values(), ids=[f"vec-S32-{name}" for name in ODD])
def test_a_body_reads_the_same_wherever_it_is_cut(body: str) -> None:
    raw = body.encode()
    expected = [json.loads(line) for line in body.split("\n") if line.strip()]
    for place in range(len(raw)):
        assert read(raw[:place], raw[place:]) == expected
    assert read(*(raw[index : index + 1] for index in range(len(raw)))) == expected


@given(st.lists(st.integers(0, len(WHOLE)), max_size=20))
def test_a_recorded_answer_reads_the_same_in_any_pieces(places: list[int]) -> None:
    bounds = [0, *sorted(places), len(WHOLE)]
    assert read(*(WHOLE[a:b] for a, b in zip(bounds, bounds[1:], strict=False))) == read(WHOLE)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"{\n", id="fault-F06-half JSON"),
        pytest.param(b'{"a":1} {"b":2}\n', id="fault-F06-two in a line"),
        pytest.param(b'["a"]\n', id="fault-F06-an array"),
        pytest.param(b"null\n", id="fault-F06-null"),
        pytest.param(b"12\n", id="fault-F06-a number"),
        pytest.param(b'{"a":NaN}\n', id="fault-F06-NaN"),
        pytest.param(b'{"a":-Infinity}\n', id="fault-F06-infinity"),
        pytest.param(b'{"a":"\xff\xfe"}\n', id="fault-F06-not UTF-8"),
        pytest.param('{"a":"x"}\n'.encode("utf-16"), id="fault-F06-UTF-16"),
        pytest.param(b'{"a":' + b"[" * 200_000 + b"\n", id="fault-F06-deep"),
        pytest.param(b'{"a":' + b"1" * 10_000 + b"}\n", id="fault-F06-a huge number"),
        pytest.param(b"<html>\n", id="fault-F06-HTML"),
        pytest.param(b"\x00\x01\x02\n", id="fault-F06-binary"),
    ],
)
def test_nonsense_is_told_apart_and_what_came_before_it_is_kept(bad: bytes) -> None:
    split = Lines()
    assert split.feed(b'{"good":1}\n' + bad + b'{"after":1}\n') == [{"good": 1}]
    assert split.failure is not None
    assert split.failure.code == "upstream_invalid"


@proves("fault-F07")
@pytest.mark.parametrize("chunk", [64 * 1024, LINE_LIMIT], ids=["in reads", "at once"])
def test_a_line_of_8_MiB_passes_and_a_longer_one_does_not(chunk: int) -> None:
    frame = len(b'{"a":""}')
    whole = b'{"a":"' + b"x" * (LINE_LIMIT - frame) + b'"}\n'
    assert len(read(*(whole[at : at + chunk] for at in range(0, len(whole), chunk)))) == 1
    split = Lines()
    longer = b'{"a":"' + b"x" * (LINE_LIMIT - frame + 1) + b'"}\n'
    for at in range(0, len(longer), chunk):
        split.feed(longer[at : at + chunk])
    assert split.failure is not None
    assert "8 MiB" in split.failure.message


@proves("fault-F07")
def test_a_line_without_an_end_is_given_up_before_it_fills_the_memory() -> None:
    split = Lines()
    fed = 0
    while split.failure is None:
        split.feed(b"x" * 65536)
        fed += 65536
    assert fed <= LINE_LIMIT + 65536
