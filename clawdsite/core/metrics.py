"""What Prometheus reads at /metrics (S35, M17). Every label comes from a closed list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config

OTHER: Final = "other"
MODELS_KEPT: Final = 100  # names learned from the model's host; more than that are `other`
LONG: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
WAIT: Final = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)

REGISTRY: Final = CollectorRegistry()
requests: Final = Counter(
    "clawdbot_requests", "Requests answered.", ["route", "status", "outcome", "model"], registry=REGISTRY
)
errors: Final = Counter(
    "clawdbot_errors", "Calls that did not end well.", ["outcome", "model"], registry=REGISTRY
)
seconds: Final = Histogram(
    "clawdbot_request_seconds",
    "From the request's head to its last byte.",
    ["route", "model"],
    buckets=LONG,
    registry=REGISTRY,
)
first_token: Final = Histogram(
    "clawdbot_first_token_seconds",
    "From the request's head to the first piece.",
    ["model"],
    buckets=WAIT,
    registry=REGISTRY,
)
queue_wait: Final = Histogram(
    "clawdbot_queue_seconds", "Waiting for a slot.", ["model"], buckets=WAIT, registry=REGISTRY
)
tokens: Final = Counter("clawdbot_tokens", "Tokens counted.", ["kind", "model"], registry=REGISTRY)
in_flight: Final = Gauge("clawdbot_in_flight", "Requests under way.", registry=REGISTRY)
slots: Final = Gauge("clawdbot_slots_in_use", "Answers the model is making.", registry=REGISTRY)
waiting: Final = Gauge("clawdbot_queue_length", "Callers waiting for a slot.", registry=REGISTRY)
reloads: Final = Counter(
    "clawdbot_config_reloads", "Reloads of the configuration.", ["result"], registry=REGISTRY
)
reload_failed: Final = Gauge(
    "clawdbot_config_reload_failed", "1 while the last reload was refused.", registry=REGISTRY
)
build: Final = Gauge("clawdbot_build", "The version that runs.", ["version"], registry=REGISTRY)
ProcessCollector(namespace="clawdbot", registry=REGISTRY)


learned: Final[set[str]] = set()  # names of models that the model's host has


class _Models:
    """Names that may be a label: the configuration's, and the learned ones."""

    def __init__(self) -> None:
        self.config: Config | None = None
        self.configured: frozenset[str] = frozenset()

    def label(self, name: str | None) -> str:
        config = live.current()
        if config is not self.config:
            models = config.models
            self.config = config
            self.configured = frozenset(
                {models.default, models.vision, *models.aliases.values(), *models.options} - {""}
            )
        if name is None:
            return ""
        return name if name in self.configured or name in learned else OTHER


_models = _Models()


def learn_models(names: Iterable[str]) -> None:
    """The model's host has these; the first hundred become labels."""
    for name in names:
        if len(learned) < MODELS_KEPT:
            learned.add(name)


def model_label(name: str | None) -> str:
    """The name if it is known, `other` if it is not, empty for a call without a model."""
    return _models.label(name)


def reloaded(ok: bool) -> None:
    """Count one reload of the configuration."""
    reloads.labels("ok" if ok else "refused").inc()
    reload_failed.set(0 if ok else 1)


def page() -> bytes:
    """The text format of Prometheus."""
    return generate_latest(REGISTRY)
