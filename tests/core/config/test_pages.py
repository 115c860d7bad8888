"""The files and pages about the configuration say what the schema says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from clawdsite.core.config.catalogue import catalogue, sections
from clawdsite.core.config.grounded import grounded
from clawdsite.core.config.load import read
from clawdsite.core.config.schema import Config
from tests.core.config.files import ENV, write
from tests.proof import proves

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "configuration.md"
EXAMPLE = ROOT / "config.example.yaml"
DEVELOPMENT = ROOT / "config.dev.yaml"


def rows() -> dict[str, str]:
    """First cell of each table row -> the row."""
    found = re.findall(r"^(\| `([^`]+)` \|.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(found) == len({key for _, key in found}), "a key is described twice"
    return {key: row for row, key in found}


def test_the_page_describes_every_key_and_nothing_that_does_not_exist() -> None:
    assert set(rows()) == set(catalogue())


@pytest.mark.parametrize("path", catalogue())
def test_the_page_says_what_the_schema_says(path: str) -> None:
    assert rows()[path] == catalogue()[path].row


def test_every_section_of_the_page_exists() -> None:
    titles = re.findall(r"^### `(.+)`$", PAGE.read_text(), re.MULTILINE)
    assert set(titles) <= set(sections())


@proves("promise-S34")
def test_the_example_loads_in_production_without_a_warning() -> None:
    loaded = read(EXAMPLE, ENV)
    assert loaded.config.mode == "production"
    assert loaded.warnings == ()
    assert loaded.config.logging.sample_bodies == 0.01
    assert loaded.config.models.options == {"qwen3:32b": {"temperature": 0.7}}


def test_the_values_of_the_example_are_the_defaults_where_it_says_so() -> None:
    config, shipped = read(EXAMPLE, ENV).config, grounded(Config(), EXAMPLE.parent)
    for name in (
        "database_url",
        "session",
        "limits",
        "chat",
        "metrics",
        "upstream",
        "data_dir",
        "debug_port",
    ):
        assert getattr(config, name) == getattr(shipped, name), name


def test_the_example_shows_every_key() -> None:
    """Those that are off by default or not available yet stand there behind a #."""
    text = EXAMPLE.read_text()
    shown = set(re.findall(r"\b(\w+):", text))
    assert {path.rpartition(".")[2] for path in catalogue()} - shown == set()


def uncommented(text: str) -> str:
    """The sign-on entries of the example, as if the # in front of them were gone."""
    lines = text.splitlines()
    first = lines.index("# oauth2:")
    last = next(index for index in range(first, len(lines)) if not lines[index].startswith("#"))
    shown = [line.removeprefix("#").removeprefix(" ") for line in lines[first:last]]
    return "\n".join([*lines[:first], *shown, *lines[last:]])


@proves("sso-J1")
def test_the_sign_on_of_the_example_loads_in_production_without_a_warning(tmp_path: Path) -> None:
    names = ("OAUTH_CLIENT_SECRET", "WECOM_SECRET", "DINGTALK_SECRET", "FEISHU_SECRET")
    secrets = dict.fromkeys(names, "s3cret")
    loaded = read(write(tmp_path, uncommented(EXAMPLE.read_text())), ENV | secrets)
    assert loaded.warnings == ()
    slugs = [provider.slug for provider in loaded.config.providers]
    assert slugs == ["sso", "wecom", "dingtalk", "feishu"]


def test_the_example_says_of_each_planned_key_that_it_is_not_available_yet() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for key in catalogue().values():
        if key.planned:
            name = key.path.rpartition(".")[2]
            (line,) = [line for line in lines if re.match(rf"\s*# +{name}:", line)]
            assert "not available yet" in line, key.path


def test_the_example_and_yaml_agree() -> None:
    """No key of it is written twice or swallowed by a comment."""
    assert set(yaml.safe_load(EXAMPLE.read_text())) <= set(Config.model_fields)


def test_the_development_file_loads_without_a_warning_or_a_variable() -> None:
    loaded = read(DEVELOPMENT, {})
    assert loaded.config.development
    assert loaded.warnings == ()
