"""JSON from outside is read strictly, and what is wrong with it is said (H-34)."""

from __future__ import annotations

import json

import pytest

from clawdsite.core.errors import BadRequest
from gateway.wire import jsonin
from gateway.wire.jsonin import parse_object, parse_text
from tests import corpora

NAUGHTY: list[str] = corpora.loaded("blns", "blns.json")


def refused(body: bytes) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        parse_object(body)
    return caught.value


def test_an_object_comes_out_as_it_was_written() -> None:
    body = {"a": [1, 1.5, None, True, "Forlì 😀"], "b": {"c": {}}, "": -(2**63)}
    assert parse_object(json.dumps(body).encode()) == body
    assert parse_object(json.dumps(body, ensure_ascii=False).encode()) == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b'"a"',
        b"[]",
        b'{"a":}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":1} x',
        b'{"a":01}',
        b'{"a":"\n"}',
        b'{"a":"\\x"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":1,"b":{"c":1,"c":2}}',
        b'{"a":NaN}',
        b'{"a":[-Infinity]}',
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    error = refused(body)
    assert (error.status, error.code) == (400, "invalid_json")
    assert error.message.startswith("We could not parse the JSON body of your request: ")


def test_a_syntax_error_says_where() -> None:
    assert "line 1 column 6" in refused(b'{"a":}').message


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"a":{"b":1,"b":2}}', "b"),
        (b'{"x y":1,"x y":2}', "?"),
        (b'{"a":[0,NaN]}', "a[1]"),
    ],
)
def test_a_refusal_names_the_field(body: bytes, param: str) -> None:
    assert refused(body).param == param


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"a":1e400}', "a"),
        (b'{"a":[{"b":-1e999}]}', "a[0].b"),
        (b'{"a":' + b"9" * 400 + b"}", "a"),
        (b'{"a":-' + b"9" * 10_000 + b"}", "a"),
        (b'{"a":' + b"9" * 400 + b".5}", "a"),
        (b'{"messages":[{"content":"\\ud800"}]}', "messages[0].content"),
        (b'{"a":"\\uDFFF\\uD800"}', "a"),
        (b'{"a":{"\\ud800":1}}', "a"),
    ],
)
def test_numbers_and_letters_that_nobody_else_can_read_are_refused_by_path(body: bytes, param: str) -> None:
    error = refused(body)
    assert (error.code, error.param) == ("invalid_value", param)
    error.body()["error"]["message"].encode()


def test_surrogate_pairs_and_written_out_escapes_are_ordinary_text() -> None:
    assert parse_object(b'{"a":"\\ud83d\\ude00","b":"\\\\ud800"}') == {"a": "😀", "b": "\\ud800"}


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_64_levels_are_read_and_65_are_not(opening: bytes, closing: bytes) -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' + opening * levels + b"1" + closing * levels + b"}"

    assert parse_object(nested(63))
    for levels in (64, 1000, 200_000):
        error = refused(nested(levels))
        assert error.code == "invalid_json"
        assert "deeper than 64 levels" in error.message


def test_brackets_inside_text_are_not_levels() -> None:
    assert parse_object(json.dumps({"a": "[{" * 1000}).encode())
    assert parse_object(json.dumps({"a": [[]] * 1000}).encode())


def test_any_value_can_be_read_from_text() -> None:
    assert parse_text("[1]") == [1]
    with pytest.raises(BadRequest):
        parse_text("[" * 100)


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=f"hard-blns-{at}") for at, text in enumerate(NAUGHTY)]
)
def test_naughty_strings_are_read_as_they_are(text: str) -> None:
    assert parse_object(json.dumps({"a": text}, ensure_ascii=False).encode()) == {"a": text}
    assert refused(text.encode()).code == "invalid_json"


@pytest.mark.parametrize("many", ["[],", "1,", '{"a":1},'])
def test_a_body_of_very_many_values_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, many: str
) -> None:
    monkeypatch.setattr(jsonin, "PARTS", 100)
    assert len(parse_text(f"[{many * 40}0]")) == 41
    monkeypatch.setattr(json, "loads", None)
    with pytest.raises(BadRequest) as refused:
        parse_text(f"[{many * 101}0]")
    assert refused.value.code == "invalid_json"
