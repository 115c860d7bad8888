"""`python -m bench`: CPU per call and per token, added time to first token, beside the floor."""

from __future__ import annotations

import argparse
import asyncio

from bench import load, processes, sockets

ASK = {"model": "qwen3:32b", "messages": [{"role": "user", "content": "hello"}], "think": False}


def per_token(url: str, pid: int, token: str | None, options: argparse.Namespace) -> tuple[float, load.Tally]:
    """CPU microseconds of `pid` per streamed token."""
    payload = load.request_bytes(url, ASK | {"stream": True}, token)
    asyncio.run(load.streams(url, payload, b'"content"', b'"content"', 1, 0))  # warm
    before = processes.cpu_seconds(pid)
    tally = asyncio.run(load.streams(url, payload, b'"content"', b"[DONE]", options.streams, options.ramp))
    spent = processes.cpu_seconds(pid) - before
    return 1e6 * spent / max(tally.tokens, 1), tally


def per_call(url: str, pid: int, token: str | None, options: argparse.Namespace) -> tuple[float, load.Tally]:
    """CPU milliseconds of `pid` per call answered in one body."""
    payload = load.request_bytes(url, ASK, token)
    asyncio.run(load.whole_calls(url, payload, 50, 4))
    before = processes.cpu_seconds(pid)
    tally = asyncio.run(load.whole_calls(url, payload, options.calls, 4))
    return 1e3 * (processes.cpu_seconds(pid) - before) / max(tally.calls, 1), tally


def direct(url: str, options: argparse.Namespace) -> load.Tally:
    """The same streams straight to the double: the time to first token that is not ours."""
    payload = load.request_bytes(f"{url}/api/chat", ASK | {"stream": True}, None)
    return asyncio.run(
        load.streams(f"{url}/api/chat", payload, b'"content"', b'"done":true', options.streams, options.ramp)
    )


def through_sockets(options: argparse.Namespace) -> list[str]:
    """CPU per token of answers that go through the log to a socket, and memory of sockets that idle."""
    tokens = int(options.rate * (options.ramp + options.window + 4))
    crowd = -(-options.streams // sockets.A_PERSON)
    load_of = options.streams, options.ramp, options.window
    with processes.double(options.rate, tokens) as model:
        with processes.floor(model) as (bare, bare_pid):
            floor = asyncio.run(sockets.cpu_per_token(bare, bare_pid, [""] * crowd, *load_of))
        with processes.gateway(model) as (url, pid, _, _ready):
            idlers = -(-options.sockets // sockets.A_PERSON) + 1
            cookies = sockets.people(processes.configurations[pid], crowd + idlers)
            spent = asyncio.run(sockets.cpu_per_token(url, pid, cookies, *load_of))
            idle = asyncio.run(sockets.idle_kib(url, pid, cookies[crowd:], options.sockets))
    return [
        f"| CPU per token through the log to a socket, {options.streams} sockets at {options.rate:g}/s "
        f"| {floor:.0f} us | {spent:.0f} us | {spent / floor:.1f} |",
        f"| memory per idle socket, {options.sockets} sockets | | {idle:.0f} KiB | |",
    ]


def measure(options: argparse.Namespace) -> list[str]:
    """The table's rows."""
    path = "/v1/chat/completions"
    with processes.double(options.rate, options.tokens) as model, processes.floor(model) as (bare, bare_pid):
        alone = direct(model, options)
        floor_token, _ = per_token(bare + path, bare_pid, None, options)
        with processes.gateway(model) as (url, pid, token, ready):
            idle = processes.resident_mb(pid)
            ours_token, ours = per_token(url + path, pid, token, options)
    with processes.double(0, 10) as model, processes.floor(model) as (bare, bare_pid):
        floor_call, _ = per_call(bare + path, bare_pid, None, options)
        with processes.gateway(model) as (url, pid, token, _):
            ours_call, whole = per_call(url + path, pid, token, options)
    failed = ours.failed + whole.failed
    return [
        "| what | floor (raw ASGI, no checks) | Clawdbot | ratio |",
        "|---|---|---|---|",
        f"| CPU per call, one body of 10 tokens | {floor_call:.2f} ms | {ours_call:.2f} ms "
        f"| {ours_call / floor_call:.1f} |",
        f"| CPU per streamed token, {options.streams} streams at {options.rate:g}/s "
        f"| {floor_token:.0f} us | {ours_token:.0f} us | {ours_token / floor_token:.1f} |",
        f"| added time to first token, p50 / p95 | | {ours.quantile(0.5) - alone.quantile(0.5):.1f} / "
        f"{ours.quantile(0.95) - alone.quantile(0.95):.1f} ms | |",
        f"| memory when ready | | {idle:.0f} MB | |",
        f"| ready after | | {ready:.1f} s | |",
        f"| failed calls | | {failed} | |",
        *through_sockets(options),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20, help="tokens a second of each stream")
    parser.add_argument("--tokens", type=int, default=200, help="tokens of each stream")
    parser.add_argument("--window", type=float, default=4, help="seconds in which deltas are counted")
    parser.add_argument("--sockets", type=int, default=2000, help="sockets that idle")
    parser.add_argument("--only-sockets", action="store_true", help="the rows about sockets alone")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--ramp", type=float, default=5, help="seconds over which the streams begin")
    options = parser.parse_args()
    print("\n".join(through_sockets(options) if options.only_sockets else measure(options)))


if __name__ == "__main__":
    main()
