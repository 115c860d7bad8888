"""Events become OpenAI's legacy completions, streamed or whole (reference 1.8)."""

from __future__ import annotations

from typing import Final

from clawdsite.core.errors import ClawdError
from gateway.types import Batch, ChatRequest, Finished, FinishReason, Json, Text, Usage
from gateway.wire import sse
from gateway.wire.openai.envelope import Envelope, dumps, quoted

KIND: Final = "text_completion"  # chunks and whole answers alike


class _Tally:
    """Usage of several prompts with n answers each: a prompt counts once, prompts add up."""

    __slots__ = ("_each", "_n")

    def __init__(self, requests: tuple[ChatRequest, ...]) -> None:
        self._n = requests[0].n
        self._each: dict[int, Usage] = {}

    def add(self, index: int, usage: Usage) -> None:
        prompt = index // self._n
        self._each[prompt] = self._each.get(prompt, Usage()).plus(usage)

    def total(self) -> Usage:
        each = self._each.values()
        return Usage(
            sum(usage.prompt for usage in each),
            sum(usage.completion for usage in each),
            sum(usage.reasoning for usage in each),
            any(usage.estimated for usage in each),
        )


class TextWriter:
    """Server-sent chunks of the answers to all prompts; a choice's index is prompt * n + k.

    requests: one a prompt, all alike otherwise. model: the name the answers carry.
    """

    __slots__ = ("_envelope", "_open", "_shown", "_tally")

    def __init__(self, requests: tuple[ChatRequest, ...], *, model: str) -> None:
        self._envelope = Envelope("cmpl", requests[0], model)
        self._open = self._envelope.open(KIND)
        self._shown: dict[int, int] = {}  # choice -> characters sent
        self._tally = _Tally(requests)

    @property
    def id(self) -> str:
        return self._envelope.id

    def start(self) -> bytes:
        return b""

    def write(self, batch: Batch) -> bytes:
        out = []
        for event in batch.events:
            if isinstance(event, Text):
                out.append(self._chunk(batch.index, event.text, self._logprobs(batch.index, event)))
            elif isinstance(event, Finished):
                self._tally.add(batch.index, event.usage)
                out.append(self._chunk(batch.index, "", "null", f'"{_reason(event.reason)}"'))
        return "".join(out).encode("ascii")

    def end(self) -> bytes:
        """After the last choice has finished: usage where asked for, then [DONE]."""
        return self._envelope.usage_chunk(KIND, self._tally.total()) + sse.DONE

    def error(self, err: ClawdError) -> bytes:
        """The end of a stream that failed: no finish, no [DONE]."""
        return sse.event(dumps(err.body()))

    def _logprobs(self, index: int, event: Text) -> str:
        if event.logprobs is None:
            return "null"
        start = self._shown.get(index, 0)
        self._shown[index] = start + len(event.text)
        return dumps(to_legacy_logprobs(event.logprobs, start))

    def _chunk(self, index: int, text: str, logprobs: str, reason: str = "null") -> str:
        return (
            f'{self._open}{{"index":{index},"text":{quoted(text)},"logprobs":{logprobs},'
            f'"finish_reason":{reason}}}]{self._envelope.close}'
        )


class TextCollector:
    """The same answers as one JSON object. Arguments as of TextWriter."""

    __slots__ = ("_choices", "_envelope", "_tally")

    def __init__(self, requests: tuple[ChatRequest, ...], *, model: str) -> None:
        self._envelope = Envelope("cmpl", requests[0], model)
        self._choices: dict[int, tuple[list[Text], list[FinishReason]]] = {}
        self._tally = _Tally(requests)

    @property
    def id(self) -> str:
        return self._envelope.id

    def add(self, batch: Batch) -> None:
        pieces, reasons = self._choices.setdefault(batch.index, ([], []))
        for event in batch.events:
            if isinstance(event, Text):
                pieces.append(event)
            elif isinstance(event, Finished):
                reasons.append(_reason(event.reason))
                self._tally.add(batch.index, event.usage)

    def body(self) -> Json:
        """`text_completion`, choices in the order of their index."""
        choices = [
            {
                "index": index,
                "text": "".join(piece.text for piece in pieces),
                "logprobs": _all_logprobs(pieces),
                "finish_reason": reasons[-1] if reasons else None,
            }
            for index, (pieces, reasons) in sorted(self._choices.items())
        ]
        return self._envelope.body(KIND, choices, self._tally.total())


def to_legacy_logprobs(items: tuple[Json, ...], start: int = 0) -> Json:
    """Four lists, one entry a token; `top_logprobs` always has the token itself.

    items: chat's logprob items. start: characters of the answer before the first of them.
    """
    found: Json = {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}
    for item in items:
        token = item["token"]
        top = {other["token"]: other["logprob"] for other in item["top_logprobs"]}
        found["tokens"].append(token)
        found["token_logprobs"].append(item["logprob"])
        found["top_logprobs"].append({token: item["logprob"]} | top)
        found["text_offset"].append(start)
        start += len(token)
    return found


def _all_logprobs(pieces: list[Text]) -> Json | None:
    items = [item for piece in pieces for item in piece.logprobs or ()]
    if not items and all(piece.logprobs is None for piece in pieces):
        return None
    return to_legacy_logprobs(tuple(items))


def _reason(reason: FinishReason) -> FinishReason:
    """Legacy completions know no tools."""
    return "length" if reason == "length" else "stop"
