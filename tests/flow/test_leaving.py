"""Access is withdrawn while a call runs: it ends, the upstream is closed, the slot is free (M3, M7)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from accounts import authentication
from accounts.caller import Caller
from accounts.tokens.ended import RIGHTS, TOKEN, Row
from accounts.tokens.jws import parse
from accounts.tokens.revocation import HOLDS, revocations
from clawdsite.core.errors import KeysUnreachable
from gateway import views
from gateway.admission.queue import line as waiting_line
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.flow.conftest import UNLIMITED
from tests.flow.test_chat import CHAT, HI, line
from tests.flow.test_stop import PHASES, ROUTES, opened, wait_until
from tests.live import LiveGateway, events_of
from tests.proof import proves

SOON = 1.0  # seconds from hearing of it to a closed upstream and a free slot
HEARD = 5.0  # seconds to the end of the answer
HEARD_AT = "/api/chat"
ALICE = Caller("person", "a11ce000-0000-4000-8000-000000000000", frozenset({"chat:read", "chat:write"}))


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """No test hears of the endings of another."""
    revocations.forget()
    yield
    revocations.forget()


@pytest.fixture(autouse=True)  # made first, so ended last: when nothing keeps its threads waiting
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def answering(path: str) -> Reply:
    """An answer that goes on for long, in the native words of that route."""
    if path != "/v1/completions":
        return PHASES["answering"](path)
    return Reply.lines(*[{"model": "m", "response": "word ", "done": False}] * 10_000, gap=0.02)


CASES = PHASES | {"answering": answering}


class Asking:
    """A call of one person's under way. `end()` withdraws that person's token; `answer()` is what came."""

    def __init__(self, gateway: LiveGateway, pool: ThreadPoolExecutor, who: str = "alice") -> None:
        self.gateway, self.pool = gateway, pool
        self.client = gateway.client(who)
        self.raw = self.client.headers["Authorization"].split(" ")[1]
        self.answering: Future[httpx.Response]
        self.begun = threading.Event()
        self.ended_at = self.answered_at = 0.0

    def ask(self, path: str, body: dict[str, Any]) -> Asking:
        self.answering = self.pool.submit(self._read, path, body)
        return self

    def _read(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The whole answer; `begun` is set when its headers are there."""
        with self.client.stream("POST", path, json=body) as answer:
            self.begun.set()
            answer.read()
        self.answered_at = time.monotonic()
        return answer

    def end(self) -> None:
        now = time.time()
        self.ended_at = time.monotonic()
        jti = parse(self.raw).payload["jti"]
        revocations.hear([Row(1, TOKEN, jti, now, now + 60)])

    def answer(self) -> httpx.Response:
        found = self.answering.result(20)
        self.client.close()
        return found

    def withdrawn(self) -> httpx.Response:
        """The answer of a call that was ended: it came at once, and says why."""
        found = self.answer()
        assert self.answered_at - self.ended_at < HEARD
        is_withdrawn(found)
        return found


def closed_in_time(double: OllamaDouble, asking: Asking, path: str = HEARD_AT) -> None:
    """The upstream's socket was closed by the gateway, and the slot is free, within a second."""
    assert double.wait_for(lambda journal: journal.to(path)[-1].closed is not None, 5)
    assert double.journal.to(path)[-1].closed_by == "client"
    assert double.journal.to(path)[-1].closed - asking.ended_at < SOON
    assert wait_until(lambda: asking.gateway.call(lambda: waiting_line().running) == 0, SOON)


def is_withdrawn(answer: httpx.Response) -> None:
    """An answer that never began is a 401; one that did ends with an error event and no [DONE]."""
    if answer.status_code == 200:
        assert "[DONE]" not in answer.text
        error = json.loads(events_of(answer.text)[-1])
        error = error.get("error") or error.get("response", {}).get("error") or error
    else:
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        error = answer.json()["error"]
    assert error["code"] == "AUTH_INVALID_TOKEN"
    assert error["message"] == "Access was withdrawn"


def is_dead(asking: Asking) -> None:
    """The next call with that token is refused."""
    with asking.gateway.stranger() as client:
        again = client.get("/v1/models", headers={"Authorization": f"Bearer {asking.raw}"})
    assert again.status_code == 401
    assert 'error="invalid_token"' in again.headers["www-authenticate"]
    error = again.json()["error"]
    assert (error["message"], error["details"]) == ("Invalid or expired token", "token was revoked")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("phase", CASES)
