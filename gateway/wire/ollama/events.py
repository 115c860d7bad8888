"""Native lines of one answer become events (reference 2.2-2.7)."""

from __future__ import annotations

from collections.abc import Iterable

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import (
    ChatRequest,
    Event,
    Finished,
    FinishReason,
    Json,
    Plan,
    Text,
    Thinking,
    Usage,
)
from gateway.wire.ollama.calls import CallCounter
from gateway.wire.ollama.errors import error_in
from gateway.wire.ollama.forced import read_forced
from gateway.wire.ollama.logprobs import to_logprobs
from gateway.wire.ollama.stops import HoldBack


class EventReader:
    """Reads one answer, line by line.

    finished: Finished was given, by the `done` line, by a stop string or by `end`; later lines are nothing.
    stopped: a stop string of ours ended it and the model is still talking: close the connection.
    """

    __slots__ = (
        "_calls", "_chat", "_fast", "_forced", "_hold", "_key", "_lines", "_plan", "_reasoning", "_request",
        "_usage", "finished", "stopped",
    )  # fmt: skip

    def __init__(self, request: ChatRequest, plan: Plan) -> None:
        self._request = request
        self._plan = plan
        self._chat = request.kind == "chat"
        self._key = "content" if self._chat else "response"
        self._forced: list[str] | None = [] if plan.forced else None
        self._hold = HoldBack(plan.stops) if plan.stops and not plan.forced else None
        self._fast = self._chat and not (plan.forced or plan.stops or request.logprobs)
        self._calls = CallCounter(single=request.legacy_functions or not request.parallel_tool_calls)
        self._lines = 0  # lines that carried something: about one token each
        self._reasoning = 0
        self._usage: Usage | None = None
        self.finished = False
        self.stopped = False

    def feed(self, line: Json) -> list[Event]:
        """One native line (/api/chat, /api/generate), parsed. Unknown keys and empty lines are nothing.

        Raises the mapped error of an `{"error": ...}` line; UpstreamInvalid for wrong types.
        """
        if self.finished:
            return []
        if self._fast:
            event = _plain(line)
            if event is not None:
                self.count((event,))
                return [event]
        return self._read(line)

    def plain(self, lines: list[Json]) -> tuple[Event, ...] | None:
        """The events of these lines where each is one piece of words and nothing else; None: feed them.

        Nothing is counted: `count` those that were used, or feed the lines after all.
        """
        if self.finished or not self._fast:
            return None
        found = []
        for line in lines:
            event = None if "error" in line else _plain(line)
            if event is None:
                return None
            found.append(event)
        return tuple(found)

    def count(self, events: Iterable[Event]) -> None:
        """Each is about one token."""
        for event in events:
            self._lines += 1
            if event.__class__ is Thinking:
                self._reasoning += 1

    def end(self) -> list[Event]:
        """The body ended properly, without `done`: Ollama's repeat guard (reference 2.2). Else nothing."""
        if self.finished:
            return []
        return self._finish("length", self._estimate(), incomplete=True)

    def usage(self) -> Usage:
        """The host's own count once it has come; until then the lines so far."""
        if self._usage is not None:
            return self._usage
        return self._estimate() if self._lines else Usage()

    def _read(self, line: Json) -> list[Event]:
        message = self._message(line)
        thinking, text = _text(message, "thinking"), _text(message, self._key)
        calls = _listed(message)
        if thinking or text or calls:
            self._lines += 1
        events: list[Event] = []
        if thinking:
            self._reasoning += 1
            events.append(Thinking(thinking))
        items = to_logprobs(line.get("logprobs")) if self._request.logprobs and not thinking else ()
        done = _done(line)
        if text or items:
            events += self._answer(text, items)
            if self._hold is not None and self._hold.hit:
                self.stopped = not done
                return events + self._finish("stop", self._counted(line) if done else self._estimate())
        events += self._called(calls)
        if done:
            events += self._finish(line.get("done_reason"), self._counted(line))
        return events

    def _message(self, line: Json) -> Json:
        """Where this line's pieces are. A line without any must be an error, or `done`."""
        found = line.get("message") if self._chat else _of_text(line)
        if found is None:
            error = error_in(line)
            if error is not None:
                raise error
            return {}
        if not isinstance(found, dict):
            raise _nonsense()
        return found

    def _answer(self, text: str, items: tuple[Json, ...]) -> list[Event]:
        if self._forced is not None:
            self._forced.append(text)
            return []
        if self._hold is not None:
            text, items = self._hold.push(text, items)
        return _piece(text, items)

    def _called(self, native: list[Json]) -> list[Event]:
        return [*self._let_go(), *self._calls.read(native)] if native else []

    def _let_go(self) -> list[Event]:
        return _piece(*self._hold.flush()) if self._hold is not None else []

    def _finish(self, said: object, usage: Usage, *, incomplete: bool = False) -> list[Event]:
        """The last events, with the reason by the precedence of reference 2.2."""
        events, whole = self._unwrapped(said) if self._forced is not None else (self._let_go(), False)
        reason: FinishReason = "stop"
        if said == "length" and not whole:
            reason = "length"
        elif self._calls.count:
            reason = "function_call" if self._request.legacy_functions else "tool_calls"
        self.finished, self._usage = True, usage
        return [*events, Finished(reason, usage, incomplete)]

    def _unwrapped(self, said: object) -> tuple[list[Event], bool]:
        """The forced choice's call, and whether it is whole. Prose instead of JSON is shown as prose."""
        text = "".join(self._forced or ())
        found = read_forced(text, self._request, self._plan)
        cut = said == "length"
        if found is None or not (found.whole or cut):
            return ([] if cut else _piece(text, ())), False
        return [self._calls.add(found.name, found.arguments)], found.whole

    def _counted(self, line: Json) -> Usage:
        completion = _count(line, "eval_count")
        return Usage(_count(line, "prompt_eval_count"), completion, min(self._reasoning, completion))

    def _estimate(self) -> Usage:
        return Usage(0, self._lines, self._reasoning, estimated=True)


def _plain(line: Json) -> Text | Thinking | None:
    """Of nearly every line: one piece of text, or of thinking, and nothing else."""
    message = line.get("message")
    if line.get("done") is not False or message.__class__ is not dict or "tool_calls" in message:
        return None
    text, thinking = message.get("content"), message.get("thinking")
    if text.__class__ is not str:
        return None
    if thinking is None:
        return Text(text) if text else None
    return Thinking(thinking) if not text and thinking and thinking.__class__ is str else None


def _of_text(line: Json) -> Json | None:
    """/api/generate has its pieces on the line itself."""
    return line if "response" in line else None


def _piece(text: str, items: tuple[Json, ...]) -> list[Event]:
    return [Text(text, items or None)] if text or items else []


def _text(message: Json, key: str) -> str:
    found = message.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _nonsense()
    return found


def _listed(message: Json) -> list[Json]:
    found = message.get("tool_calls")
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(call, dict) for call in found):
        raise _nonsense()
    return found


def _done(line: Json) -> bool:
    found = line.get("done", False)
    if not isinstance(found, bool):
        raise _nonsense()
    return found


def _count(line: Json, key: str) -> int:
    """A missing count is 0: the host leaves zeros out (reference 2.1)."""
    found = line.get(key)
    return found if isinstance(found, int) and found > 0 else 0


def _nonsense() -> UpstreamInvalid:
    return UpstreamInvalid("The model's host sent an answer that is not its protocol.")
