"""Request bodies of chat, the older completions and embeddings (reference 1.2, 1.3, 1.8)."""

from __future__ import annotations

from typing import Final

from gateway.openapi.shapes import (
    all_maybe,
    anything,
    array,
    fields,
    flag,
    integer,
    maybe,
    number,
    one_of,
    ref,
    refused,
    text,
    word,
)
from gateway.types import Json
from gateway.wire.openai import completion_in, embedding_in, messages_in, sampling_in, thinking_in, tools_in

EXTENSION: Final = "An extension; OpenAI does not know it."
NO_EFFECT: Final = "Checked, without effect."
SCHEMA: Final = anything("A JSON schema.")


def sampling(n_max: int) -> Json:
    """How the answer is drawn; n_max: most answers to one request."""
    return {
        "temperature": number("Left out: the model's own default.", minimum=0, maximum=2),
        "top_p": number(minimum=0, maximum=1),
        "frequency_penalty": number(minimum=-2, maximum=2),
        "presence_penalty": number(minimum=-2, maximum=2),
        "seed": integer(minimum=-(2**63), maximum=2**64 - 1),
        "top_k": integer(EXTENSION, minimum=-1, maximum=2**31 - 1),
        "min_p": number(EXTENSION, minimum=0, maximum=1),
        "repeat_penalty": number(EXTENSION, minimum=0.1, maximum=10),
        "repetition_penalty": number("Another name of repeat_penalty.", minimum=0.1, maximum=10),
        "stop": one_of(
            text(maxLength=sampling_in.LONGEST_STOP),
            array(text(maxLength=sampling_in.LONGEST_STOP), maxItems=sampling_in.MOST_STOPS),
        ),
        "n": integer("Answers to this request.", minimum=1, maximum=n_max),
        "logit_bias": fields({}, about="Only an empty object: a bias is refused.", maxProperties=0),
    }


def labels() -> Json:
    """What a request says about itself."""
    return {
        "model": text("Left out or empty: the default model.", maxLength=256),
        "user": text("For the log only; who calls is known by the token.", maxLength=128),
        "metadata": fields(
            {"session_id": maybe(text(maxLength=128))},
            about="`session_id` names the session, as the header X-Session-Id does.",
            maxProperties=16,
            propertyNames={"maxLength": 64},
            additionalProperties=text(maxLength=512),
        ),
        "session_id": text(f"Names the session. {EXTENSION}", maxLength=128),
        "service_tier": text("Checked; the answer says `default`.", maxLength=128),
    }


def hints() -> Json:
    """Fields without effect, and those that must not be ignored."""
    return {
        "store": flag("Accepted; nothing is stored."),
        "verbosity": text(NO_EFFECT, maxLength=128),
        "prompt_cache_retention": text(NO_EFFECT, maxLength=128),
        "prompt_cache_key": text(NO_EFFECT, maxLength=64),
        "prompt_cache_options": anything(NO_EFFECT),
        "safety_identifier": text(NO_EFFECT, maxLength=64),
        "prediction": anything(NO_EFFECT),
        "modalities": array(word("text"), "Text is all this server answers in.", maxItems=16),
        "audio": refused(""),
        "web_search_options": refused(""),
        "moderation": refused("A wish for safety is never ignored."),
    }


def thinking() -> Json:
    """The names under which thinking is switched on and off."""
    effort = word(*thinking_in.EFFORTS, about="`none` switches thinking off, any other on.")
    return {
        "reasoning_effort": effort,
        "reasoning": fields(
            all_maybe(
                {
                    "effort": effort,
                    "enabled": flag(EXTENSION),
                    "exclude": flag("Leave the reasoning out of the answer."),
                    "max_tokens": integer(NO_EFFECT, minimum=0),
                }
            )
        ),
        "think": flag(EXTENSION),
        "enable_thinking": flag(EXTENSION),
        "chat_template_kwargs": fields({"enable_thinking": maybe(flag())}, about=EXTENSION),
    }


