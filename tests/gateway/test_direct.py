"""A stream's way around its generator: in order, or not at all."""

from __future__ import annotations

from gateway.streaming import Direct
from gateway.types import Batch, ChatRequest, Text
from gateway.wire.openai import ChatWriter


class Wire:
    """takes: whether it can write now."""

    def __init__(self) -> None:
        self.takes, self.content = True, b""

    def write(self, body: bytes) -> bool:
        if self.takes:
            self.content += body
        return self.takes


def said(text: str) -> Batch:
    return Batch(0, (Text(text),))


def test_without_a_sender_that_can_nothing_is_taken() -> None:
    direct = Direct()
    assert not direct.take(said("a"))
    direct.begin(ChatWriter(ChatRequest(), model="m"))
    assert not direct.take(said("a"))


def test_what_cannot_go_now_leaves_no_trace_in_the_writer() -> None:
    wire, writer, direct = Wire(), ChatWriter(ChatRequest(), model="m"), Direct()
    direct.begin(writer)
    direct.write = wire.write
    wire.takes = False
    assert not direct.take(said("a"))
    assert wire.content == b""
    first = writer.write(said("a"))
    assert b'"role":"assistant"' in first
    wire.takes = True
    assert direct.take(said("b"))
    assert b'"content":"b"' in wire.content
    assert b'"role"' not in wire.content
