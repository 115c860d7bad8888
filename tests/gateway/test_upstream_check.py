"""`clawdbot check --upstream` counts what the model's host really answers at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdsite.cli import main
from clawdsite.core.config.schema import Config
from gateway import upstream_check
from gateway.upstream_check import measure
from tests.doubles.ollama import OllamaDouble, Reply
from tests.proof import proves


def config(double: OllamaDouble, at_once: int, **models: object) -> Config:
    return Config.model_validate(
        {
            "mode": "development",
            "upstream": {"url": double.url, "max_connections": at_once},
            "models": models,
        }
    )


@proves("promise-S10")
@pytest.mark.parametrize("parallel", [1, 2, 4])
@pytest.mark.parametrize("configured", [1, 4, 10])
def test_the_number_of_places_is_found(parallel: int, configured: int) -> None:
    with OllamaDouble(parallel=parallel, tokens=64, rate=200) as double:
        found = measure(config(double, configured))
        double.wait_for(lambda journal: all(exchange.closed for exchange in journal))
    assert (found.served, found.open_end) == (parallel, False)


def test_a_host_without_a_limit_is_tried_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_check, "MOST", 12)
    with OllamaDouble(tokens=64, rate=100) as double:
        found = measure(config(double, 4))
    assert (found.served, found.open_end) == (12, True)


def test_short_answers_will_do_and_a_cold_model_is_loaded_first() -> None:
    with OllamaDouble(parallel=2, tokens=6, rate=50, loaded=False) as double:
        found = measure(config(double, 3, default="gpt-4o", aliases={"gpt-4o": "qwen3:32b"}))
        assert (found.served, found.model) == (2, "qwen3:32b")
        assert [load.outcome for load in double.loads] == ["loaded"]


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        (4, "upstream: qwen3:32b answers 4 calls at once; upstream.max_connections is 4: right"),
        (10, "upstream: qwen3:32b answers 4 calls at once, but upstream.max_connections is 10: "
         "set upstream.max_connections: 4, or OLLAMA_NUM_PARALLEL=10 where Ollama runs"),
        (1, "upstream: qwen3:32b answers 4 calls at once, but upstream.max_connections is 1: "
         "set upstream.max_connections: 4"),
    ],
)  # fmt: skip
def test_it_says_which_number_to_set(configured: int, told: str) -> None:
    assert str(upstream_check.Measured("qwen3:32b", configured, served=4)) == told


def test_what_cannot_be_told_apart_is_not_guessed() -> None:
    with OllamaDouble(parallel=4) as double:
        found = measure(config(double, 2))
    assert found.served is None
    assert "too fast to tell them apart" in str(found)


def test_a_model_that_is_not_there_is_said() -> None:
    with OllamaDouble() as double:
        found = measure(config(double, 2, default="nobody"))
    assert found.served is None
    assert "does not exist" in found.trouble


def test_a_host_that_refuses_every_call_is_said() -> None:
    with OllamaDouble() as double:
        double.script("/api/chat", Reply.error(500, "out of memory"))
        found = measure(config(double, 2))
    assert found.served is None
    assert found.trouble


@proves("promise-S10")
def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.yaml"
    with OllamaDouble(parallel=2, tokens=64, rate=200) as double:
        path.write_text(f"mode: development\nmax_connections: 3\nupstream: {{url: '{double.url}'}}\n")
        assert main(["check", "--upstream", "--config", str(path)]) == 0
        told = capsys.readouterr().out.splitlines()
    assert told == [
        f"{path}: ok",
        "upstream: qwen3:32b answers 2 calls at once, but upstream.max_connections is 3: "
        "set upstream.max_connections: 2, or OLLAMA_NUM_PARALLEL=3 where Ollama runs",
    ]
    assert main(["check", "--upstream", "--config", str(path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[1] == (
        "upstream: how many calls qwen3:32b answers at once could not be measured: "
        f"The model's host cannot be reached. Is Ollama running at {double.url} (upstream.url)?"
    )
