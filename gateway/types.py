"""What travels down the road (ChatRequest) and up it (Event). Pure data, no Django.

Down: OpenAI's body -> `gateway.wire.openai` -> ChatRequest -> `gateway.wire.ollama` -> native payload.
Up: native line -> `gateway.wire.ollama` -> Event -> `gateway.wire.openai` -> OpenAI's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls", "function_call"]
Json = dict[str, Any]


# ---- down -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as the client sent it (data URL already decoded), or as we re-encoded it.

    param: where it stood in the request, for errors (`messages[0].content[1].image_url.url`).
    """

    content: bytes
    media_type: str
    param: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call the model made: arguments are an object, whatever the wire carried."""

    id: str
    name: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: OpenAI's parts already joined, `developer` already `system`.

    param: where it stood in the request (`messages[3]`), for errors that are found later.
    """

    role: Role
    content: str = ""
    thinking: str = ""
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_name: str | None = None
    tool_call_id: str | None = None
    param: str = "messages"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call.

    parameters: normalised to the subset that Ollama keeps (reference 1.5).
    schema: the client's own JSON schema, for forced choice and audit.
    """

    name: str
    description: str
    parameters: Json
    schema: Json


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """mode `named` carries the function's name; `required` means any of the tools."""

    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to the model, of whichever endpoint, after validation.

    kind: `chat` goes to /api/chat; `text` (legacy completions, one prompt) to /api/generate raw.
    model: as the client wrote it; None means the default.
    options: sampling values already of the kind Ollama wants (ints as ints, floats as floats):
        temperature, top_p, top_k, min_p, repeat_penalty, frequency_penalty, presence_penalty, seed.
    max_tokens: the client's limit, or None; the gateway's cap is applied in `to_payload`.
    stop: non-empty, de-duplicated strings.
    format: None, "json", or a JSON schema.
    think: None when the client said nothing; else on or off.
    effort_given: think came from an explicit effort, so a response_format does not switch it off.
    n: how many answers.
    session: X-Session-Id, session_id or metadata.session_id.
    end_user: the body's `user`, for the log only.
    notes: fields that were ignored, for the log (names only, never values).
    """

    kind: Literal["chat", "text"] = "chat"
    model: str | None = None
    messages: tuple[Message, ...] = ()
    prompt: str = ""
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    options: Json = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    format: str | Json | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    legacy_functions: bool = False
    think: bool | None = None
    effort_given: bool = False
    hide_reasoning: bool = False
    logprobs: bool = False
    top_logprobs: int | None = None
    n: int = 1
    session: str | None = None
    end_user: str | None = None
    service_tier: str | None = None
    notes: tuple[str, ...] = ()

    def with_(self, **changes: Any) -> ChatRequest:
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to embed. encoding: how the vectors are written (base64: little-endian float32)."""

    inputs: tuple[str, ...]
    model: str | None = None
    dimensions: int | None = None
    encoding: Literal["float", "base64"] = "float"
    session: str | None = None
    end_user: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the model's host says of one model (/api/show), as far as the translation needs it."""

    name: str
    capabilities: frozenset[str] = frozenset({"completion"})
    context_length: int | None = None
    demo: bool = False

    def can(self, capability: str) -> bool:
        """capability: completion, tools, thinking, vision, insert, embedding."""
        return capability in self.capabilities


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One row of /v1/models. created: Unix seconds. capabilities: as its host says; empty: it does not."""

    id: str
    created: int
    owned_by: str = "library"
    capabilities: tuple[str, ...] = field(default=(), compare=False)


# ---- up ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens counted. estimated: the upstream's own count never came, lines were counted instead."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    estimated: bool = False

    def plus(self, other: Usage) -> Usage:
        """Of several answers to one question: the prompt counts once (reference, field `n`)."""
        return Usage(
            max(self.prompt, other.prompt),
            self.completion + other.completion,
            self.reasoning + other.reasoning,
            self.estimated or other.estimated,
        )


# Made for each token, so neither they nor `Batch` are frozen dataclasses, which take four times as long.


class Text(NamedTuple):
    """A piece of the answer; logprobs are already in OpenAI's shape (four keys each)."""

    text: str
    logprobs: tuple[Json, ...] | None = None


class Thinking(NamedTuple):
    """A piece of the reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A whole tool call. index counts from 0 within one answer.

    arguments: JSON text; partial where a forced choice was cut by length.
    """

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of one answer. incomplete: the upstream ended without saying `done` (repeat guard)."""

    reason: FinishReason
    usage: Usage
    incomplete: bool = False


Event = Text | Thinking | ToolCalled | Finished


@dataclass(slots=True)
class Batch:
    """Events of one answer (choice `index` of n) that came in one read from the upstream."""

    index: int
    events: tuple[Event, ...]


# ---- between the two ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """How one request is asked of one model; `to_payload` sends it, `EventReader` reads by it.

    think: the native `think` to send; None leaves it out.
    stops: matched by the gateway on the answer's text (never on thinking), not sent upstream.
    forced: emulation of a required or named tool choice (reference 1.7): the answer's text is JSON that
        becomes one tool call. `named` carries the function's name.
    """

    think: bool | None = None
    stops: tuple[str, ...] = ()
    forced: Literal["required", "named"] | None = None
    forced_name: str | None = None
