"""Streams never lie: order, silence, and every way an upstream can fail, as the client sees it (M2)."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from clawdsite.asgi import application
from clawdsite.entry.entry import Limits
from gateway import views
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.flow.test_chat import CHAT, HI, line
from tests.live import LiveGateway, events_of
from tests.proof import proves

STREAM: dict[str, Any] = HI | {"stream": True}


def streamed(gateway: LiveGateway, **more: Any) -> tuple[int, list[Any], str]:
    """-> (status, frames as JSON or the word [DONE], the raw text)."""
    with gateway.client("alice") as alice:
        answer = alice.post(CHAT, json=STREAM | more)
    frames = [frame if frame == "[DONE]" else json.loads(frame) for frame in events_of(answer.text)]
    return answer.status_code, frames, answer.text


def texts(frames: list[Any]) -> str:
    """The joined content."""
    return "".join(
        choice["delta"].get("content") or ""
        for frame in frames
        if isinstance(frame, dict)
        for choice in frame.get("choices", [])
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grace and keep-alive in tenths of a second instead of tens of seconds."""
    monkeypatch.setattr(views, "GRACE", 0.2)
    monkeypatch.setattr(application, "limits", Limits(keep_alive=0.3, tick=0.05))
    monkeypatch.setattr(application.pulse, "tick", 0.05)


@proves("vec-T01")
def test_a_stream_is_role_pieces_finish_done(gateway: LiveGateway, double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("Hel"), line("lo"), line(done=True)))
    status, frames, _ = streamed(gateway)
    assert status == 200
    assert frames[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert texts(frames) == "Hello"
    assert frames[-2]["choices"][0]["finish_reason"] == "stop"
    assert frames[-1] == "[DONE]"
    assert len({(frame["id"], frame["created"], frame["model"]) for frame in frames[:-1]}) == 1


@proves("vec-T20")
def test_two_answers_interleave_with_one_usage_and_one_done(gateway: LiveGateway, double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("a"), line("b"), line(done=True), gap=0.01))
    _, frames, _ = streamed(gateway, n=2, stream_options={"include_usage": True})
    chunks = [frame for frame in frames if frame != "[DONE]"]
    finishes = [c["choices"][0]["index"] for c in chunks if c["choices"] and c["choices"][0]["finish_reason"]]
    assert sorted(finishes) == [0, 1]
    assert sum(1 for chunk in chunks if chunk["usage"]) == 1
    assert frames.count("[DONE]") == 1


@proves("vec-T12")
def test_an_error_inside_the_stream_arrives_and_done_does_not(gateway: LiveGateway, double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("Hel"), {"error": "boom"}))
    status, frames, _ = streamed(gateway)
    assert status == 200
    assert texts(frames) == "Hel"
    assert frames[-1]["error"]["code"] == "upstream_error"
    assert "[DONE]" not in frames


@proves("vec-T13")
def test_an_error_before_the_first_piece_keeps_its_status(gateway: LiveGateway, double: OllamaDouble):
    double.script("/api/chat", Reply.error(500, "llama-server process has terminated: /srv/models/x"))
    with gateway.client() as alice:
        answer = alice.post(CHAT, json=STREAM)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_error"
    assert "/srv" not in answer.text


@proves("vec-T14")
def test_silence_is_filled_with_comments_and_the_answer_still_comes(
    gateway: LiveGateway, double: OllamaDouble, hurried: None
):
    double.script("/api/chat", Reply.lines(line("Hello"), line(done=True)).stall("headers", 1.2))
    status, frames, text = streamed(gateway)
    assert status == 200
    assert text.startswith(": keep-alive\n\n")
    assert text.count(": keep-alive") >= 3
    assert texts(frames) == "Hello"
    assert frames[-1] == "[DONE]"


@proves("vec-T15")
def test_an_error_after_the_grace_is_an_event(gateway: LiveGateway, double: OllamaDouble, hurried: None):
    double.script("/api/chat", Reply.error(500, "boom").stall("headers", 0.5))
    status, frames, _ = streamed(gateway)
    assert status == 200
    assert frames[-1]["error"]["code"] == "upstream_error"


@proves("vec-T17", "fault-F04")
def test_silence_inside_an_answer_ends_it_with_an_error(double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("Hel"), line("lo")).stall(len(json.dumps(line("Hel"))), None))
    upstream = {"url": double.url, "timeout": 0.3}
    with LiveGateway(upstream=upstream) as gateway:
        _, frames, _ = streamed(gateway)
        assert frames[-1]["error"]["code"] == "upstream_timeout"
        assert "[DONE]" not in frames
        assert double.wait_for(lambda journal: journal.to("/api/chat")[-1].closed_by == "client", 1)


