"""A started gateway: before the double, or (make test-live) before the Ollama that CLAWDBOT_LIVE names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from openai import OpenAI

from gateway.upstream.known import full_name
from tests.doubles.ollama import OllamaDouble
from tests.sdk import behaviours
from tests.server.process import FREE, Process

LIVE = os.environ.get("CLAWDBOT_LIVE", "")


@dataclass(frozen=True)
class Gateway:
    """double: what stands behind the gateway; None where it is a real Ollama, whose model is `real`."""

    process: Process
    double: OllamaDouble | None = None
    real: str = ""

    @property
    def base_url(self) -> str:
        return f"{self.process.url}/v1"

    def token(self, who: str) -> str:
        return self.process.token(who)

    def openai(self, who: str, **options: Any) -> OpenAI:
        return OpenAI(base_url=self.base_url, api_key=self.token(who), **options)

    def model(self, behaviour: str) -> str:
        return self.real or behaviour

    def said(self, text: str | None, expected: str) -> bool:
        """The double's very words; of a real model, any."""
        return bool(text) if self.real else text == expected

    def continued(self, text: str, expected: str) -> bool:
        """The same where a real model may find that there is nothing to add."""
        return isinstance(text, str) if self.real else text == expected


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    if LIVE:
        url = address(LIVE)
        named = os.environ.get("CLAWDBOT_LIVE_MODEL")
        with Process(upstream={"url": url}) as process:
            yield Gateway(process, real=full_name(named) if named else first_model(url))
        return
    with behaviours.double() as double, Process(upstream={"url": double.url}) as process:
        yield Gateway(process, double)


@pytest.fixture
def strict() -> Iterator[Gateway]:
    """One that allows two requests a minute."""
    limits = FREE | {"per_user": {"rpm": 2}}
    with behaviours.double() as double, Process(upstream={"url": double.url}, limits=limits) as process:
        yield Gateway(process, double)


def address(host: str) -> str:
    """OLLAMA_HOST as Ollama itself reads it: without a scheme it is http, and then the port is 11434."""
    if "://" in host:
        return host
    return f"http://{host}" if ":" in host else f"http://{host}:11434"


def first_model(url: str) -> str:
    """Any model that the Ollama has and that talks."""
    tags = httpx.get(f"{url}/api/tags", trust_env=False).json()["models"]
    talking = [tag["name"] for tag in tags if "completion" in tag.get("capabilities", ["completion"])]
    assert talking, f"{url} has no model: ollama pull qwen3:32b"
    return str(talking[0])
