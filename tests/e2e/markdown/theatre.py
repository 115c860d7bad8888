"""The renderer's bundle and a page around it, served under the policy of the real page."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
BROWSERS_OWN: Final = {"entities": "entities", "punycode.js": "punycode"}  # as scripts/build_page.mjs
SHELL: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Answers</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css"></head><body>
<main id="box"><h1>Answers</h1></main>
<p id="status" role="status"></p><script type="module" src="entry.js"></script></body></html>"""


class Server(SimpleHTTPRequestHandler):
    """Files of one folder, each with the page's policy."""

    def __init__(self, *args: Any, policy: str, **more: Any) -> None:
        self.policy = policy
        super().__init__(*args, **more)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing: pytest's output is for tests."""


def built(folder: Path) -> Path:
    """The bundle, the styles and the page, in `folder`."""
    styles = [f'@import "{ROOT}/static/src/css/{name}.css";' for name in ("tokens", "base", "markdown")]
    (folder / "all.css").write_text("\n".join(styles))
    (folder / "index.html").write_text(SHELL)
    esbuild = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
    node = shutil.which("node") or "node"
    sources = [f"entry={ROOT / 'tests/e2e/markdown/entry.js'}", f"page={folder / 'all.css'}"]
    words = ["--bundle", "--splitting", "--format=esm", "--target=es2022", "--minify", f"--outdir={folder}"]
    words += [f"--alias:{name}=./static/src/markdown/{file}.js" for name, file in BROWSERS_OWN.items()]
    subprocess.run([node, str(esbuild), *sources, *words, "--log-level=warning"], check=True, cwd=ROOT)
    return folder


@contextmanager
def served(folder: Path, policy: str) -> Iterator[str]:
    """The page's address, while it is served under this Content-Security-Policy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(folder), policy=policy))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
