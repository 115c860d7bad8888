"""Signals to a started gateway: nobody is cut off, a broken file changes nothing (S32, M14, M15, F-22..)."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.proof import proves
from tests.server.crowd import Crowd
from tests.server.process import Process

WIDE: dict[str, Any] = {"max_connections": 500, "queue": {"size": 500}}


def upstream(double: OllamaDouble, **more: Any) -> dict[str, Any]:
    return {"url": double.url} | WIDE | more


def numbers(gateway: Process) -> str:
    return httpx.get(f"{gateway.url}/metrics", trust_env=False).text


# ---- SIGTERM ---------------------------------------------------------------------------------------


@proves("promise-M15", "promise-S32", "fault-F22")
def test_twenty_streams_finish_while_nothing_new_comes_in() -> None:
    with OllamaDouble(tokens=40, rate=15) as double, Process(upstream=upstream(double)) as gateway:
        with gateway.client() as client, Crowd(gateway.url, gateway.token(), 20) as crowd:
            assert client.get("/readyz").status_code == 200
            gateway.term()
            gateway.wait_for(lambda: client.get("/readyz").status_code == 503)
            assert client.get("/readyz").json()["draining"] is True
            assert client.get("/healthz").status_code == 200
            refused = client.get("/v1/models")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert refused.json()["error"]["code"] == "shutting_down"
            assert refused.headers["connection"] == "close"
            assert [seen for seen in crowd.finish() if not seen.whole] == []
        assert gateway.ended(5) == 0
        assert len(gateway.access(route="/v1/chat/completions", outcome="ok")) == 20


@proves("promise-M15", "fault-F22")
def test_what_does_not_finish_in_time_is_told_so_and_never_done() -> None:
    with (
        OllamaDouble(tokens=100_000, rate=20) as double,
        Process(upstream=upstream(double), server={"port": 0, "drain": "1s"}) as gateway,
        Crowd(gateway.url, gateway.token(), 5) as crowd,
    ):
        began = time.monotonic()
        gateway.term()
        assert gateway.ended(10) == 0
        assert 1.0 <= time.monotonic() - began < 1 + 2 + 2
        for seen in crowd.finish():
            assert seen.broken == ""
            assert seen.error["code"] == "shutting_down"
            assert "data: [DONE]" not in seen.lines
        assert len(gateway.access(outcome="draining", error_code="shutting_down")) == 5
        assert double.wait_for(lambda journal: all(x.closed for x in journal.to("/api/chat")))


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
@proves("fault-F23")
def test_a_second_signal_shortens_the_wait_and_hup_means_nothing_in_it(second: signal.Signals) -> None:
    with (
        OllamaDouble(tokens=100_000, rate=20) as double,
        Process(upstream=upstream(double)) as gateway,
        Crowd(gateway.url, gateway.token(), 2) as crowd,
    ):
        gateway.term()
        gateway.wait_for(lambda: [line for line in gateway.lines() if line["message"] == "shutting down"])
        gateway.child.send_signal(signal.SIGHUP)
        gateway.wait_for(gateway.reloads)
        assert "not reloaded" in gateway.reloads()[0]["message"]
        assert gateway.child.poll() is None
        gateway.child.send_signal(second)
        assert gateway.ended(5) == 0
        assert {seen.error["code"] for seen in crowd.finish()} == {"shutting_down"}


def test_with_nothing_to_wait_for_it_ends_at_once(double: OllamaDouble) -> None:
    with Process(upstream={"url": double.url}) as gateway, gateway.client() as client:
        client.get("/v1/models")  # leaves an idle connection
        began = time.monotonic()
        gateway.child.send_signal(signal.SIGINT)
        assert gateway.ended(5) == 0
        assert time.monotonic() - began < 2


# ---- SIGHUP ----------------------------------------------------------------------------------------


@proves("promise-S32", "promise-M14", "fault-F45")
def test_a_good_file_is_taken_over_and_a_running_stream_does_not_notice(double: OllamaDouble) -> None:
    with (
        OllamaDouble(tokens=60, rate=20) as slow,
        Process(upstream=upstream(slow)) as gateway,
        gateway.client() as client,
        Crowd(gateway.url, gateway.token(), 1) as crowd,
    ):
        gateway.configure(
            upstream=upstream(double),
            models={"default": "llama3:8b"},
            debug_port=1234,
            server={"port": 0, "drain": 9},
        )
        line = gateway.reload()
        assert line["level"] == "info"
        assert {"upstream.url", "models.default", "server.drain"} <= set(line["changed"])
        assert line["needs_restart"] == ["debug_port"]
        seen = len(double.journal)
        client.get("/v1/models")
        assert len(double.journal) > seen, "new calls go where the new file says"
        assert client.get("/readyz").json()["last_reload"]["ok"] is True
        assert [each for each in crowd.finish() if not each.whole] == []


def half(gateway: Process) -> None:
    text = gateway.config_file.read_text()
    gateway.config_file.write_text(text[: len(text) // 2] + "\n{")


def with_key(**parts: Any) -> Callable[[Process], None]:
    return lambda gateway: gateway.configure(**parts)


def unreadable(gateway: Process) -> None:
    gateway.config_file.unlink(missing_ok=True)
    gateway.config_file.mkdir()


BROKEN: dict[str, Callable[[Process], None]] = {
    "not-yaml": lambda gateway: gateway.config_file.write_text("server: [1, 2\nmode: {"),
    "half-written": half,
    "empty-list": lambda gateway: gateway.config_file.write_text("[]"),
    "unknown-key": with_key(upstraem={"url": "http://x"}),
    "wrong-type": with_key(server={"port": "eighty"}),
    "short-secret": with_key(
        auth={"jwt": {"secret": "short-secret-xyz", "issuer": "https://i", "audience": "a"}}
    ),
    "unresolved": with_key(upstream={"url": "${CLAWDBOT_NO_SUCH_VARIABLE}"}),
    "missing": lambda gateway: gateway.config_file.unlink(),
    "unreadable": unreadable,
}


@proves("promise-M14", "fault-F46")
def test_a_broken_file_changes_nothing_and_is_named(double: OllamaDouble) -> None:
    with (
        Process(upstream={"url": double.url}, models={"max_tokens": 77}) as gateway,
        gateway.client() as client,
    ):
        good = gateway.config_file.read_text()
        for name, break_it in BROKEN.items():
            break_it(gateway)
            line = gateway.reload()
            assert line["level"] == "error", name
            assert line["problems"], name
            assert str(gateway.config_file) in line["problems"][0], name
            assert client.get("/v1/models").status_code == 200, name
            assert client.get("/readyz").json()["last_reload"]["ok"] is False, name
            assert "clawdbot_config_reload_failed 1.0" in numbers(gateway), name
            if Path(gateway.config_file).is_dir():
                gateway.config_file.rmdir()
        assert "short-secret-xyz" not in "".join(gateway.log)
        gateway.config_file.write_text(good)
        assert gateway.reload()["level"] == "info"
        text = numbers(gateway)
        assert "clawdbot_config_reload_failed 0.0" in text
        assert f'clawdbot_config_reloads_total{{result="refused"}} {len(BROKEN)}.0' in text


@proves("fault-F47")
def test_a_storm_of_signals_is_a_few_reloads(double: OllamaDouble) -> None:
    with Process(upstream={"url": double.url}) as gateway, gateway.client() as client:
        gateway.reload()
        before = len(gateway.reloads())
        for _ in range(100):
            gateway.child.send_signal(signal.SIGHUP)
        gateway.configure(models={"default": "llama3:8b"})
        gateway.reload()
        gateway.wait_for(
            lambda: any("models.default" in line.get("changed", ()) for line in gateway.reloads())
        )
        assert len(gateway.reloads()) - before < 100
        assert client.get("/v1/models").status_code == 200


@proves("promise-M14")
def test_two_hundred_streams_do_not_notice_fifty_reloads_half_of_them_broken() -> None:
    with OllamaDouble() as double, Process(upstream=upstream(double)) as gateway:
        double.script("/api/chat", Reply.tokens(24, rate=3).stall(1000))
        with Crowd(gateway.url, gateway.token(), 200) as crowd:
            reload_fifty_times(gateway)
            assert not any(seen.whole for seen in crowd.seen), "they were streaming all the while"
            double.wait_for(lambda journal: all(x.sent >= 1000 for x in journal.to("/api/chat")))
            double.release()
            assert [seen for seen in crowd.finish() if not seen.whole] == []


def reload_fifty_times(gateway: Process) -> None:
    """Every other file is broken."""
    good = gateway.config_file.read_text()
    for number in range(25):
        gateway.config_file.write_text("mode: [nonsense")
        assert gateway.reload()["level"] == "error"
        changed = good.replace("max_connections: 500", f"max_connections: {500 + number}")
        gateway.config_file.write_text(changed)
        assert gateway.reload()["level"] == "info"