@proves("fault-F03")
def test_no_first_piece_is_a_504_that_names_the_limit(double: OllamaDouble):
    double.script("/api/chat", Reply.lines(line("x")).stall("headers", None))
    with LiveGateway(upstream={"url": double.url, "first_token_timeout": 0.3}) as gateway:
        with gateway.client() as alice:
            answer = alice.post(CHAT, json=HI)
        assert answer.status_code == 504
        assert answer.json()["error"]["code"] == "upstream_timeout"
        assert double.wait_for(lambda journal: journal.to("/api/chat")[-1].closed_by == "client", 1)


@proves("fault-F09")
def test_an_answer_has_a_longest_length(double: OllamaDouble):
    double.script("/api/chat", Reply.tokens(1000, rate=20))
    with LiveGateway(upstream={"url": double.url, "total_timeout": 0.6}) as gateway:
        _, frames, _ = streamed(gateway)
    assert frames[-1]["error"]["code"] == "upstream_timeout"


@proves("vec-T11", "fault-F05")
def test_a_clean_end_without_done_is_finish_length(double: OllamaDouble, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO", "clawdbot.access")
    double.script("/api/chat", Reply.lines(line("Hel"), line("lo")))
    with LiveGateway(upstream={"url": double.url}) as gateway:
        _, frames, _ = streamed(gateway)
    assert frames[-2]["choices"][0]["finish_reason"] == "length"
    assert frames[-1] == "[DONE]"
    # the line is written behind the last byte of the answer: it is there once the gateway has ended
    accounts = [record.fields for record in caplog.records if record.name == "clawdbot.access"]
    assert [account["outcome"] for account in accounts] == ["upstream_incomplete"]


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "streamed"])
def test_a_connection_cut_after_any_frame_is_an_error_every_time(
    gateway: LiveGateway, double: OllamaDouble, how: str, whole: bool
):
    reply = Reply.lines(line("Hel"), line("lo"), line(done=True))
    for at in range(0, len(reply.whole()), 29):
        double.script("/api/chat", reply.cut(at, how=how))  # type: ignore[arg-type]
        with gateway.client() as alice:
            answer = alice.post(CHAT, json=HI if whole else STREAM)
        if answer.status_code == 200:
            assert not whole
            assert "[DONE]" not in answer.text
            assert json.loads(events_of(answer.text)[-1])["error"]["code"] == "upstream_error"
        else:
            assert answer.status_code in (502, 503)


@proves("vec-S30")
def test_a_whole_answer_that_broke_off_is_an_error_and_nothing_else(
    gateway: LiveGateway, double: OllamaDouble
):
    double.script("/api/chat", Reply.lines(line("Hel"), {"error": "boom"}))
    with gateway.client() as alice:
        answer = alice.post(CHAT, json=HI)
    assert answer.status_code == 502
    assert answer.headers["x-should-retry"] == "false"
    assert "Hel" not in answer.text


@proves("vec-S29", "fault-F01")
def test_a_model_that_is_down_is_a_503_at_once(double: OllamaDouble):
    with LiveGateway(upstream={"url": "http://127.0.0.1:9"}) as gateway, gateway.client() as alice:
        began = time.monotonic()
        answer = alice.post(CHAT, json=STREAM)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "upstream_unavailable"
    assert int(answer.headers["retry-after"]) >= 1
    assert time.monotonic() - began < 2


@proves("vec-T22", "hard-H56")
def test_what_the_model_says_cannot_break_the_frame(gateway: LiveGateway, double: OllamaDouble):
    said = "\n\ndata: [DONE]\n\nevent: error\u2028\u0085\U0001f600"
    double.script("/api/chat", Reply.lines(line(said), line(done=True)))
    _, frames, text = streamed(gateway)
    assert texts(frames) == said
    assert text.isascii()
    assert frames.count("[DONE]") == 1


@proves("fault-F07", "fault-F17")
def test_a_client_that_does_not_read_holds_the_model_back(gateway: LiveGateway, double: OllamaDouble):
    piece = "x" * 4096
    double.script("/api/chat", Reply.flood(line(piece), 20_000))
    with gateway.client() as alice, alice.stream("POST", CHAT, json=STREAM) as answer:
        next(answer.iter_raw(1))
        exchange = double.journal.to("/api/chat")[-1]
        steady = threading.Event()
        before = -1
        while exchange.sent != before:
            before = exchange.sent
            steady.wait(0.3)
        assert exchange.sent < 40_000_000
    assert double.wait_for(lambda journal: journal.to("/api/chat")[-1].closed_by == "client", 1)


@proves("promise-M1")
def test_too_long_a_context_is_a_400_with_both_numbers(gateway: LiveGateway, double: OllamaDouble):
    double.script("/api/chat", Reply.recording("native-chat-too-long-truncate-false"))
    with gateway.client() as alice:
        answer = alice.post(CHAT, json=STREAM)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["code"] == "context_length_exceeded"
    assert error["message"].startswith("This model's maximum context length is ")
