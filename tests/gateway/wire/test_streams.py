"""Vectors T01-T22 (reference 6.3), as far as they are about what is written and not about time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clawdsite.core.errors import ClawdError, UpstreamError, UpstreamTimeout
from gateway.types import Batch, Finished, Plan, Text, Usage
from gateway.wire import sse
from gateway.wire.ollama.errors import to_error
from gateway.wire.ollama.events import EventReader
from gateway.wire.openai.chat_out import ChatWriter
from tests.gateway.wire.road import ASK, MODEL, batches, called, done, parse, said, short, streamed

ROLE = {"role": "assistant", "content": ""}
T01 = [said("Hel"), said("lo"), done()]
WITH_USAGE = ASK.with_(include_usage=True)
WITH_LOGPROBS = ASK.with_(logprobs=True)


def thought(text: str) -> dict[str, str]:
    return {"reasoning_content": text, "reasoning": text}


def opened(index: int, id_: str, name: str = "f") -> dict[str, Any]:
    function = {"name": name, "arguments": ""}
    return {"tool_calls": [{"index": index, "id": id_, "type": "function", "function": function}]}


def filled(index: int, arguments: str = '{"a":1}') -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}


HELLO = [ROLE, {"content": "Hel"}, {"content": "lo"}]
ONE_CALL = [ROLE, opened(0, "c"), filled(0), ("F", "tool_calls"), "D"]

SEQUENCES = [
    pytest.param(T01, [*HELLO, ("F", "stop"), "D"], id="vec-T01"),
    pytest.param(
        [said(thinking="a"), said(thinking="b"), said("c"), done()],
        [ROLE, thought("a"), thought("b"), {"content": "c"}, ("F", "stop"), "D"],
        id="vec-T03",
    ),
    pytest.param(
        [said("c", thinking="a"), done()],
        [ROLE, thought("a"), {"content": "c"}, ("F", "stop"), "D"],
        id="vec-T04",
    ),
    pytest.param([said(calls=[called()]), done()], ONE_CALL, id="vec-T05"),
    pytest.param([done(calls=[called()])], ONE_CALL, id="vec-T06"),
    pytest.param(
        [said(calls=[called(id_="c1")]), said(calls=[called("g", id_="c2")]), done()],
        [ROLE, opened(0, "c1"), filled(0), opened(1, "c2", "g"), filled(1), ("F", "tool_calls"), "D"],
        id="vec-T07",
    ),
    pytest.param(
        [said("x", calls=[called()]), done()],
        [ROLE, {"content": "x"}, opened(0, "c"), filled(0), ("F", "tool_calls"), "D"],
        id="vec-T08",
    ),
    pytest.param([done()], [ROLE, ("F", "stop"), "D"], id="vec-T09"),
    pytest.param([said("x"), done("length")], [ROLE, {"content": "x"}, ("F", "length"), "D"], id="vec-T10"),
    pytest.param(
        [said("x"), said("y")], [ROLE, {"content": "x"}, {"content": "y"}, ("F", "length"), "D"], id="vec-T11"
    ),
]


@pytest.mark.parametrize(("lines", "expected"), SEQUENCES)
def test_native_lines_become_this_sequence_of_chunks(lines: list[Any], expected: list[Any]) -> None:
    assert short(streamed(lines)) == expected


@pytest.mark.parametrize("lines", [pytest.param(T01, id="vec-T02")])
def test_usage_comes_in_a_chunk_of_its_own_and_is_null_before(lines: list[Any]) -> None:
    chunks = streamed(lines, WITH_USAGE)
    assert short(chunks) == [*HELLO, ("F", "stop"), ("U", 5), "D"]
    assert [chunk["usage"] for chunk in chunks[:-2]] == [None] * 4
    assert chunks[-2]["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    assert all("usage" not in chunk for chunk in streamed(lines)[:-1])


@pytest.mark.parametrize("native", [pytest.param({"error": "x"}, id="vec-T12")])
def test_an_error_line_ends_the_stream_with_an_error_event(native: dict[str, Any]) -> None:
    reader, writer = EventReader(ASK, Plan()), ChatWriter(ASK, model=MODEL)
    written = writer.write(Batch(0, tuple(reader.feed(said("Hel")))))
    with pytest.raises(ClawdError) as raised:
        reader.feed(native)
    chunks = parse(written + writer.error(raised.value))
    assert short(chunks) == [ROLE, {"content": "Hel"}, ("E", "upstream_error")]
    assert chunks[-1]["error"]["type"] == "server_error"
    assert "choices" not in chunks[-1]


@pytest.mark.parametrize("status", [pytest.param(500, id="vec-T13")])
def test_an_error_before_the_first_line_is_json_with_a_status(status: int) -> None:
    error = to_error(status, b'{"error":"llama-server process has terminated: exit status 2"}')
    assert (error.status, error.code) == (502, "upstream_error")
    assert set(error.body()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("word", [pytest.param("keep-alive", id="vec-T14")])
def test_keep_alive_comments_change_nothing(word: str) -> None:
    assert sse.comment(word) == b": keep-alive\n\n"
    writer = ChatWriter(ASK, model=MODEL)
    written = sse.comment(word) + sse.comment(word)
    written += b"".join(sse.comment(word) + writer.write(batch) for batch in batches(T01))
    assert short(parse(written + writer.end())) == [*HELLO, ("F", "stop"), "D"]


@pytest.mark.parametrize("error", [pytest.param(UpstreamError("It failed."), id="vec-T15")])
def test_an_error_before_any_event_but_after_the_headers_is_an_event(error: ClawdError) -> None:
    writer = ChatWriter(ASK, model=MODEL)
    assert short(parse(sse.comment("keep-alive") + writer.start() + writer.error(error))) == [
        ("E", "upstream_error")
    ]


@pytest.mark.parametrize("lines", [pytest.param([said(thinking="a"), said("b"), said("c")], id="vec-T16")])
def test_an_answer_broken_off_by_its_client_has_its_lines_counted(lines: list[Any]) -> None:
    reader = EventReader(ASK, Plan())
    assert reader.usage() == Usage()
    for line in lines:
        reader.feed(line)
    assert not reader.finished
    assert reader.usage() == Usage(prompt=0, completion=3, reasoning=1, estimated=True)


@pytest.mark.parametrize("error", [pytest.param(UpstreamTimeout("Silence."), id="vec-T17")])
def test_silence_inside_an_answer_is_an_error_event_without_finish_or_done(error: ClawdError) -> None:
    writer = ChatWriter(ASK, model=MODEL)
    written = writer.write(Batch(0, (Text("Hel"),))) + writer.error(error)
    assert short(parse(written)) == [ROLE, {"content": "Hel"}, ("E", "upstream_timeout")]


LOGPROB = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}


@pytest.mark.parametrize("native", [pytest.param(LOGPROB, id="vec-T18")])
def test_logprobs_of_the_last_line_come_before_the_finish(native: dict[str, Any]) -> None:
    chunks = streamed([said("Hi"), done(logprobs=[native])], WITH_LOGPROBS)
    assert short(chunks) == [ROLE, {"content": "Hi"}, {"content": ""}, ("F", "stop"), "D"]
    assert chunks[1]["choices"][0]["logprobs"] is None
    expected = {"content": [native | {"top_logprobs": []}], "refusal": None}
    assert chunks[2]["choices"][0]["logprobs"] == expected


LONG = [said(thinking="a"), said("b", calls=[called()]), said("c"), done()]


@pytest.mark.parametrize("lines", [pytest.param(LONG, id="vec-T19")])
def test_every_chunk_names_the_same_answer_and_the_role_comes_once(lines: list[Any]) -> None:
    request = WITH_USAGE.with_(service_tier="auto")
    writer = ChatWriter(request, model=MODEL)
    written = b"".join(writer.write(batch) for batch in batches(lines, request))
    chunks = parse(written + writer.end())[:-1]
    names = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
    [one] = {tuple(chunk[name] for name in names) for chunk in chunks}
    assert one[0] == writer.id
    assert (one[1], one[3:]) == ("chat.completion.chunk", (MODEL, "fp_ollama", "default"))
    assert all(isinstance(chunk["choices"], list) for chunk in chunks)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert ["role" in delta for delta in deltas] == [True] + [False] * (len(deltas) - 1)
    kinds = ("content", "reasoning", "tool_calls")
    assert all(sum(kind in delta for kind in kinds) <= 1 for delta in deltas)


@pytest.mark.parametrize("n", [pytest.param(2, id="vec-T20")])
def test_two_answers_share_a_stream_with_one_role_and_finish_each(n: int) -> None:
    request = WITH_USAGE.with_(n=n)
    writer = ChatWriter(request, model=MODEL)
    first, second = batches(T01, request, index=0), batches([said("x"), done("length")], request, index=1)
    order = [second[0], first[0], first[1], second[1], first[2]]
    chunks = parse(b"".join(writer.write(batch) for batch in order) + writer.end())
    seen = [(chunk["choices"][0]["index"], _short_of(chunk)) for chunk in chunks[:-2]]
    assert seen == [
        (1, ROLE),
        (1, {"content": "x"}),
        (0, ROLE),
        (0, {"content": "Hel"}),
        (0, {"content": "lo"}),
        (1, ("F", "length")),
        (0, ("F", "stop")),
    ]
    assert chunks[-2]["choices"] == []
    assert chunks[-2]["usage"]["prompt_tokens"] == 3
    assert chunks[-2]["usage"]["completion_tokens"] == 4
    assert chunks[-1] == "[DONE]"


def _short_of(chunk: Any) -> Any:
    return short([chunk])[0]


@pytest.mark.parametrize("stop", [pytest.param("END", id="vec-T21")])
def test_a_stop_string_over_two_lines_is_never_shown(stop: str) -> None:
    lines, plan = [said("abEN"), said("Dcd"), said("more"), done()], Plan(stops=(stop,))
    assert short(streamed(lines, WITH_USAGE, plan)) == [ROLE, {"content": "ab"}, ("F", "stop"), ("U", 2), "D"]
    reader = EventReader(ASK, plan)
    assert reader.feed(lines[0]) == [Text("ab")]
    assert reader.feed(lines[1]) == [Finished("stop", Usage(0, 2, 0, estimated=True))]
    assert reader.finished
    assert reader.stopped
    assert reader.feed(lines[2]) == []
    assert reader.end() == []


NAUGHTY = ["a\u2028b", "a\u0085b", "\U0001f600", "</script>\r\n", '"\\\x00\x7f', "\ud800"]


@pytest.mark.parametrize("text", [pytest.param("".join(NAUGHTY), id="vec-T22")])
def test_no_text_can_break_a_line_of_the_stream(text: str) -> None:
    writer = ChatWriter(ASK, model=MODEL)
    raw = writer.write(Batch(0, (Text(text),)))
    assert raw.isascii()
    blocks = raw.decode("ascii").split("\n\n")[:-1]
    assert all(len(block.splitlines()) == 1 for block in blocks)
    assert json.loads(blocks[1].removeprefix("data: "))["choices"][0]["delta"] == {"content": text}


def test_an_empty_completion_is_role_finish_and_done() -> None:
    """S6: `messages: []` with a session."""
    writer = ChatWriter(ASK, model=MODEL)
    written = writer.start() + writer.write(Batch(0, (Finished("stop", Usage()),))) + writer.end()
    assert writer.start() == b""
    assert short(parse(written)) == [ROLE, ("F", "stop"), "D"]


@pytest.mark.parametrize(
    ("fields", "keys"),
    [("both", {"reasoning_content", "reasoning"}), ("reasoning", {"reasoning"}),
     ("reasoning_content", {"reasoning_content"})],
)  # fmt: skip
def test_thinking_is_sent_under_the_names_of_the_configuration(fields: str, keys: set[str]) -> None:
    chunks = streamed([said(thinking="a"), said("b"), done()], fields=fields)
    assert chunks[1]["choices"][0]["delta"] == dict.fromkeys(keys, "a")


@pytest.mark.parametrize(("fields", "hide"), [("none", False), ("both", True)])
def test_hidden_thinking_leaves_no_chunk_but_is_counted(fields: str, hide: bool) -> None:
    request = WITH_USAGE.with_(hide_reasoning=hide)
    chunks = streamed([said(thinking="secret"), said("b"), done()], request, fields=fields)
    assert short(chunks) == [ROLE, {"content": "b"}, ("F", "stop"), ("U", 5), "D"]
    assert chunks[-2]["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}


def test_legacy_functions_get_function_call_deltas() -> None:
    request = ASK.with_(legacy_functions=True)
    lines = [said(calls=[called(), called("g", id_="d")]), done()]
    assert short(streamed(lines, request)) == [
        ROLE,
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": '{"a":1}'}},
        ("F", "function_call"),
        "D",
    ]


def test_a_named_event_has_its_name_on_a_line_before() -> None:
    assert sse.event('{"a":1}', "response.created") == b'event: response.created\ndata: {"a":1}\n\n'
    assert sse.event("{}") == b"data: {}\n\n"
    assert sse.DONE == b"data: [DONE]\n\n"
