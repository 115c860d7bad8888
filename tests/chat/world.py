"""A started gateway in which alice and bob are of team-a, charlie and dora of team-b, and lena leads team-a.

    with World(double) as world:
        world.client("alice").post("/api/conversations", json=...)

People carry tokens of their own (as a front end gets them); `machine` is a client with history:team-a.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import httpx

from tests.chat.judge import right
from tests.doubles.ollama import OllamaDouble
from tests.live import trust
from tests.server import warm
from tests.server.process import Process

PEOPLE = {
    "alice": {"team-a": "member"},
    "bob": {"team-a": "member"},
    "lena": {"team-a": "lead"},
    "charlie": {"team-b": "member"},
    "dora": {"team-b": "member"},
    "nobody": {},
}
MAKING = """
import json, os, sys, time
from clawdsite.cli import given
given.install(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
import django
django.setup(set_prefix=False)
from accounts.models import Membership, Team, User
from accounts.selectors import caller_for
from accounts.tokens.issue import issue, issue_for_session
from clawdsite.core.config.live import current
from django.http import HttpRequest
from accounts.signin import sessions

def signed_in(user):
    request = HttpRequest()
    request.session = sessions.store(None)
    sessions.open_for(request, user)
    request.session.save()
    return request.session.session_key

found = {}
for name, teams in json.loads(sys.argv[2]).items():
    user = User.objects.create_user(name, display_name=name.title())
    for slug, role in teams.items():
        team, _ = Team.objects.get_or_create(slug=slug)
        Membership.objects.create(user=user, team=team, role=role)
    caller = caller_for(user, session=f"session-of-{name}", issued=time.time())
    found[name] = {"id": str(user.pk), "token": issue_for_session(caller)[0], "cookie": signed_in(user)}
scope = "chat:read chat:write history:team-a"
found["machine"] = {"id": "", "token": issue(current(), sub="robot", scope=scope, ttl=600)}
print(json.dumps(found))
"""


class World(Process):
    """double: the model's host, which is asked for no titles unless `chat` says so."""

    def __init__(self, double: OllamaDouble, chat: dict[str, Any] | None = None, **parts: Any) -> None:
        super().__init__(upstream={"url": double.url}, chat={"titles": False} | (chat or {}), **parts)
        self.people: dict[str, dict[str, str]] = {}
        self.clients: dict[str | None, httpx.Client] = {}

    def __enter__(self) -> World:
        super().__enter__()
        self.wait_ready()
        self.people = json.loads(self.run(MAKING, json.dumps(PEOPLE)))
        return self

    def again(self) -> None:
        """Start the process anew, on the same database, after it died."""
        for client in self.clients.values():
            client.close()
        self.clients.clear()
        self.ended()
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe is not None:
                pipe.close()
        self.out.clear()
        super().__enter__()

    def run(self, script: str, *words: str) -> str:
        """Another process of the operating system does something to the same database -> what it printed."""
        done = warm.run(["-c", script, str(self.config_file), *words], os.environ | self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self, who: str = "alice", scope: str | None = None) -> str:
        return self.people[who]["token"]

    def cookie(self, who: str) -> str:
        """The session cookie of this person."""
        return self.people[who]["cookie"]

    def client(self, who: str | None = "alice", **options: Any) -> httpx.Client:
        """One for each person, closed with the world."""
        if who not in self.clients:
            headers = {"Authorization": f"Bearer {self.token(who)}"} if who is not None else {}
            self.clients[who] = self.stack.enter_context(
                httpx.Client(
                    base_url=self.url, headers=headers, timeout=20, trust_env=False, verify=trust(), **options
                )
            )
        return self.clients[who]


def asked(text: str = "Hello", **more: Any) -> dict[str, Any]:
    """The body of a question, with an id of its own."""
    return {"id": str(uuid.uuid4()), "text": text, **more}


def frames_of(body: str) -> list[dict[str, Any]]:
    """The frames in server-sent events."""
    return [right(json.loads(line[6:])) for line in body.splitlines() if line.startswith("data: ")]


def text_of(frames: list[dict[str, Any]]) -> str:
    """The answer's text as a client would have joined it."""
    text = ""
    for frame in frames:
        if frame["t"] == "delta" and frame["k"] == "text":
            text += frame["d"]
        if frame["t"] == "snapshot":
            text = frame["text"]
    return text
