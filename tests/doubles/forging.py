"""An OpenID provider on a loopback socket that is honest until a test bends it, and writes down who asked.

It holds a relying party to the rules (client authentication, redirect URI, PKCE, one use of a code), so an
honest sign-in passes only if the request was right. What it answers can be bent member by member.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from tests.accounts.forge import Sign, b64, forge
from tests.doubles.forging_keys import published, signer

CLIENT_ID = "clawdbot"
SECRET = "a:b+c% of the forging provider"  # each of these characters must survive Basic
REDIRECT = "http://localhost:8080/callback"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None  # answer only once this is set
    trickle: float = 0.0  # seconds between two bytes


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def without_none(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


class Forging:
    """`with Forging() as op:`; `op.claims["aud"] = "other"` bends the next ID token, None takes a claim out.

    metadata, token, userinfo, claims, header: changes to what is said. answers: whole answers by path.
    keys: what is published. sign: who signs. asked: the journal.
    """

    def __init__(self, path: str = "", *, secret: str = SECRET) -> None:
        self.secret = secret
        self.metadata: dict[str, Any] = {}
        self.token: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.raw_id_token: str | None = None
        self.before_signing: Any = None  # called when a code comes in
        self.publish("RS256", "first")
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _pages(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self.path = path
        self.issuer = f"http://127.0.0.1:{self._server.server_port}{path}"

    def __enter__(self) -> Forging:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve_tls(self, context: ssl.SSLContext) -> None:
        """From now on https, on the same port; before the first request."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.issuer = self.issuer.replace("http://127.0.0.1", "https://localhost")

    def stop(self) -> None:
        """From now on connections are refused."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
            self._server.server_close()

    # ---- bending ------------------------------------------------------------------------------

    def publish(self, algorithm: str, name: str) -> None:
        """Sign with this key from now on, and publish it alone, its kid being its name."""
        self.sign: Sign = signer(algorithm, name)
        self.header = {"alg": algorithm, "kid": name, "typ": "JWT"}
        self.keys = [published(algorithm, name, kid=name)]

    def count(self, path: str) -> int:
        """How often a path below the issuer was asked for."""
        return sum(each.path == self.path + path for each in self.asked)

    def last(self, path: str) -> Asked:
        return next(each for each in reversed(self.asked) if each.path == self.path + path)

    # ---- what it says -------------------------------------------------------------------------

    def said_metadata(self) -> dict[str, Any]:
        at = self.issuer
        found = {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/jwks",
            "userinfo_endpoint": f"{at}/userinfo",
            "end_session_endpoint": f"{at}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
        }
        return without_none(found | self.metadata)

    def said_claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        found = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "alice-1", "iat": now, "exp": now + 300}
        return without_none(found | changes | self.claims)

    def id_token(self, nonce: str, access_token: str) -> str:
        if self.raw_id_token is not None:
            return self.raw_id_token
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        at_hash = b64(half) if self.header["alg"].endswith("256") else None
        return self.signed(self.said_claims(nonce=nonce, at_hash=at_hash, name="Alice", sid="session-1"))

    def logout_token(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        found = self.said_claims(sub="alice-1", sid="session-1", jti=secrets.token_hex(8), events={EVENT: {}})
        return self.signed(without_none(found | changes), {"typ": "logout+jwt"} | (header or {}))

    def signed(self, claims: Any, header: dict[str, Any] | None = None) -> str:
        return forge(without_none(self.header | (header or {})), claims, self.sign)

    # ---- what it does -------------------------------------------------------------------------

    def visit(self, url: str) -> dict[str, str]:
        """What a browser that signs in at once brings back: the callback's query."""
        return self._grant({name: one[0] for name, one in parse_qs(urlsplit(url).query).items()})

    def answer(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix(self.path)
        if path in self.answers:
            return self.answers[path]
        if not asked.path.startswith(self.path):
            return Answer(404)
        if path == "/.well-known/openid-configuration":
            return as_json(self.said_metadata())
        if path == "/jwks":
            return as_json({"keys": self.keys})
        if path == "/authorize":
            back = f"{asked.query['redirect_uri']}?{urlencode(self._grant(asked.query))}"
            return Answer(303, headers={"Location": back})
        if path == "/token" and asked.method == "POST":
            return self._exchange(asked)
        if path == "/userinfo":
            return self._person(asked)
        return Answer(404)

    def _grant(self, query: dict[str, str]) -> dict[str, str]:
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def _exchange(self, asked: Asked) -> Answer:
        if not self._knows(asked):
            return as_json({"error": "invalid_client"}, 401)
        form = asked.form
        wanted = self._codes.pop(form.get("code", ""), None)
        if wanted is None or wanted["redirect_uri"] != form.get("redirect_uri"):
            return as_json({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if b64(digest) != wanted["code_challenge"] or form.get("grant_type") != "authorization_code":
            return as_json({"error": "invalid_grant"}, 400)
        if self.before_signing:
            self.before_signing()
        access = f"access-{secrets.token_urlsafe(16)}"
        found = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        found["id_token"] = self.id_token(wanted.get("nonce", ""), access)
        return as_json(without_none(found | self.token))

    def _knows(self, asked: Asked) -> bool:
        """The client by one method, not two (RFC 6749 section 2.3)."""
        kind, _, text = asked.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            pair = base64.b64decode(text).decode().split(":")
            return list(map(unquote_plus, pair)) == [CLIENT_ID, self.secret] and (
                "client_secret" not in asked.form
            )
        return (asked.form.get("client_id"), asked.form.get("client_secret")) == (CLIENT_ID, self.secret)

    def _person(self, asked: Asked) -> Answer:
        if not asked.headers.get("authorization", "").startswith("Bearer access-"):
            return Answer(401)
        found = {"sub": "alice-1", "email": "alice@example.com", "email_verified": True}
        return as_json(without_none(found | self.userinfo))


def _pages(op: Forging) -> type[BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            headers = {name.lower(): text for name, text in self.headers.items()}
            asked = Asked(self.command, parts.path, _flat(parts.query), headers, _flat(body))
            op.asked.append(asked)
            _write(self, op.answer(asked))

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """The journal is enough."""

    return Pages


def _write(page: BaseHTTPRequestHandler, answer: Answer) -> None:
    if answer.hold is not None:
        answer.hold.wait(30)
    page.send_response_only(answer.status)
    if "Date" not in answer.headers:
        page.send_header("Date", page.date_time_string())
    page.send_header("Content-Type", answer.kind)
    for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
        page.send_header(name, value)
    try:
        page.end_headers()
        for piece in [answer.body] if not answer.trickle else [bytes([octet]) for octet in answer.body]:
            page.wfile.write(piece)
            page.wfile.flush()
            threading.Event().wait(answer.trickle)
    except OSError:  # the other side is gone
        page.close_connection = True


def _flat(query: str) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(query, keep_blank_values=True).items()}
