"""Signing out at a certified provider: it tells us behind the browser's back."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from accounts.providers.base import SSOError
from accounts.providers.discovery import Discovery
from accounts.providers.oidc import OIDC
from clawdsite.core.config.schema import Provider
from tests.accounts.oidc.asking import transaction
from tests.op.provider import running
from tests.proof import proves

pytestmark = pytest.mark.idp


@contextmanager
def letterbox() -> Iterator[tuple[str, queue.Queue[str]]]:
    """An address that takes logout tokens, and what came."""
    came: queue.Queue[str] = queue.Queue()

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            came.put(form["logout_token"][0])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The queue is enough."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/backchannel", came
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@proves("sso-I10")
def test_who_signs_out_there_is_named_to_us_once() -> None:
    with (
        letterbox() as (address, came),
        running("leaving", backchannel=address) as op,
        httpx.Client() as browser,
    ):
        rp = OIDC(Provider.model_validate(op.entry()), Discovery(op.issuer))
        tx = transaction(rp)
        back = op.sign_in(browser, rp.authorize_url(tx, in_app=False, lang=""), "alice")
        found = rp.fetch_identity(tx, parse_qs(urlsplit(back).query)["code"][0])
        assert found.sid
        op.sign_out(browser, rp.logout_url(found.id_token, "s", op.back) or "")
        raw = came.get(timeout=10)
        logout = rp.verify_logout_token(raw)
        assert (logout.issuer, logout.sub, logout.sid) == (op.issuer, "alice", found.sid)
        with pytest.raises(SSOError, match="came before"):
            rp.verify_logout_token(raw)