@proves("promise-M7", "promise-M3", "sso-H17", "sso-G2")
def test_a_running_call_ends_with_its_callers_access(
    gateway: LiveGateway,
    double: OllamaDouble,
    pool: ThreadPoolExecutor,
    phase: str,
    path: str,
    stream: bool,
) -> None:
    native = "/api/generate" if path == "/v1/completions" else HEARD_AT
    double.script(native, CASES[phase](path))
    asking = Asking(gateway, pool).ask(path, ROUTES[path] | {"stream": stream})
    assert double.wait_for(lambda journal: journal.to(native), 5)
    if phase != "waiting":
        assert double.wait_for(lambda journal: journal.to(native)[-1].sent > 500, 5)
    asking.end()
    answer = asking.withdrawn()
    thinks = phase == "thinking" and path != "/v1/completions"  # which shows no thoughts
    began = stream and (phase == "answering" or thinks)
    assert answer.status_code == (200 if began else 401)
    closed_in_time(double, asking, native)
    is_dead(asking)


@pytest.mark.parametrize("grace", [10.0, 0.05], ids=["before-the-headers", "after-the-headers"])
@proves("promise-M7", "promise-M3")
def test_who_waits_in_the_queue_leaves_it(
    double: OllamaDouble, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, grace: float
) -> None:
    monkeypatch.setattr(views, "GRACE", grace)
    double.script(HEARD_AT, Reply.lines(line("x"), line(done=True)).stall("headers", None))
    with LiveGateway(upstream={"url": double.url, "max_connections": 1}, limits=UNLIMITED) as gateway:
        bob = Asking(gateway, pool, "bob").ask(CHAT, HI)
        assert double.wait_for(lambda journal: journal.to(HEARD_AT), 5)
        alice = Asking(gateway, pool).ask(CHAT, HI | {"stream": True})
        assert wait_until(lambda: gateway.call(lambda: waiting_line().waiting) == 1, 30)
        assert grace > HEARD or alice.begun.wait(5)
        alice.end()
        assert alice.withdrawn().status_code == (401 if grace > HEARD else 200)
        assert wait_until(lambda: gateway.call(lambda: waiting_line().waiting) == 0, SOON)
        assert len(double.journal.to(HEARD_AT)) == 1
        double.release()
        assert bob.answer().status_code == 200  # it is nothing to the others


@proves("promise-M7", "promise-M3")
def test_who_waits_for_a_cold_model_frees_the_slot_and_aborts_nobodys_load(pool: ThreadPoolExecutor) -> None:
    with (
        OllamaDouble(loaded=False, load_time=None) as double,
        LiveGateway(upstream={"url": double.url}, limits=UNLIMITED) as gateway,
    ):
        alice = Asking(gateway, pool).ask(CHAT, HI | {"stream": True})
        assert double.wait_for(lambda journal: journal.to("/api/generate"), 5)
        alice.end()
        alice.withdrawn()
        assert wait_until(lambda: gateway.call(lambda: waiting_line().running) == 0, SOON)
        bob = Asking(gateway, pool, "bob").ask(CHAT, HI)
        assert wait_until(lambda: gateway.call(lambda: waiting_line().running) == 1, 30)
        double.finish_loads()
        assert bob.answer().status_code == 200
        assert len(double.journal.to("/api/generate")) == 1


@proves("promise-M7", "promise-M3")
def test_who_reads_nothing_holds_no_slot_after_it(gateway: LiveGateway, double: OllamaDouble) -> None:
    """The gateway waits for the client to read, not for the model, in the moment it hears of it."""
    double.script(HEARD_AT, Reply.flood(line("x" * 1000), 100_000))
    connection = opened(gateway, CHAT, HI | {"stream": True})

    def stalled() -> bool:
        before = double.journal.to(HEARD_AT)[-1].sent
        time.sleep(0.3)
        return before > 100_000 and double.journal.to(HEARD_AT)[-1].sent == before

    assert double.wait_for(lambda journal: journal.to(HEARD_AT), 5)
    assert wait_until(stalled, 20)
    ended = time.monotonic()
    revocations.hear([Row(1, *next(iter(revocations.watches.keys())), time.time(), time.time() + 60)])
    assert double.wait_for(lambda journal: journal.to(HEARD_AT)[-1].closed is not None, 5)
    assert double.journal.to(HEARD_AT)[-1].closed - ended < SOON
    assert wait_until(lambda: gateway.call(lambda: waiting_line().running) == 0, SOON)
    connection.settimeout(10)
    text = b""
    while not text.endswith(b"0\r\n\r\n"):
        text += connection.recv(1 << 20)
    connection.close()
    assert b"[DONE]" not in text
    assert b"AUTH_INVALID_TOKEN" in text[-1000:]


