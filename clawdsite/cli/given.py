"""The configuration that a command was given, read and put in force."""

from __future__ import annotations

import os
from pathlib import Path

from clawdsite.core.config import live
from clawdsite.core.config.load import VARIABLE, Loaded, locate, read


class NoConfiguration(Exception):
    """No file was named and none lies here; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(
            f"clawdbot: no configuration: give --config FILE, set {VARIABLE}, or copy config.example.yaml "
            "to ./config.yaml"
        )


def path(config: str | None, *, required: bool = True) -> Path | None:
    """The file that `--config` named, else $CLAWDBOT_CONFIG, else ./config.yaml.

    Without any: NoConfiguration, or None where none is required.
    """
    found = locate(config, os.environ)
    if found is None and required:
        raise NoConfiguration
    return found


def loaded(config: str | None, *, required: bool = True) -> Loaded:
    """What `path` says, read; the development defaults where there is none. ConfigErrors."""
    return read(path(config, required=required), os.environ)


def install(config: str | None, *, required: bool = True) -> Loaded:
    """`loaded`, put in force here and, by $CLAWDBOT_CONFIG, in the programs that this one starts."""
    found = loaded(config, required=required)
    file = path(config, required=required)
    live.install(found.config, file)
    if file is not None:
        os.environ[VARIABLE] = str(file.absolute())
    return found
