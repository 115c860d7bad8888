"""Configuration files for tests: written 0600, read with an environment of the test's own."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from clawdsite.core.config.load import ConfigErrors, Loaded, read

SECRET = "kX2v9tq7Lw0Zr5mB8nD3fH6jP1sA4gYc"
ENV = {"JWT_SECRET": SECRET}
ISSUER = """
auth:
  jwt:
    issuer: https://sso.example.com
    audience: qwen-web-chat
    secret: "${JWT_SECRET}"
"""


def write(folder: Path, text: str, name: str = "config.yaml") -> Path:
    """A file of this text that only its owner may read."""
    path = folder / name
    path.write_text(textwrap.dedent(text))
    path.chmod(0o600)
    return path


def mount(folder: Path, text: str, name: str) -> Path:
    """A mounted file with exactly this text, for its owner alone."""
    path = folder / name
    path.write_bytes(text.encode())
    path.chmod(0o600)
    return path


def good(folder: Path, text: str, env: Mapping[str, str] = ENV) -> Loaded:
    """What this text loads to."""
    return read(write(folder, text), env)


def bad(folder: Path, text: str, env: Mapping[str, str] = ENV) -> list[str]:
    """Each problem of this text as `line: key: message (hint)`."""
    path = write(folder, text)
    with pytest.raises(ConfigErrors) as caught:
        read(path, env)
    return [line.removeprefix(f"{path}:").strip() for line in str(caught.value).splitlines()]


def warned(folder: Path, text: str, env: Mapping[str, str] = ENV) -> list[str]:
    """Key and message of each warning."""
    return [f"{warning.key}: {warning.message}" for warning in good(folder, text, env).warnings]
