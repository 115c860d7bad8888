"""axe-core (npm) in a page under its strict policy: brought in by the browser's own protocol."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.server.process import ROOT

SOURCE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@cache
def source() -> str:
    if not SOURCE.is_file():
        pytest.skip("needs axe-core: npm ci --ignore-scripts")
    return SOURCE.read_text(encoding="utf-8")


def violations(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """What axe finds in the page as it is now, each in a line. without: rules that are left out."""
    protocol = page.context.new_cdp_session(page)
    try:
        here = protocol.send("Runtime.evaluate", {"expression": "typeof axe"})["result"]["value"]
        if here == "undefined":
            protocol.send("Runtime.evaluate", {"expression": source(), "returnByValue": True})
        options = {
            "runOnly": {"type": "tag", "values": TAGS},
            "rules": {rule: {"enabled": False} for rule in without},
            "resultTypes": ["violations"],
        }
        asked = {
            "expression": f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)",
            "awaitPromise": True,
            "returnByValue": True,
        }
        answer = protocol.send("Runtime.evaluate", asked)
    finally:
        protocol.detach()
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return [told(rule, node) for rule in answer["result"]["value"] for node in rule["nodes"]]


def told(rule: dict[str, Any], node: dict[str, Any]) -> str:
    why = (node.get("failureSummary") or "").replace("\n", " ")
    return f"{rule['id']}: {node['target']} {node['html'][:120]} {why}"
