"""What the configuration asks for and is not installed is named at the start."""

from __future__ import annotations

import importlib.util

import pytest
from django.core.exceptions import ImproperlyConfigured

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.serve import run


def test_redis_without_its_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "current", lambda: Config.model_validate({"redis_url": "redis://localhost"}))
    run.check_driver()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"clawdbot\[redis\]"):
        run.check_driver()
    monkeypatch.setattr(live, "current", Config)
    run.check_driver()
