"""The pages say what the code does: nothing missing, nothing that does not exist."""

from __future__ import annotations

import argparse
import ast
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from clawdsite import cli
from clawdsite.core import errors, metrics
from gateway import accesslog, call
from gateway.wire.openai import chat_in, from_chat_body
from tests.house import tree

DOCS = [pytest.param(path, id=tree.name(path)) for path in tree.docs()]


def page(name: str) -> str:
    return (tree.ROOT / "docs" / name).read_text()


def section(text: str, title: str) -> str:
    """What stands under one heading."""
    return re.split(r"^#+ ", text.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def column(text: str, number: int) -> list[str]:
    """Words in backticks of one column of the tables of a text."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") or line.startswith("|`")]
    return [word for row in rows if len(row) > number for word in re.findall(r"`([^`]+)`", row[number])]


def anchor(heading: str) -> str:
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(page: Path) -> list[str]:
    return [anchor(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)]


@pytest.mark.parametrize("path", DOCS)
def test_every_link_inside_the_project_leads_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", text, re.MULTILINE):
        target = "".join(link)
        if re.match(r"https?://|mailto:", target):
            continue
        file, _, fragment = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (fragment and fragment not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", page("index.md")))
    assert linked == {path.name for path in (tree.ROOT / "docs").glob("*.md")} - {"index.md"}


# ---- errors -----------------------------------------------------------------------------------


def classes(of: type[errors.ClawdError] = errors.ClawdError) -> list[type[errors.ClawdError]]:
    return [of, *(found for each in of.__subclasses__() for found in classes(each))]


@cache
def constants() -> frozenset[str]:
    """Every string that stands in the product."""
    return frozenset(
        node.value
        for path in tree.python(*tree.PRODUCT)
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def described_codes() -> dict[str, int]:
    rows = re.findall(r"^\| (\d{3}) \| ([^|]+) \|", page("errors.md"), re.MULTILINE)
    return {code: int(status) for status, cell in rows for code in re.findall(r"`([^`]+)`", cell)}


def test_every_error_class_is_described_with_its_status() -> None:
    abstract = {errors.BadRequest, errors.Unavailable}
    ours = {
        c.code: c.status
        for c in classes()
        if c not in abstract and c.code and c.__module__ == errors.__name__
    }
    described = described_codes()
    assert {code: described.get(code) for code in ours} == ours


def test_every_described_code_exists() -> None:
    known = constants()

    def exists(code: str) -> bool:
        joints = [i for i, letter in enumerate(code) if letter == "_"]
        return code in known or any(code[:i] in known and code[i + 1 :] in known for i in joints)

    assert [code for code in described_codes() if not exists(code)] == []


# ---- log and metrics --------------------------------------------------------------------------


def test_every_field_of_the_access_line_is_described() -> None:
    fields = accesslog.fields_of(call.Call("req_1"), time.monotonic())
    assert column(section(page("logging.md"), "The access line"), 1) == list(fields)


def test_the_example_line_has_those_fields() -> None:
    example = re.search(r'^\{"time".*\}$', page("logging.md"), re.MULTILINE)
    assert example is not None
    names = re.findall(r'"(\w+)": ', example[0])
    assert names[4:] == column(section(page("logging.md"), "The access line"), 1)


def test_every_outcome_is_described() -> None:
    assert column(section(page("logging.md"), "Outcomes"), 1) == list(call.OUTCOMES)


def test_every_metric_is_described_with_its_kind_and_labels() -> None:
    ours = {}
    for metric in (each for each in metrics.REGISTRY._collector_to_names if hasattr(each, "_labelnames")):
        suffix = "_total" if metric._type == "counter" else ""
        ours[metric._name + suffix] = (metric._type, set(metric._labelnames))
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|", page("metrics.md"), re.MULTILINE)
    described = {
        name: (kind, set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", labels))))
        for name, kind, labels in rows
    }
    assert described == ours


# ---- README, Makefile, changelog --------------------------------------------------------------


def shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]


def targets() -> dict[str, str]:
    makefile = (tree.ROOT / "Makefile").read_text()
    return dict(re.findall(r"^([a-z-]+):[^#=]*?(?:## (.*))?$", makefile, re.MULTILINE))


@pytest.mark.parametrize("path", DOCS)
def test_every_make_command_of_a_page_exists(path: Path) -> None:
    asked = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE))
    assert asked - targets().keys() == set()


def test_make_help_tells_of_every_command_a_person_may_give() -> None:
    silent = {name for name, said in targets().items() if not said}
    assert silent == {"setup-dev"}


def test_both_readmes_give_the_same_commands() -> None:
    english, chinese = ((tree.ROOT / name).read_text() for name in ("README.md", "README.zh.md"))
    commands = shell_lines(english)
    assert len(commands) > 8
    assert [line.replace("你是谁？", "Who are you?") for line in shell_lines(chinese)] == commands


def test_the_changelog_keeps_its_form() -> None:
    text = (tree.ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    assert all(day for _, day in versions[1:])
    assert all(newer[1] >= older[1] for newer, older in pairwise(versions[1:]))
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# ---- command line -----------------------------------------------------------------------------


def commands(parser: argparse.ArgumentParser, name: str = "clawdbot") -> Iterator[tuple[str, set[str]]]:
    """Every command that a person can give, with its options."""
    inner = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    options = {each.option_strings[0] for each in parser._actions if each.option_strings} - {"-h"}
    if not inner:
        yield name, options
    for each in inner:
        for word, found in each.choices.items():
            yield from commands(found, f"{name} {word}")


def test_every_command_and_option_is_described() -> None:
    described = {
        title: {word.split()[0] for word in column(section(page("cli.md"), title), 1)}
        for title in re.findall(r"^## (clawdbot .+)$", page("cli.md"), re.MULTILINE)
    }
    assert described.pop("clawdbot --version") == set()
    assert described == dict(commands(cli._parser()))


@pytest.mark.parametrize("path", DOCS)
def test_every_clawdbot_command_of_a_page_exists(path: Path) -> None:
    known = {name for name, _ in commands(cli._parser())}
    asked = re.findall(r"\bclawdbot ((?:start|check|explain|token)\b(?: [a-z]+)?)", path.read_text())
    assert [words for words in asked if not any(f"clawdbot {words}".startswith(name) for name in known)] == []


# ---- request fields ---------------------------------------------------------------------------


def verdicts() -> dict[str, str]:
    """Top-level fields of /v1/chat/completions as docs/api.md has them -> verdict."""
    table = section(page("api.md"), "Request fields of /v1/chat/completions")
    rows = re.findall(r"^\| (`[^|]+) \| ([A-Z, ]+) \|", table, re.MULTILINE)
    return {name.split(".")[0]: verdict for cell, verdict in rows for name in re.findall(r"`([^`]+)`", cell)}


def test_every_field_that_has_an_effect_has_a_verdict() -> None:
    described = verdicts()
    assert chat_in._KNOWN - described.keys() == set()
    assert {name for name, verdict in described.items() if "MAP" in verdict} - chat_in._KNOWN == set()
    checked = {name for name, verdict in described.items() if verdict in ("CHECK", "REJECT")}
    assert checked - constants() == set()


def test_what_is_rejected_is_a_400_and_what_is_stripped_is_noted() -> None:
    body = {"messages": [{"role": "user", "content": "hi"}]}
    for name, verdict in verdicts().items():
        if verdict == "REJECT":
            with pytest.raises(errors.BadRequest):
                from_chat_body(body | {name: {"a": 1}})
    stripped = {"options": {}, "num_ctx": 1, "keep_alive": 0, "made_up": 1}
    assert set(from_chat_body(body | stripped).notes) == set(stripped)
