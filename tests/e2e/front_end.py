"""A front end of one's own: one page with one script on another port, as a company's own would be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Our own front end</title>
<link rel="icon" href="data:,"><a id="login" href="{gateway}/login?next={own}/">Sign in</a>
<p id="who"></p><p id="answer"></p><script src="/app.js"></script></html>"""
SCRIPT = """
const gateway = '{gateway}';
async function run() {{
  const asked = await fetch(gateway + '/api/session', {{ credentials: 'include' }});
  const session = await asked.json();
  const given = await fetch(gateway + '/api/auth/token', {{
    method: 'POST', credentials: 'include', headers: {{ 'X-CSRFToken': session.csrf_token }},
  }});
  const {{ access_token }} = await given.json();
  document.getElementById('who').textContent = session.person.name + ': ' + session.teams.join(' ');
  const answer = await fetch(gateway + '/v1/chat/completions', {{
    method: 'POST',
    headers: {{ 'Authorization': 'Bearer ' + access_token, 'Content-Type': 'application/json' }},
    body: JSON.stringify({{ messages: [{{ role: 'user', content: 'hi' }}] }}),
  }});
  const said = await answer.json();
  document.getElementById('answer').textContent = said.choices[0].message.content;
}}
if (location.search !== '?signed-out') run();
"""


class FrontEnd:
    """origin: where it is; gateway: where its script asks, known once the gateway runs."""

    def __init__(self, port: int) -> None:
        self.origin, self.gateway = f"http://localhost:{port}", ""


@contextmanager
def serving() -> Iterator[FrontEnd]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/app.js"
            text = (SCRIPT if script else PAGE).format(gateway=found.gateway, own=found.origin).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            policy = f"default-src 'self'; connect-src {found.gateway}; img-src data:"
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """The browser's console is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    found = FrontEnd(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
