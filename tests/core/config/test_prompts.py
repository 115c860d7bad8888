"""System prompts by model and by team: what is filled in is checked before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.config.files import ISSUER, bad, good, warned


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("models: {system_prompt: 'You help {nmae}.'}", "models.system_prompt"),
        ("models: {system_prompts: {'qwen3:32b': 'In {lang}.'}}", "models.system_prompts.qwen3:32b"),
        ("chat: {team_prompts: {team-a: 'Of {group}.'}}", "chat.team_prompts.team-a"),
    ],
)
def test_a_word_in_braces_that_stands_for_nothing_is_refused_with_its_line(
    tmp_path: Path, text: str, key: str
) -> None:
    (found,) = bad(tmp_path, f"{ISSUER}\n{text}")
    assert key in found
    assert "stands for nothing" in found
    assert "{name}, {language}, {team}, {date}" in found


def test_other_braces_are_the_prompts_own(tmp_path: Path) -> None:
    config = good(tmp_path, f"{ISSUER}\nmodels: {{system_prompt: 'JSON like {{\"a\": 1}} for {{name}}'}}")
    assert config.config.models.system_prompt == 'JSON like {"a": 1} for {name}'


def test_a_slug_that_no_team_can_have_is_refused(tmp_path: Path) -> None:
    (found,) = bad(tmp_path, f"{ISSUER}\nchat: {{team_prompts: {{'team a': x}}}}")
    assert "is no team's slug" in found


def test_a_prompt_for_an_alias_is_warned_of(tmp_path: Path) -> None:
    told = warned(tmp_path, f"{ISSUER}\nmodels: {{aliases: {{a: b}}, system_prompts: {{a: x}}}}")
    assert "models.system_prompts.a: is an alias" in told
