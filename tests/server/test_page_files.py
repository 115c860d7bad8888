"""What the build made, as browsers get it: for a year, compressed, and an absent one at once."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from clawdsite.core import assets
from tests.proof import proves
from tests.server.process import ROOT, Process

DIST = ROOT / "static/dist"


def test_the_first_load_is_one_script_and_one_style() -> None:
    """A chunk more is a round to the server more, before anything is seen."""
    outputs = json.loads((DIST / "meta.json").read_text())["outputs"]
    first = outputs[f"static/dist/{assets.manifest()['chat.js']}"]
    assert [one["path"] for one in first["imports"] if one["kind"] == "import-statement"] == []
    style = (DIST / assets.manifest()["chat.css"]).read_text()
    assert "@import" not in style
    assert "url(" not in style or not re.search(r"url\([\"']?(?:https?:)?//", style)


@pytest.mark.parametrize("name", ["chat.js", "chat.css", "signin.css", "plain.css", "login.js"])
def test_a_built_file_is_kept_for_a_year_and_comes_compressed(gateway: Process, name: str) -> None:
    with gateway.client(None) as browser:
        whole = browser.get(assets.address(name), headers={"Accept-Encoding": "identity"})
        kind = "text/javascript" if name.endswith("js") else "text/css"
        assert whole.headers["content-type"].startswith(kind)
        for coding in ("br", "gzip"):
            packed = browser.get(assets.address(name), headers={"Accept-Encoding": coding})
            assert packed.headers["content-encoding"] == coding
            assert packed.headers["vary"] == "Accept-Encoding"
            wanted = {"max-age=31536000", "public", "immutable"}
            assert set(packed.headers["cache-control"].split(", ")) == wanted
            assert packed.headers["x-content-type-options"] == "nosniff"
            assert int(packed.headers["content-length"]) < len(whole.content) or len(whole.content) < 300
        assert (DIST / f"{assets.manifest()[name]}.gz").read_bytes()[:2] == gzip.compress(b"")[:2]


def test_a_file_whose_name_stays_is_asked_for_again(gateway: Process) -> None:
    with gateway.client(None) as browser:
        icon = browser.get("/static/favicon.svg")
        assert icon.headers["content-type"] == "image/svg+xml"
        assert "immutable" not in icon.headers["cache-control"]
        again = browser.get("/static/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/dist/chunk-AAAAAAAA.js", "/static/src/chat/main.js", "/static/dist/"]
)
@proves("ui-90")
def test_a_chunk_of_another_build_is_a_plain_404(gateway: Process, path: str) -> None:
    """The page then loads itself anew, once; it has no use for a page of ours."""
    with gateway.client(None) as browser:
        got = browser.get(path)
        assert (got.status_code, got.headers["content-type"]) == (404, "text/plain")
        assert len(got.content) < 100
        assert got.headers["cache-control"] == "no-store"


def test_the_licences_of_others_come_along(gateway: Process) -> None:
    with gateway.client(None) as browser:
        text = browser.get("/static/dist/licences.txt").text
        script = browser.get(assets.address("chat.js")).text
    for package in ("markdown-it", "dompurify", "highlight.js", "katex"):
        assert re.search(rf"^{re.escape(package)} \d", text, re.MULTILINE), package
    assert "Permission is hereby granted" in text
    assert "licences.txt" in script[:100]


@proves("promise-S1")
@pytest.mark.parametrize(
    ("path", "trusted"), [("/login", True), ("/nothing", False), ("/admin/login/", False)], ids=str
)
def test_pages_of_ours_take_markup_from_the_sanitiser_alone(
    gateway: Process, path: str, trusted: bool
) -> None:
    """The admin writes markup by hand; in development, a 404 is Django's page for developers."""
    with gateway.client(None) as browser:
        policy = browser.get(path).headers["content-security-policy"]
    assert ("require-trusted-types-for 'script'; trusted-types dompurify" in policy) is trusted
    if trusted:
        assert "script-src 'self'; style-src 'self'; img-src 'self' data: blob:" in policy
        assert "connect-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_admin_has_the_pages_colours() -> None:
    """Django's admin cannot import them: they stand there a second time."""
    names = re.compile(r"^\s*--(?:c-)?([\w-]+): (light-dark\([^;]+\));$", re.MULTILINE)
    page = dict(names.findall((ROOT / "static/src/css/tokens.css").read_text()))
    admin = (ROOT / "static/clawdbot-admin/admin.css").read_text()
    theirs = dict(re.findall(r"^\s*--c-([\w-]+): (light-dark\([^;]+\));$", admin, re.MULTILINE))
    shared = page.keys() & theirs.keys()
    assert len(shared) > 12
    assert {name: theirs[name] for name in shared} == {name: page[name] for name in shared}


def test_what_is_served_says_nothing_of_the_machine_that_built_it() -> None:
    outputs = [ROOT / path for path in json.loads((DIST / "meta.json").read_text())["outputs"]]
    for path in (*outputs, DIST / "meta.json", DIST / "manifest.json", DIST / "licences.txt"):
        assert str(ROOT) not in path.read_text("utf-8"), path.name
