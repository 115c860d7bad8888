"""What the model says on the stage: by question, in turn, or the same to everybody.

model.answer("北京天气", say("晴，**25 度**。", think="先看看。", rate=50))
model.next(say("One"), say("Two"))
model.usual = say("Whatever you ask")
model.title = "Weather"                            # without it no title is found

say("One, two, three", hold="One, two")            # silent after that, until model.release()
say("One, two, three", drop="One, two")            # the connection breaks there
say("One", reason="length"), fail(500), hang()
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from tests.doubles.journal import Exchange
from tests.doubles.native import done_line, dump, now
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Piece, Reply

TITLE = ("Write a title of at most", "为下面的对话写一个标题")  # how chat.services.titles begins to ask
PIECES = re.compile(r"\s*[!-~]+|[^!-~]{1,2}", re.DOTALL)  # a word with its space; two Chinese characters


def say(
    text: str,
    *,
    think: str = "",
    rate: float | None = None,
    hold: str | None = None,
    drop: str | None = None,
    reason: str = "stop",
    size: int | None = None,
) -> Reply:
    """An answer. rate: pieces a second; None: all at once. size: characters of a piece; None: by words.

    hold, drop: the beginning of `think + text` after which it is silent, or breaks.
    """
    lines = [line("thinking", piece) for piece in pieces(think, size)]
    lines += [line("content", piece) for piece in pieces(text, size)]
    end = hold if hold is not None else drop
    if end is not None:
        first, second = (end[: len(think)], end[len(think) :]) if end.startswith(think) else (end, "")
        assert (think + text).startswith(end), f"{end!r} is not how this answer begins"
        before = [line("thinking", piece) for piece in pieces(first, size)]
        before += [line("content", piece) for piece in pieces(second, size)]
        rest_think, rest_text = think[len(first) :], text[len(second) :]
        lines = before + [line("thinking", piece) for piece in pieces(rest_think, size)]
        lines += [line("content", piece) for piece in pieces(rest_text, size)]
        at = sum(map(len, before))
    head = {"model": "qwen3:32b", "created_at": now(), "message": {"role": "assistant", "content": ""}}
    lines.append(dump(done_line(head, len(lines), reason)))
    gap = 1 / rate if rate else 0.0
    reply = Reply(body=lambda: (_piece(gap, one) for one in lines))
    if hold is not None:
        return reply.stall(at)
    return reply.cut(at, "rst") if drop is not None else reply


def fail(status: int = 500, message: str = "llama runner process has terminated") -> Reply:
    return Reply.error(status, message)


def hang() -> Reply:
    """Nothing at all, until it is released; then an empty answer."""
    return say("").stall("headers")


def pieces(text: str, size: int | None) -> list[str]:
    if size is not None:
        return [text[at : at + size] for at in range(0, len(text), size)]
    return PIECES.findall(text)


def line(field: str, words: str) -> bytes:
    message = {"role": "assistant", "content": "", field: words}
    return dump({"model": "qwen3:32b", "created_at": now(), "message": message, "done": False})


def _piece(gap: float, raw: bytes) -> Piece:
    return gap, raw


class Model:
    """The double behind the gateway, as a test of the page speaks to it."""

    def __init__(self, double: OllamaDouble) -> None:
        self.double = double
        self.clear()
        double.script("/api/chat", self._reply)

    def clear(self) -> None:
        """Nothing scripted; whatever waits goes on."""
        self.by_question: dict[str, Reply] = {}
        self.queue: deque[Reply] = deque()
        self.usual: Reply | None = None
        self.title = ""
        self.double.release()
        self.double.journal.clear()

    def answer(self, question: str, reply: Reply) -> None:
        """To this question, as often as it is asked."""
        self.by_question[question] = reply

    def next(self, *replies: Reply) -> None:
        """To the next questions, whatever they are; each once."""
        self.queue.extend(replies)

    def release(self) -> None:
        """Whatever holds or hangs goes on."""
        self.double.release()

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the questions that went up, titles left out."""
        found = [exchange.body for exchange in self.double.journal.to("/api/chat")]
        return [body for body in found if body.get("messages") and not _is_title(body)]

    @property
    def left(self) -> int:
        """How many answers were broken off by the gateway."""
        return sum(exchange.left for exchange in self.double.journal.to("/api/chat"))

    def _reply(self, exchange: Exchange) -> Reply | None:
        body = exchange.body or {}
        if not body.get("messages"):
            return None
        if _is_title(body):
            return say(self.title)
        question = body["messages"][-1].get("content", "")
        if question in self.by_question:
            return self.by_question[question]
        return self.queue.popleft() if self.queue else self.usual


def _is_title(body: dict[str, Any]) -> bool:
    return body["messages"][-1].get("content", "").startswith(TITLE)
