"""Vectors S33-S37: models and embeddings in OpenAI's shape."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from clawdsite.core.errors import UpstreamInvalid
from gateway.types import EmbeddingRequest, ModelCard, ModelFacts
from gateway.wire.ollama.errors import to_error
from gateway.wire.ollama.facts import card_from_show, cards_from_tags, facts_from_show
from gateway.wire.openai.embeddings_out import to_embeddings
from gateway.wire.openai.models_out import to_model, to_models
from tests.gateway.wire.road import answer, status


@pytest.mark.parametrize("native", [pytest.param({"models": []}, id="vec-S33"), {"models": None}, {}])
def test_a_host_without_models_lists_an_empty_list(native: dict[str, Any]) -> None:
    assert to_models(cards_from_tags(native)) == {"object": "list", "data": []}


@pytest.mark.parametrize(
    ("modified", "created"),
    [
        pytest.param("2023-06-16T17:03:22Z", 1686935002, id="vec-S34"),
        pytest.param("2023-06-16T19:03:22.123456789+02:00", 1686935002, id="vec-S34-fraction"),
        ("0001-01-01T00:00:00Z", 0),
        ("yesterday", 0),
        (None, 0),
    ],
)
def test_a_model_was_created_when_it_was_last_changed(modified: Any, created: int) -> None:
    native = {"models": [{"name": "x:latest", "model": "x:latest", "modified_at": modified}]}
    row = {"id": "x:latest", "object": "model", "created": created, "owned_by": "library"}
    assert to_models(cards_from_tags(native)) == {"object": "list", "data": [row]}


def test_the_models_of_a_real_host() -> None:
    cards = cards_from_tags(json.loads(answer("native-tags")))
    assert [card.id for card in cards] == ["plain:latest", "tinyj:latest", "q3:latest", "tiny:latest"]
    assert cards[0] == ModelCard("plain:latest", 1795426186, "library")


@pytest.mark.parametrize("name", [pytest.param("tiny", id="vec-S35")])
def test_a_model_of_a_real_host(name: str) -> None:
    native = json.loads(answer("native-show"))
    expected = {"id": name, "object": "model", "created": 1795425650, "owned_by": "library"}
    assert to_model(card_from_show(name, native)) == expected
    assert facts_from_show(name, native) == ModelFacts(
        name, frozenset({"completion", "tools", "thinking"}), 8192
    )


@pytest.mark.parametrize("name", [pytest.param("native-show-missing", id="vec-S35-404")])
def test_an_unknown_model_is_not_found(name: str) -> None:
    error = to_error(status(name), answer(name))
    assert (error.status, error.code) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("native", "capabilities", "length"),
    [
        ({}, {"completion"}, None),
        (
            {"capabilities": ["embedding"], "model_info": {"general.architecture": "bert"}},
            {"embedding"},
            None,
        ),
        ({"capabilities": ["vision", 3], "model_info": None}, {"vision"}, None),
        ({"model_info": {"general.architecture": "q", "q.context_length": "8"}}, {"completion"}, None),
    ],
)
def test_facts_that_a_host_leaves_out(
    native: dict[str, Any], capabilities: set[str], length: int | None
) -> None:
    assert facts_from_show("x", native) == ModelFacts("x", frozenset(capabilities), length)


def test_the_simulated_model_says_what_it_is() -> None:
    native = {"name": "clawdbot-demo", "details": {"family": "clawdbot-demo"}}
    assert facts_from_show("clawdbot-demo", native).demo
    assert cards_from_tags({"models": [native]}) == [ModelCard("clawdbot-demo", 0, "clawdbot-demo")]
    assert card_from_show("clawdbot-demo", native).owned_by == "clawdbot-demo"


@pytest.mark.parametrize("native", [{"models": "x"}, {"models": ["x"]}, {"models": [{"size": 1}]}])
def test_models_of_wrong_types_are_the_hosts_fault(native: dict[str, Any]) -> None:
    with pytest.raises(UpstreamInvalid):
        cards_from_tags(native)


def test_capabilities_of_wrong_type_are_the_hosts_fault() -> None:
    with pytest.raises(UpstreamInvalid):
        facts_from_show("x", {"capabilities": "tools"})


NATIVE = {"embeddings": [[1, 2]], "prompt_eval_count": 3}


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        pytest.param("float", [1, 2], id="vec-S36"),
        pytest.param("base64", "AACAPwAAAEA=", id="vec-S37"),
    ],
)
def test_an_embedding_is_written_as_asked(encoding: Any, expected: Any) -> None:
    assert to_embeddings(NATIVE, EmbeddingRequest(("a",), encoding=encoding), "m") == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": expected}],
        "model": "m",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }


def test_several_inputs_keep_their_order_and_values() -> None:
    native = {"embeddings": [[0.5, -1.25], [1e-3, 3.0]]}
    body = to_embeddings(native, EmbeddingRequest(("a", "b"), encoding="base64"), "m")
    rows = [struct.unpack("<2f", base64.b64decode(row["embedding"])) for row in body["data"]]
    assert rows[0] == (0.5, -1.25)
    assert rows[1] == pytest.approx((1e-3, 3.0))
    assert [row["index"] for row in body["data"]] == [0, 1]
    assert body["usage"] == {"prompt_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    "native",
    [{}, {"embeddings": None}, {"embeddings": []}, {"embeddings": [1]}, {"embeddings": [["x"]]},
     {"embeddings": [[None]]}, {"embeddings": [[1e300]]}, {"embeddings": [[1], [2]]}],
)  # fmt: skip
def test_embeddings_of_wrong_types_are_the_hosts_fault(native: dict[str, Any]) -> None:
    with pytest.raises(UpstreamInvalid):
        to_embeddings(native, EmbeddingRequest(("a",)), "m")
