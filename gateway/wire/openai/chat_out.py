"""Events become OpenAI's chat completions, streamed or whole (reference 2.1-2.4)."""

from __future__ import annotations

from typing import Final

from clawdsite.core.errors import ClawdError
from gateway.types import Batch, ChatRequest, Event, Finished, Json, Text, Thinking, ToolCalled, Usage
from gateway.wire import sse
from gateway.wire.openai.envelope import Envelope, dumps, quoted

CHUNK: Final = "chat.completion.chunk"
WHOLE: Final = "chat.completion"

# Names under which thinking is sent; `both` is safe for every client seen (reference 2.3).
_REASONING: Final = {
    "both": ("reasoning_content", "reasoning"),
    "reasoning_content": ("reasoning_content",),
    "reasoning": ("reasoning",),
    "none": (),
}


def _reasoning_keys(request: ChatRequest, reasoning_fields: str) -> tuple[str, ...]:
    return () if request.hide_reasoning else _REASONING[reasoning_fields]


class ChatWriter:
    """Server-sent chunks of one request's answers, in the order of reference 2.3.

    model: the name the answer carries. reasoning_fields: both | reasoning_content | reasoning | none.
    A delta never mixes reasoning, content and tool calls: some clients read only the first they know.
    """

    __slots__ = ("_after", "_before", "_envelope", "_open", "_reasoning", "_request", "_usage")

    def __init__(self, request: ChatRequest, *, model: str, reasoning_fields: str = "both") -> None:
        self._request = request
        self._envelope = Envelope("chatcmpl", request, model)
        self._open = self._envelope.open(CHUNK)
        self._after = '},"logprobs":null,"finish_reason":null}]' + self._envelope.close
        self._reasoning = _reasoning_keys(request, reasoning_fields)
        self._before: dict[int, str] = {}  # choice -> its chunk up to the delta's first value
        self._usage = Usage()

    @property
    def id(self) -> str:
        return self._envelope.id

    def start(self) -> bytes:
        """Nothing: the role goes out with the first event, so that early errors keep their status."""
        return b""

    def write(self, batch: Batch) -> bytes:
        """The chunks of these events; before the first of a choice, its role."""
        out = []
        before = self._before.get(batch.index)
        if before is None:
            before = self._before[batch.index] = f'{self._open}{{"index":{batch.index},"delta":{{'
            out.append(f'{before}"role":"assistant","content":""{self._after}')
        for event in batch.events:
            if isinstance(event, Text) and event.logprobs is None:
                out.append(f'{before}"content":{quoted(event.text)}{self._after}')
            else:
                out.append(self._rare(before, event))
        return "".join(out).encode("ascii")

    def end(self) -> bytes:
        """After the last choice has finished: usage where asked for, then [DONE]."""
        return self._envelope.usage_chunk(CHUNK, self._usage) + sse.DONE

    def error(self, err: ClawdError) -> bytes:
        """The end of a stream that failed: no finish, no [DONE] (reference 2.5)."""
        return sse.event(dumps(err.body()))

    def _rare(self, before: str, event: Event) -> str:
        match event:
            case Text(text, logprobs):
                found = dumps({"content": logprobs, "refusal": None})
                close = self._envelope.close
                return f'{before}"content":{quoted(text)}}},"logprobs":{found},"finish_reason":null}}]{close}'
            case Thinking(text):
                fields = ",".join(f'"{key}":{quoted(text)}' for key in self._reasoning)
                return f"{before}{fields}{self._after}" if fields else ""
            case ToolCalled():
                return "".join(f"{before}{delta[1:-1]}{self._after}" for delta in self._call_deltas(event))
            case Finished(reason, usage):
                self._usage = self._usage.plus(usage)
                return f'{before}}},"logprobs":null,"finish_reason":"{reason}"}}]{self._envelope.close}'

    def _call_deltas(self, call: ToolCalled) -> tuple[str, str]:
        """Name and id once, then the arguments: clients join the strings of all deltas."""
        first: Json = {"name": call.name, "arguments": ""}
        rest: Json = {"arguments": call.arguments}
        if self._request.legacy_functions:
            return dumps({"function_call": first}), dumps({"function_call": rest})
        opening = {"index": call.index, "id": call.id, "type": "function", "function": first}
        return (
            dumps({"tool_calls": [opening]}),
            dumps({"tool_calls": [{"index": call.index, "function": rest}]}),
        )


class _Answer:
    """One choice as it grows."""

    __slots__ = ("calls", "finished", "logprobs", "text", "thinking")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.thinking: list[str] = []
        self.calls: list[ToolCalled] = []
        self.logprobs: list[Json] | None = None
        self.finished: str | None = None


class ChatCollector:
    """The same answers as one JSON object, for callers that do not stream. Arguments as of ChatWriter."""

    __slots__ = ("_answers", "_envelope", "_reasoning", "_request", "_usage")

    def __init__(self, request: ChatRequest, *, model: str, reasoning_fields: str = "both") -> None:
        self._request = request
        self._envelope = Envelope("chatcmpl", request, model)
        self._reasoning = _reasoning_keys(request, reasoning_fields)
        self._answers: dict[int, _Answer] = {}
        self._usage = Usage()

    @property
    def id(self) -> str:
        return self._envelope.id

    def add(self, batch: Batch) -> None:
        answer = self._answers.setdefault(batch.index, _Answer())
        for event in batch.events:
            match event:
                case Text(text, logprobs):
                    answer.text.append(text)
                    if logprobs is not None:
                        answer.logprobs = [*(answer.logprobs or ()), *logprobs]
                case Thinking(text):
                    answer.thinking.append(text)
                case ToolCalled():
                    answer.calls.append(event)
                case Finished(reason, usage):
                    answer.finished = reason
                    self._usage = self._usage.plus(usage)

    def body(self) -> Json:
        """`chat.completion`, choices in the order of their index."""
        choices = [self._choice(index, answer) for index, answer in sorted(self._answers.items())]
        return self._envelope.body(WHOLE, choices, self._usage)

    def _choice(self, index: int, answer: _Answer) -> Json:
        found = answer.logprobs
        return {
            "index": index,
            "message": self._message(answer),
            "logprobs": None if found is None else {"content": found, "refusal": None},
            "finish_reason": answer.finished,
        }

    def _message(self, answer: _Answer) -> Json:
        """content is null only where tool calls stand in its place."""
        text = "".join(answer.text)
        message: Json = {"role": "assistant", "content": None if answer.calls and not text else text}
        message["refusal"] = None
        if answer.thinking:
            message |= dict.fromkeys(self._reasoning, "".join(answer.thinking))
        functions = [{"name": call.name, "arguments": call.arguments} for call in answer.calls]
        if functions and self._request.legacy_functions:
            message["function_call"] = functions[0]
        elif functions:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": function}
                for call, function in zip(answer.calls, functions, strict=True)
            ]
        return message
