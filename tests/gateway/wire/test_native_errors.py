"""Vectors S21-S31: what the model's host says when it fails, and what a caller reads (reference 2.8)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clawdsite.core.errors import ClawdError, UpstreamError, UpstreamUnavailable
from gateway.types import Batch, Text
from gateway.wire.ollama.errors import error_in, to_error
from gateway.wire.openai.chat_out import ChatWriter
from tests.gateway.wire.road import ASK, MODEL, answer, parse, short, status


def _body(message: Any) -> bytes:
    return json.dumps({"error": message}).encode()


def _nested(**error: Any) -> bytes:
    return _body(json.dumps({"error": error}))


TOO_LONG = _nested(
    code=400, type="exceed_context_size_error", n_prompt_tokens=9020, n_ctx=2048,
    message="request (9020 tokens) exceeds the available context size (2048 tokens), try increasing it",
)  # fmt: skip
MULTIMODAL = "Multimodal data provided, but model does not support multimodal requests."
LIMIT = (
    "This model's maximum context length is 2048 tokens. However, your messages resulted in 9020 tokens. "
    "Please reduce the length of the messages."
)

MAPPED = [
    pytest.param(
        404,
        _body("model 'x' not found"),
        (404, "invalid_request_error", "model_not_found", "model"),
        "The model `x` does not exist or you do not have access to it.",
        id="vec-S21",
    ),
    pytest.param(
        404,
        _body('model "x:7b" not found, try pulling it first'),
        (404, "invalid_request_error", "model_not_found", "model"),
        "The model `x:7b` does not exist or you do not have access to it.",
        id="vec-S21-pull",
    ),
    pytest.param(
        503,
        _body("server busy, please try again.  maximum pending requests exceeded"),
        (503, "service_unavailable_error", "server_is_overloaded", None),
        "The model is busy. Please try again in a moment.",
        id="vec-S22",
    ),
    pytest.param(
        400,
        TOO_LONG,
        (400, "invalid_request_error", "context_length_exceeded", "messages"),
        LIMIT,
        id="vec-S23",
    ),
    pytest.param(
        400,
        _body("request (9020 tokens) exceeds the available context size (2048 tokens), try increasing it"),
        (400, "invalid_request_error", "context_length_exceeded", "messages"),
        LIMIT,
        id="vec-S23-plain",
    ),
    pytest.param(
        400,
        _nested(code=400, message=MULTIMODAL, type="invalid_request_error"),
        (400, "invalid_request_error", "unsupported_value", "messages"),
        MULTIMODAL,
        id="vec-S24",
    ),
    pytest.param(
        400,
        _body("registry.ollama.ai/library/plain:latest does not support tools"),
        (400, "invalid_request_error", "unsupported_parameter", "tools"),
        "This model does not support tools.",
        id="vec-S25",
    ),
    pytest.param(
        400,
        _body('"plain" does not support thinking'),
        (400, "invalid_request_error", "unsupported_parameter", "reasoning_effort"),
        "This model does not support thinking.",
        id="vec-S25-thinking",
    ),
    pytest.param(
        400,
        _body('"nomic" does not support chat'),
        (400, "invalid_request_error", "unsupported_parameter", "model"),
        "This model does not support chat.",
        id="vec-S25-chat",
    ),
    pytest.param(
        500,
        _body("open /root/.ollama/models/blobs/sha256-98b1: input/output error"),
        (502, "server_error", "upstream_error", None),
        "The model's host failed while answering. Please try again.",
        id="vec-S26",
    ),
    pytest.param(
        501,
        _body("This server does not support embeddings. Start it with `--embeddings`"),
        (400, "invalid_request_error", "model_not_supported", "model"),
        "This model does not make embeddings. Choose an embedding model.",
        id="vec-S27",
    ),
    pytest.param(
        403,
        b"",
        (502, "server_error", "upstream_error", None),
        "The model's host does not let the gateway in. An administrator has to look at it.",
        id="vec-S28-403",
    ),
    pytest.param(
        404,
        b"404 page not found",
        (502, "server_error", "upstream_invalid", None),
        "The model's host answered with something that is not its protocol.",
        id="vec-S28-404",
    ),
    pytest.param(
        500,
        _body('option "num_predict" must be of type integer'),
        (400, "invalid_request_error", "invalid_type", "max_tokens"),
        "Invalid type for 'max_tokens'.",
        id="option",
    ),
    pytest.param(
        400,
        _nested(
            code=400, message="JSON schema conversion failed:\nJSON schema error at #: unrecognized type frob"
        ),
        (400, "invalid_request_error", "invalid_value", "response_format"),
        "Invalid schema for response_format: JSON schema error at #: unrecognized type frob",
        id="schema",
    ),
    pytest.param(
        500,
        _body("model requires more system memory (20.1 GiB) than is available (3.2 GiB)"),
        (502, "server_error", "upstream_error", None),
        "The model's host has too little memory for this model.",
        id="memory",
    ),
    pytest.param(
        500,
        _body("timed out waiting for llama-server to start"),
        (502, "server_error", "upstream_error", None),
        "The model took too long to load. Please try again.",
        id="load",
    ),
    pytest.param(
        400,
        _body("the prompt is longer than the context length currently available"),
        (400, "invalid_request_error", "context_length_exceeded", "messages"),
        "This model's maximum context length is shorter than your messages. "
        "Please reduce the length of the messages.",
        id="context without numbers",
    ),
]


@pytest.mark.parametrize(("number", "body", "expected", "text"), MAPPED)
def test_a_native_error_becomes_one_that_clients_know(
    number: int, body: bytes, expected: tuple[Any, ...], text: str
) -> None:
    error = to_error(number, body)
    assert (error.status, error.type, error.code, error.param) == expected
    assert error.message == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("native-bad-json", (400, None, None)),
        ("native-chat-bad-base64-image", (400, "invalid_value", "messages")),
        ("native-chat-bad-think", (400, "invalid_value", "reasoning_effort")),
        ("native-chat-content-array", (400, None, None)),
        ("native-chat-image-on-text-model", (400, "unsupported_value", "messages")),
        ("native-chat-model-missing", (404, "model_not_found", "model")),
        ("native-chat-no-model", (400, "invalid_value", "model")),
        ("native-chat-option-wrong-type", (400, "invalid_type", "temperature")),
        ("native-chat-think-on-plain-model", (400, "unsupported_parameter", "reasoning_effort")),
        ("native-chat-tools-on-plain-model", (400, "unsupported_parameter", "tools")),
        ("native-embed", (400, "model_not_supported", "model")),
        ("native-not-found", (502, "upstream_invalid", None)),
        ("native-show-missing", (404, "model_not_found", "model")),
    ],
)
def test_errors_of_a_real_host_become_these(name: str, expected: tuple[Any, ...]) -> None:
    error = to_error(status(name), answer(name))
    assert (error.status, error.code, error.param) == expected


def test_busy_says_when_to_come_back() -> None:
    """S22: SDKs obey Retry-After."""
    assert to_error(503, _body("server busy, please try again.")).headers() == {"Retry-After": "2"}
    assert to_error(503, b"<html>nginx</html>").headers() == {"Retry-After": "2"}


@pytest.mark.parametrize(
    "error", [pytest.param(UpstreamUnavailable("The model cannot be reached."), id="vec-S29")]
)
def test_an_unreachable_host_is_503_with_a_time_to_come_back(error: ClawdError) -> None:
    assert (error.status, error.type, error.code) == (503, "server_error", "upstream_unavailable")
    assert error.headers() == {"Retry-After": "5"}


@pytest.mark.parametrize("error", [pytest.param(UpstreamError("The answer was cut."), id="vec-S31")])
def test_a_cut_connection_is_502_or_an_error_event_without_an_end(error: ClawdError) -> None:
    assert error.status == 502
    writer = ChatWriter(ASK, model=MODEL)
    chunks = short(parse(writer.write(Batch(0, (Text("Hi"),))) + writer.error(error)))
    assert chunks[1:] == [{"content": "Hi"}, ("E", "upstream_error")]


@pytest.mark.parametrize(
    ("number", "body", "expected"),
    [
        (502, b"<html><h1>502 Bad Gateway</h1><hr>nginx/1.24</html>", (502, "upstream_error")),
        (504, b"<html>504 Gateway Time-out</html>", (504, "upstream_timeout")),
        (413, b"<html>413</html>", (413, "body_too_large")),
        (429, b'{"error":"too many requests"}', (503, "server_is_overloaded")),
        (401, b'{"error":"unauthorized"}', (502, "upstream_error")),
        (302, b"", (502, "upstream_invalid")),
        (400, b"\xff\xfe", (502, "upstream_invalid")),
        (400, b"[" * 200_000, (502, "upstream_invalid")),
        (400, b'["error"]', (502, "upstream_invalid")),
        (499, b'{"error":"request canceled"}', (502, "upstream_error")),
    ],
)
def test_what_is_not_the_hosts_own_voice_is_told_by_its_number(
    number: int, body: bytes, expected: tuple[Any, ...]
) -> None:
    error = to_error(number, body)
    assert (error.status, error.code) == expected


INSIDE = [
    "open /var/lib/ollama/models/manifests/registry: no such file or directory",
    "dial tcp 10.0.3.7:11434: connect: connection refused",
    "Post http://localhost:43127/completion: EOF",
    "listen tcp [::1]:11434: bind: address already in use",
    r"open C:\Users\admin\.ollama\models: access denied",
    "~/.ollama/id_ed25519 is not readable",
    "json: cannot unmarshal array into Go struct field Alias.content of type string",
    "runtime error: invalid memory address or nil pointer dereference goroutine 1 [running]",
    "ggml_cuda_init failed",
    "llama-server process has terminated: exit status 2",
    "error in routes.go line 412",
    "blob sha256-98b10bddd02350a7 is corrupt",
    "registry.example.com/library/model is broken",
    "fatal\x00byte",
    "x" * 301,
]


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("number", [400, 500])
@pytest.mark.parametrize(
    "wrap", [_body, lambda text: _nested(message=text), lambda text: _body({"message": text})]
)
def test_no_path_address_or_part_of_the_host_reaches_a_caller(wrap: Any, number: int, inside: str) -> None:
    """S26, for mistakes of a caller too."""
    error = to_error(number, wrap(inside))
    assert inside[:40] not in error.message
    assert error.status == (400 if number == 400 else 502)
    in_stream = error_in(json.loads(wrap(inside)))
    assert in_stream is not None
    assert inside[:40] not in in_stream.message


@pytest.mark.parametrize(
    "text", ["the image is too small and/or empty", "JSON schema error at #/properties/x/type: bad"]
)
def test_a_plain_sentence_about_the_request_is_passed_on(text: str) -> None:
    assert text in to_error(400, _body(text)).message


def test_other_lines_are_no_errors() -> None:
    assert error_in({"message": {"content": "error"}}) is None
    assert error_in({"error": None}) is None


def test_a_context_error_inside_a_stream_keeps_its_meaning() -> None:
    error = error_in(json.loads(TOO_LONG))
    assert error is not None
    assert (error.status, error.code, error.message) == (400, "context_length_exceeded", LIMIT)


def test_a_context_error_is_known_by_its_type_whatever_its_words() -> None:
    body = _nested(type="exceed_context_size_error", n_prompt_tokens=9020, n_ctx=2048, message="no room")
    assert to_error(400, body).message == LIMIT