@proves("promise-M7")
def test_embeddings_end_too(gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor) -> None:
    double.script("/api/embed", Reply.lines(line("x")).stall("headers", None))
    asking = Asking(gateway, pool).ask("/v1/embeddings", {"input": "hi"})
    assert double.wait_for(lambda journal: journal.to("/api/embed"), 5)
    asking.end()
    asking.withdrawn()
    closed_in_time(double, asking, "/api/embed")


def test_the_calls_of_others_go_on(
    gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor
) -> None:
    double.script(HEARD_AT, Reply.tokens(20, rate=50))
    bob = Asking(gateway, pool, "bob").ask(CHAT, HI | {"stream": True})
    assert double.wait_for(lambda journal: journal.to(HEARD_AT), 5)
    Asking(gateway, pool).end()
    assert bob.answer().text.rstrip().endswith("data: [DONE]")


def test_a_call_that_is_over_is_listened_for_no_more(gateway: LiveGateway, double: OllamaDouble) -> None:
    with gateway.client() as alice:
        assert alice.post(CHAT, json=HI).status_code == 200
        assert alice.post(CHAT, json=HI | {"stream": True}).status_code == 200
        assert alice.post(CHAT, json={"messages": "no"}).status_code == 400
        assert alice.get("/v1/models").status_code == 200
    assert wait_until(lambda: len(revocations.watches) == 0, 30)


@proves("promise-M16")
def test_while_nobody_can_tell_who_is_dead_it_is_503_and_what_runs_goes_on(
    gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor
) -> None:
    now = [1000.0]
    revocations.reader.read_at = now[0]
    revocations.monotonic = lambda: now[0]
    try:
        double.script(HEARD_AT, Reply.tokens(50, rate=50))
        running = Asking(gateway, pool).ask(CHAT, HI | {"stream": True})
        assert double.wait_for(lambda journal: journal.to(HEARD_AT), 5)
        now[0] += HOLDS + 1
        with gateway.client("bob") as bob:
            refused = bob.get("/v1/models")
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "auth_unavailable")
            assert refused.headers["retry-after"]
            revocations.reader.read_at = now[0]
            assert bob.get("/v1/models").status_code == 200
        assert running.answer().text.rstrip().endswith("data: [DONE]")
    finally:
        revocations.monotonic = time.monotonic


class TestFewerRights:
    """Nothing ended, but teams or scopes are fewer: the call is judged anew."""

    @pytest.fixture
    def alice(self, monkeypatch: pytest.MonkeyPatch) -> list[Caller | Exception]:
        """Alice as a person; the first item is what is found of her now."""
        found: list[Caller | Exception] = [ALICE]

        async def identify(raw: str) -> Caller:
            if isinstance(found[0], Exception):
                raise found[0]
            return found[0]

        monkeypatch.setattr(authentication, "identify", identify)
        return found

    def running(self, gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor) -> Asking:
        double.script(HEARD_AT, Reply.tokens(60, rate=50))
        asking = Asking(gateway, pool).ask(CHAT, HI | {"stream": True})
        assert double.wait_for(lambda journal: journal.to(HEARD_AT)[-1:] and journal.to(HEARD_AT)[-1].sent, 5)
        return asking

    def fewer(self, asking: Asking) -> None:
        now = time.time()
        asking.ended_at = time.monotonic()
        revocations.hear([Row(1, RIGHTS, ALICE.id, now, now + 60)])

    @proves("promise-M7")
    def test_a_right_that_the_call_needs_ends_it(
        self, gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor, alice: list[Any]
    ) -> None:
        asking = self.running(gateway, double, pool)
        alice[0] = replace(ALICE, scopes=frozenset({"chat:read"}))
        self.fewer(asking)
        asking.withdrawn()
        closed_in_time(double, asking)

    def test_another_right_does_not(
        self, gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor, alice: list[Any]
    ) -> None:
        asking = self.running(gateway, double, pool)
        alice[0] = replace(ALICE, scopes=frozenset({"chat:write"}))
        self.fewer(asking)
        assert asking.answer().text.rstrip().endswith("data: [DONE]")

    def test_nor_does_a_database_that_cannot_tell(
        self, gateway: LiveGateway, double: OllamaDouble, pool: ThreadPoolExecutor, alice: list[Any]
    ) -> None:
        asking = self.running(gateway, double, pool)
        alice[0] = KeysUnreachable("It cannot be told.")
        self.fewer(asking)
        assert asking.answer().text.rstrip().endswith("data: [DONE]")