def streaming() -> Json:
    return {
        "stream": flag("Answer with server-sent events."),
        "stream_options": fields(
            {"include_usage": maybe(flag("A last chunk with the usage."))},
            about="Only with `stream`.",
        ),
    }


def limits() -> Json:
    return {
        "max_completion_tokens": integer("Most tokens of the answer; wins over max_tokens.", minimum=1),
        "max_tokens": integer("The older name.", minimum=1),
    }


def chat(n_max: int) -> Json:
    """Body of /v1/chat/completions."""
    choices = word("none", "auto", "required")
    named = fields(
        {"type": word("function"), "function": fields({"name": text()}, needs=("name",))},
        needs=("type", "function"),
    )
    some = fields(
        {
            "mode": maybe(word("auto", "required")),
            "tools": array(named, minItems=1, maxItems=tools_in.MOST_TOOLS),
        },
        needs=("tools",),
    )
    allowed = fields({"type": word("allowed_tools"), "allowed_tools": some}, needs=("type", "allowed_tools"))
    own: Json = {
        "response_format": fields(
            {
                "type": word("text", "json_object", "json_schema"),
                "json_schema": maybe(ref("NamedSchema")),
            },
            needs=("type",),
            about="`json_schema` needs the field of that name.",
        ),
        "tools": array(
            fields({"type": word("function"), "function": ref("Function")}, needs=("type", "function")),
            maxItems=tools_in.MOST_TOOLS,
        ),
        "tool_choice": one_of(choices, named, allowed),
        "parallel_tool_calls": flag("False: at most one call an answer."),
        "functions": array(ref("Function"), "Deprecated; use tools.", maxItems=tools_in.MOST_TOOLS),
        "function_call": one_of(
            word("none", "auto"),
            fields({"name": text()}, needs=("name",)),
            about="Deprecated; use tool_choice.",
        ),
        "logprobs": flag(),
        "top_logprobs": integer("Only with `logprobs`.", minimum=0, maximum=20),
    }
    found = {**labels(), **streaming(), **limits(), **sampling(n_max), **thinking(), **own, **hints()}
    messages = array(
        ref("ChatMessage"),
        "May be empty only with a session: that clears the session's context.",
        maxItems=messages_in.MOST_MESSAGES,
    )
    return fields({"messages": messages, **all_maybe(found)}, needs=("messages",))


def completion(n_max: int) -> Json:
    """Body of /v1/completions: the prompt is continued as it stands."""
    own: Json = {
        "logprobs": integer("Alternatives a token.", minimum=0, maximum=completion_in.MOST_LOGPROBS),
        "echo": {**flag("Only false."), "enum": [False]},
        "suffix": text("Only empty.", maxLength=0),
        "best_of": integer("Only 1.", minimum=1, maximum=1),
    }
    found = {**labels(), **streaming(), **limits(), **sampling(n_max), **own}
    prompt = one_of(
        text(),
        array(text(), minItems=1, maxItems=completion_in.MOST_PROMPTS),
        about="One or several; each gives answers of its own. Token numbers are refused.",
    )
    return fields({"prompt": prompt, **all_maybe(found)}, needs=("prompt",))


def embedding() -> Json:
    """Body of /v1/embeddings."""
    said = labels()
    own: Json = {
        "dimensions": integer(minimum=1, maximum=embedding_in.MOST_DIMENSIONS),
        "encoding_format": word("float", "base64", about="base64: little-endian float32."),
        **{key: said[key] for key in ("model", "user", "metadata", "session_id")},
    }
    inputs = one_of(
        text(minLength=1),
        array(text(minLength=1), minItems=1, maxItems=embedding_in.MOST_INPUTS),
        about="Token numbers are refused.",
    )
    return fields({"input": inputs, **all_maybe(own)}, needs=("input",))
