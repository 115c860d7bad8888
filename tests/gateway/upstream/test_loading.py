"""A cold model is loaded once, by the gateway's own request, and nobody who leaves aborts it."""

from __future__ import annotations

import asyncio

import pytest

from clawdsite.core.errors import ClawdError
from tests.doubles.native import Model
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.gateway.upstream.asking import MODEL, ask, in_loop, upstream_of
from tests.proof import proves


def cold(double: OllamaDouble, load_time: float | None = None) -> None:
    double.unload()
    double.host.load_time = load_time


@in_loop
async def test_a_loaded_model_is_not_loaded_again_and_not_asked_for_again(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        for _ in range(5):
            await upstream.ensure_loaded(MODEL)
    assert [exchange.path for exchange in double.journal] == ["/api/ps"]


@in_loop
async def test_an_answer_is_proof_that_its_model_is_loaded(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        await ask(upstream)
        await upstream.ensure_loaded(MODEL)
    assert not double.journal.to("/api/ps")


@in_loop
async def test_a_name_without_its_tag_is_the_same_model() -> None:
    with OllamaDouble(models=["llama3"]) as double:
        async with upstream_of(double) as upstream:
            await upstream.ensure_loaded("llama3")
            await upstream.ensure_loaded("Llama3:latest")
    assert [exchange.path for exchange in double.journal] == ["/api/ps"]


@proves("fault-F14")
@in_loop
async def test_all_who_wait_share_one_load_and_a_leaver_aborts_it_for_nobody(double: OllamaDouble) -> None:
    cold(double)
    async with upstream_of(double) as upstream:
        waiting = [asyncio.create_task(upstream.ensure_loaded(MODEL)) for _ in range(20)]
        await double.until(lambda _: double.loads)
        for task in waiting[:19]:
            task.cancel()
        await asyncio.gather(*waiting[:19], return_exceptions=True)
        double.finish_loads()
        await waiting[19]
        assert [load.outcome for load in double.loads] == ["loaded"]
        assert double.journal.to("/api/generate")[0].body == {"model": MODEL}
        assert len(double.journal.to("/api/generate")) == 1
        assert len(double.journal.to("/api/ps")) == 1


@proves("fault-F14")
@in_loop
async def test_a_load_goes_on_when_everybody_has_left(double: OllamaDouble) -> None:
    cold(double)
    async with upstream_of(double) as upstream:
        only = asyncio.create_task(upstream.ensure_loaded(MODEL))
        await double.until(lambda _: double.loads)
        only.cancel()
        await asyncio.gather(only, return_exceptions=True)
        again = asyncio.create_task(upstream.ensure_loaded(MODEL))
        await double.until(lambda journal: len(journal.to("/api/ps")) == 2)
        double.finish_loads()
        await again
    assert [load.outcome for load in double.loads] == ["loaded"]


@in_loop
async def test_a_real_host_aborts_a_load_whose_client_leaves(double: OllamaDouble) -> None:
    """Why the load is the gateway's own: the double does as Ollama does."""
    cold(double)
    async with upstream_of(double) as upstream:
        asking = asyncio.create_task(ask(upstream))
        await double.until(lambda _: double.loads)
        asking.cancel()
        await double.until(lambda _: double.loads[0].outcome == "aborted")
        assert upstream.in_flight == 0


@in_loop
async def test_two_models_load_side_by_side() -> None:
    with OllamaDouble(models=["a", "b"], loaded=False, load_time=None) as double:
        async with upstream_of(double) as upstream:
            both = [asyncio.create_task(upstream.ensure_loaded(name)) for name in ("a", "b")]
            await double.until(lambda _: len(double.loads) == 2)
            double.finish_loads()
            await asyncio.gather(*both)


@in_loop
async def test_an_embedding_model_is_loaded_by_an_empty_embedding(double: OllamaDouble) -> None:
    cold(double, 0.0)
    async with upstream_of(double) as upstream:
        await upstream.ensure_loaded("embed")
        await upstream.ensure_loaded("embed")
    assert double.journal.to("/api/embed")[0].body == {"model": "embed", "input": []}
    assert not double.journal.to("/api/generate")


@pytest.mark.parametrize(
    ("reply", "code", "retry_after"),
    [
        (Reply.error(404, f"model '{MODEL}' not found"), "model_not_found", None),
        (
            Reply.error(503, "server busy, please try again.  maximum pending requests exceeded"),
            "server_is_overloaded",
            2,
        ),
        (Reply.error(500, "timed out waiting for llama-server to start"), "upstream_error", 5),
        (Reply.raw(b"", end="rst"), "upstream_error", 5),
    ],
    ids=["fault-F13-gone", "fault-F10-busy", "fault-F10-failed", "fault-F05-reset"],
)
@in_loop
async def test_a_load_that_fails_says_why_and_the_next_one_is_tried(
    double: OllamaDouble, reply: Reply, code: str, retry_after: float | None
) -> None:
    cold(double, 0.0)
    double.script("/api/generate", reply)
    async with upstream_of(double) as upstream:
        for _ in range(2):
            with pytest.raises(ClawdError) as caught:
                await upstream.ensure_loaded(MODEL)
            assert (caught.value.code, caught.value.retry_after) == (code, retry_after)
        double.script("/api/generate")
        await upstream.ensure_loaded(MODEL)


@proves("fault-F03")
@in_loop
async def test_a_load_without_end_ends_at_the_load_timeout(double: OllamaDouble) -> None:
    cold(double)
    async with upstream_of(double, load_timeout=0.3) as upstream:
        with pytest.raises(ClawdError, match=r"not loaded within 0\.3 seconds") as caught:
            await upstream.ensure_loaded(MODEL)
        assert caught.value.code == "upstream_timeout"
        await double.until(lambda journal: journal.to("/api/generate")[0].closed_by == "client", timeout=1)


@proves("fault-F13")
@in_loop
async def test_an_unknown_model_is_not_found_before_anything_loads(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        for asking in (upstream.ensure_loaded, upstream.facts, upstream.card):
            with pytest.raises(ClawdError) as caught:
                await asking("nope")
            assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert not double.loads


@proves("fault-F01")
@in_loop
async def test_a_host_that_died_is_asked_anew_whether_the_model_is_loaded(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        await upstream.ensure_loaded(MODEL)
        double.stop()
        with pytest.raises(ClawdError):
            await ask(upstream)
        double.start()
        double.unload()
        await upstream.ensure_loaded(MODEL)
    assert len(double.loads) == 1


@in_loop
async def test_facts_are_asked_once_for_all_and_kept(double: OllamaDouble) -> None:
    async with upstream_of(double) as upstream:
        first, *others = await asyncio.gather(*(upstream.facts(MODEL) for _ in range(20)))
        assert all(found == first for found in others)
        assert first.can("tools")
        assert first.can("thinking")
        assert not first.can("vision")
        assert first.context_length == 40960
        await upstream.facts(MODEL)
    assert len(double.journal.to("/api/show")) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply.text("[]"), Reply.json({"models": 7}), Reply.text("<html>"), Reply.json({"models": [7]})],
    ids=["fault-F06-array", "fault-F06-number", "fault-F06-html", "fault-F06-row"],
)
@in_loop
async def test_a_list_of_models_that_is_nonsense_is_invalid(double: OllamaDouble, reply: Reply) -> None:
    double.script("/api/tags", reply)
    async with upstream_of(double) as upstream:
        with pytest.raises(ClawdError) as caught:
            await upstream.models()
    assert caught.value.code == "upstream_invalid"


@in_loop
async def test_models_embeddings_and_version_come_through() -> None:
    with OllamaDouble(models=[Model("embed:latest", capabilities=("embedding",)), "b"]) as double:
        async with upstream_of(double) as upstream:
            assert [card.id for card in await upstream.models()] == ["embed:latest", "b:latest"]
            assert (await upstream.card("b")).id == "b"
            assert await upstream.ping() == "0.33.0"
            native = await upstream.embed({"model": "embed", "input": ["a", "b"]})
            assert [len(vector) for vector in native["embeddings"]] == [8, 8]
            with pytest.raises(ClawdError) as caught:
                await upstream.embed({"model": "b", "input": ["a"]})
            assert caught.value.code == "model_not_supported"
