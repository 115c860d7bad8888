"""The stage of the browser's tests: a started `clawdbot`, people, a scripted model, and Chromium before it.

    def test_an_answer_streams(stage, page_of):
        stage.model.answer("Hi", say("Hello there", think="Hm.", rate=50))   # tests/e2e/answers.py
        page = page_of("alice", lang="zh-CN", width=360, theme="dark")       # signed in, at "/"
        page.get_by_role("textbox").fill("Hi")
        ...
        page.wire.sent, page.wire.received       # frames of its sockets, as objects

`stage` forgets everything before each test: fresh alice and bob (team-a), lena (leads team-a), charlie
(team-b), reader (chat:read alone), writer (no image:upload), stranger (no scope), admin; shown as Alice, Bob,
Lena, Charlie, Rita, Walter, Sam, Ada; none has a conversation. Their password: acts.PASSWORD. One gateway and
one Chromium (tests/e2e/browser.py) for all tests of a worker.

    stage.url                                     what the browser opens; stage.page("/c/...") -> address
    stage.seed(owner="alice", messages=["Q", "A"], title="", team="team-a", days_ago=3, leaf="key")
                                                  -> {"id", "messages"}; branches: see tests/e2e/acts.py
    stage.hands.stored(id) / .settings("alice", theme="dark") / .deactivate("bob") / .end_sessions("alice")
                                                  anything else in the database: an act of tests/e2e/acts.py
    stage.model.answer / .next / .title / .release() / .asked       the model
    stage.line.drop_sockets() / .down() / .up() / .still() / .flow()    the network (tests/e2e/line.py)
    stage.configure(limits={...}, chat={"titles": False})            a reload; undone before the next test
    stage.restart()                               the gateway dies and comes back
    stage.client("bob")                           httpx with a session of bob and its CSRF token

Fixtures: `stage`; `page_of(who, path="/", lang="en-US", width=1280, height=800, theme="light", touch=False,
**context)` (who=None: nobody is signed in); `second_tab(page)` (same browser, same address);
`allow("WebSocket connection")`: beginnings of what the console may say in this test; `axe(page)` -> what it
finds. At the end no console error, no exception, no violation of the policy and no request to another
host may be left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final, Self

import httpx

from tests.doubles.native import Model as Known
from tests.doubles.ollama import OllamaDouble
from tests.e2e.answers import Model
from tests.e2e.hands import Hands
from tests.e2e.line import Line
from tests.live import signing_key, trust
from tests.server.process import Process

MODELS: Final = (
    Known("qwen3:32b"),
    Known("qwen3-vl:8b", capabilities=("completion", "vision")),
)
SCOPES: Final = {  # by group; people of no group have everything
    "readers": ["chat:read"],
    "writers": ["chat:read", "chat:write"],
}
# A button of the login page. Nobody is there: a test that signs in by it brings its own.
PROVIDER: Final = {
    "provider": "oidc",
    "name": "corp",
    "label": "Corporate sign-on",
    "issuer_url": "http://127.0.0.1:9",
    "client_id": "clawdbot",
    "client_secret": "only for the tests of the page",
    "scopes": ["openid", "profile"],
}


class Stage:
    """See the module. host: what the browser calls it. parts: of config.yaml.

    provider: what stands for PROVIDER, given the stage's address.
    """

    def __init__(
        self, host: str = "localhost", provider: Callable[[str], dict[str, Any]] | None = None, **parts: Any
    ) -> None:
        self.stack = ExitStack()
        self.host, self.asked_provider, self.more = host, provider, parts
        self.ids: dict[str, str] = {}
        self.changed = False
        self.gateway: Process
        self.hands: Hands

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.line = stack.enter_context(Line())
            self.double = stack.enter_context(OllamaDouble(models=MODELS))
            self.model = Model(self.double)
            self.provider = self.asked_provider(self.url) if self.asked_provider else PROVIDER
            self.gateway = stack.enter_context(Process(**self.parts()))
            self.line.to = self.gateway.port
            self.hands = stack.enter_context(Hands(self.gateway.config_file))
            self.ids = self.hands.people()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.model.clear()
        self.stack.close()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.line.port}"

    def page(self, path: str = "/") -> str:
        return f"{self.url}{path}"

    def parts(self) -> dict[str, Any]:
        provider = {"redirect_uri": f"{self.url}/callback", "scope_map": SCOPES} | self.provider
        return {
            "mode": "production",
            "server": {"port": 0, "public_url": self.url, "allow_http": True},
            "auth": {"local_login": True, "signing_key": signing_key().get_secret_value()},
            "upstream": {"url": self.double.url},
            "models": {"default": "qwen3:32b", "vision": "qwen3-vl:8b"},
            "oauth2": [provider],
        } | self.more

    def reset(self) -> None:
        """As at the beginning, with other people of the same names."""
        self.line.calm()
        self.model.clear()
        if self.changed:
            self.configure()
            self.changed = False
        self.ids = self.hands.people()

    # ---- what a test does ----------------------------------------------------------------------

    def seed(self, **what: Any) -> dict[str, Any]:
        """A conversation, directly in the database: see tests/e2e/acts.py."""
        found: dict[str, Any] = self.hands.seed(**what)
        return found

    def configure(self, **parts: Any) -> None:
        """Reload with these keys of config.yaml laid over; without any: as at the beginning."""
        self.changed = True
        self.gateway.configure(**parts)
        line = self.gateway.reload()
        assert line["level"] == "info", line

    def restart(self) -> None:
        """The gateway is killed and comes back on the same database."""
        self.kill()
        self.come_back()

    def kill(self) -> None:
        self.gateway.child.kill()
        self.gateway.ended()

    def come_back(self) -> None:
        for pipe in (self.gateway.child.stdout, self.gateway.child.stderr):
            if pipe is not None:
                pipe.close()
        self.gateway.out.clear()
        self.gateway.readers.clear()
        self.gateway.__enter__()
        self.line.to = self.gateway.port

    def cookie(self, who: str) -> dict[str, Any]:
        """A session of this person, as Playwright's add_cookies takes it."""
        name = "clawdbot"
        value = self.hands.cookie(who)
        return {"name": name, "value": value, "url": self.url, "httpOnly": True, "sameSite": "Lax"}

    def client(self, who: str) -> httpx.Client:
        """Who asks by HTTP, with a session and its CSRF token; past the line."""
        client = httpx.Client(
            base_url=self.gateway.url,
            cookies={"clawdbot": self.hands.cookie(who)},
            headers={"Host": f"{self.host}:{self.line.port}", "Origin": self.url},
            timeout=20, trust_env=False, verify=trust(),
        )  # fmt: skip
        client.headers["X-CSRFToken"] = client.get("/api/session").json()["csrf_token"]
        self.stack.push(lambda *_: client.close())
        return client

    def events(self, body: str) -> Iterator[dict[str, Any]]:
        """The frames in server-sent events."""
        for line in body.splitlines():
            if line.startswith("data: "):
                yield json.loads(line[6:])
