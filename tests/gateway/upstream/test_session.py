"""What goes up, on which connection, and what a reload changes."""

from __future__ import annotations

import asyncio
import gc
import warnings
from contextlib import aclosing
from typing import Any

import pytest

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from gateway import upstream as package
from gateway.upstream.client import Upstream
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.gateway.upstream.asking import MODEL, QUESTION, ask, in_loop, refusal, upstream_of
from tests.proof import proves

CALLERS = "Bearer the-callers-own"


def configured(url: str, **limits: Any) -> Config:
    return Config.model_validate({"mode": "development", "upstream": {"url": url, **limits}})


@proves("hard-H31")
@in_loop
async def test_only_our_own_headers_go_up(double: OllamaDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    cookie = Reply.recording("native-chat-stream").with_headers(("Set-Cookie", "session=alices; Path=/"))
    double.script("/api/chat", cookie)
    named = double.url.replace("127.0.0.1", "localhost")  # for a bare address no jar would keep a cookie
    async with upstream_of(named) as upstream:
        for _ in range(2):
            await ask(upstream, authorization=CALLERS)
        await upstream.facts(MODEL)
    for exchange in double.journal:
        names = {name.lower() for name, _ in exchange.headers}
        assert names == {"host", "accept", "accept-encoding", "user-agent", "content-type", "content-length"}
        assert exchange.header("accept-encoding") == "identity"
        assert exchange.header("host") == named.removeprefix("http://")
    assert len(double.journal.links) == 1


@pytest.mark.parametrize(
    ("setting", "callers", "goes_up"),
    [
        ("none", CALLERS, None),
        ("forward", CALLERS, CALLERS),
        ("forward", None, None),
        ("forward", "Bearer a\r\nX-Evil: 1", None),
        ("forward", "Bearer é", None),
        ("Bearer fixed", CALLERS, "Bearer fixed"),
        ("Bearer fixed", None, "Bearer fixed"),
    ],
)
@in_loop
async def test_authorization_goes_up_as_configured(
    double: OllamaDouble, setting: str, callers: str | None, goes_up: str | None
) -> None:
    double.unload()
    async with upstream_of(double, authorization=setting) as upstream:
        await upstream.facts(MODEL, authorization=callers)
        await upstream.ensure_loaded(MODEL, authorization=callers)
        await ask(upstream, authorization=callers)
        await upstream.embed({"model": "embed", "input": ["a"]}, authorization=callers)
    assert len(double.journal) == 5
    assert {exchange.header("authorization") for exchange in double.journal} == {goes_up}


@in_loop
async def test_one_callers_refused_credential_is_nobody_elses_failure(double: OllamaDouble) -> None:
    def door(exchange: Any) -> Reply | None:
        return (
            None
            if exchange.header("authorization") == "Bearer good"
            else Reply.text("", 401).stall("headers", 0.1)
        )

    double.script("/api/show", door)
    async with upstream_of(double, authorization="forward") as upstream:
        bad, good = await asyncio.gather(
            upstream.facts(MODEL, authorization="Bearer bad"),
            upstream.facts(MODEL, authorization="Bearer good"),
            return_exceptions=True,
        )
    assert isinstance(bad, Exception)
    assert not isinstance(good, Exception)


@in_loop
async def test_no_error_carries_the_credential(
    double: OllamaDouble, caplog: pytest.LogCaptureFixture
) -> None:
    async with upstream_of(double, authorization="Bearer hunter2hunter2") as upstream:
        for reply in (Reply.raw(b"nonsense\r\n\r\n"), Reply.raw(b""), Reply.text("", 401), Reply.lines(b"{")):
            double.script("/api/chat", reply)
            error = await refusal(upstream)
            assert "hunter2" not in repr(error) + str(vars(error)) + repr(error.__cause__)
    assert "hunter2" not in caplog.text


@in_loop
async def test_a_name_and_password_in_the_url_become_a_header(double: OllamaDouble) -> None:
    async with upstream_of(double.url.replace("://", "://alice:s3cret@") + "/") as upstream:
        await ask(upstream)
    assert double.journal[0].header("authorization") == "Basic YWxpY2U6czNjcmV0"
    assert double.journal[0].path == "/api/chat"


@in_loop
async def test_a_path_of_the_url_is_kept(double: OllamaDouble) -> None:
    double.script("/ollama/api/version", Reply.json({"version": "1"}))
    async with upstream_of(double.url + "/ollama") as upstream:
        assert await upstream.ping() == "1"


@in_loop
async def test_a_kept_connection_that_died_unnoticed_is_replaced_once(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        await ask(upstream)
        double.script("/api/chat", Reply.raw(b""), Reply.recording("native-chat-stream"))
        assert len(await ask(upstream)) == 7
        assert len(double.journal) == 3
        double.script("/api/chat", Reply.raw(b""))
        assert (await refusal(upstream)).code == "upstream_error"
        assert len(double.journal) == 5


@in_loop
async def test_a_body_of_20_MB_goes_up_whole(double: OllamaDouble) -> None:
    picture = "A" * 20_000_000
    payload = QUESTION | {"messages": [{"role": "user", "content": "é漢👍", "images": [picture]}]}
    async with upstream_of(double) as upstream:
        await ask(upstream, payload)
    assert double.journal[0].body == payload


@in_loop
async def test_after_done_the_connection_is_kept_even_if_the_reader_leaves_at_once(
    double: OllamaDouble,
) -> None:
    recorded = Reply.recording("native-chat-stream")
    double.script("/api/chat", recorded.stall(len(recorded.whole()), 0.05))
    async with upstream_of(double) as upstream:
        async with aclosing(upstream.stream("/api/chat", QUESTION)) as stream:
            async for lines in stream:
                if lines[-1]["done"]:
                    break
        await double.until(lambda journal: journal[0].phase == "done")
        await upstream.ping()
        assert len(double.journal.links) == 1


@in_loop
async def test_after_done_a_host_that_does_not_end_its_body_is_hung_up_on(double: OllamaDouble) -> None:
    recorded = Reply.recording("native-chat-stream")
    double.script("/api/chat", recorded.stall(len(recorded.whole())))
    async with upstream_of(double) as upstream:
        async with aclosing(upstream.stream("/api/chat", QUESTION)) as stream:
            async for lines in stream:
                if lines[-1]["done"]:
                    break
        assert upstream.in_flight == 0
        await double.until(lambda journal: journal[0].closed_by == "client", timeout=1)


@pytest.mark.usefixtures("either_loop")
@pytest.mark.parametrize("how", ["closed", "retired"])
def test_a_body_that_has_not_ended_yet_does_not_outlive_its_session(double: OllamaDouble, how: str) -> None:
    recorded = Reply.recording("native-chat-stream")
    double.script("/api/chat", recorded.stall(len(recorded.whole())))
    double.script("/elsewhere/api/version", Reply.json({"version": "1"}))
    config = configured(double.url)

    @in_loop
    async def leave_after_done() -> None:
        nonlocal config
        async with aclosing(Upstream(lambda: config)) as upstream:
            async with aclosing(upstream.stream("/api/chat", QUESTION)) as stream:
                async for lines in stream:
                    if lines[-1]["done"]:
                        break
            if how == "retired":
                config = configured(double.url + "/elsewhere")
                assert await upstream.ping() == "1"

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        leave_after_done()
        gc.collect()
    assert [str(each.message) for each in told] == []
    double.wait_for(lambda journal: journal.open_links() == 0)


@proves("fault-F45")
@in_loop
async def test_a_new_url_is_for_new_calls_and_streams_under_way_go_on(double: OllamaDouble) -> None:
    with OllamaDouble(models=["only-there"]) as other:
        config = configured(double.url)
        double.script("/api/chat", Reply.tokens(40, rate=100))
        async with aclosing(Upstream(lambda: config)) as upstream:
            async with aclosing(upstream.stream("/api/chat", QUESTION)) as stream:
                words = len(await anext(stream))
                config = configured(other.url)
                assert [card.id for card in await upstream.models()] == ["only-there:latest"]
                words += sum([len(lines) async for lines in stream])
            assert words == 41
            await double.until(lambda journal: journal.open_links() == 0)
        await other.until(lambda journal: journal.open_links() == 0)


@proves("fault-F45")
@in_loop
async def test_new_limits_are_for_new_calls(double: OllamaDouble) -> None:
    config = configured(double.url)
    async with aclosing(Upstream(lambda: config)) as upstream:
        await ask(upstream)
        double.script("/api/chat", Reply.lines({"a": 1}).stall("headers"))
        config = configured(double.url, first_token_timeout=0.2)
        assert "0.2 seconds" in (await refusal(upstream)).message
        assert [exchange.link.number for exchange in double.journal.to("/api/chat")] == [0, 0]


def test_each_event_loop_has_its_own_and_closes_it_at_its_end(double: OllamaDouble) -> None:
    seen: list[Upstream] = []

    async def once() -> None:
        here = package.current()
        assert here is package.current()
        await ask(here)
        seen.append(here)

    with live.override(configured(double.url)):
        asyncio.run(once())
        asyncio.run(once())
    assert seen[0] is not seen[1]
    assert len(double.journal.links) == 2
    double.wait_for(lambda journal: journal.open_links() == 0)


@in_loop
async def test_close_breaks_off_what_is_under_way(double: OllamaDouble) -> None:
    double.script("/api/chat", Reply.tokens(1000, rate=100))
    with live.override(configured(double.url)):
        stream = package.current().stream("/api/chat", QUESTION)
        await anext(stream)
        await package.close()
        with pytest.raises(Exception, match="broke off"):
            async for _ in stream:
                pass
        await package.close()
    await double.until(lambda journal: journal.open_links() == 0)
