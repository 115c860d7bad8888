"""`python -m tests.doubles.ollama`: the double as a process of its own, for benchmarks and trying by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal

import uvloop

from tests.doubles.native import STOCK
from tests.doubles.ollama import OllamaDouble


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.ollama", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--parallel", type=int, help="answers at once for each model (default: no limit)")
    parser.add_argument("--rate", type=float, help="words a second (default: all at once)")
    parser.add_argument("--tokens", type=int, default=6, help="words of an answer")
    parser.add_argument("--thinking", type=int, default=2, help="thought words where `think` is asked")
    parser.add_argument("--models", default="", help="comma-separated names (default: the stock ones)")
    parser.add_argument("--cold", action="store_true", help="no model is loaded at the start")
    parser.add_argument("--load-time", type=float, default=0.0, help="seconds a load takes")
    return parser.parse_args()


def run(parent: int) -> None:
    """parent: the double ends when this process is gone."""
    asked = parse()
    double = OllamaDouble(
        models=[name for name in asked.models.split(",") if name] or STOCK,
        loaded=not asked.cold,
        load_time=asked.load_time,
        parallel=asked.parallel,
        tokens=asked.tokens,
        rate=asked.rate,
        thinking=asked.thinking,
        port=asked.port,
        keep=1000,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_over(double, parent))


async def until_over(double: OllamaDouble, parent: int) -> None:
    loop = asyncio.get_running_loop()
    serving = loop.create_task(double.serve(lambda url: print(url, flush=True)))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)

    def watch() -> None:
        if os.getppid() != parent:
            serving.cancel()
        loop.call_later(1.0, watch)

    watch()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
