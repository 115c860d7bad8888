"""Relative paths mean the folder of the configuration file, wherever the command was started."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pydantic import SecretStr

from clawdsite.core.config.schema import Config

SQLITE: Final = "sqlite:///"


def grounded(config: Config, folder: Path) -> Config:
    """The same configuration with data_dir and SQLite's file as absolute paths. Touches no file."""
    folder_url = Path(quote(str(folder)))
    changed: dict[str, Any] = {"data_dir": str(folder / config.data_dir)}
    file = config.database_url.get_secret_value().removeprefix(SQLITE)
    if file and config.database_url.get_secret_value().startswith(SQLITE) and file != ":memory:":
        changed["database_url"] = SecretStr(f"{SQLITE}{folder_url / file}")
    return config.model_copy(update=changed)
