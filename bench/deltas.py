"""CPU for one batch of the generation log in either engine: `python -m bench.deltas [--postgres]`.

One batch is what all answers of a process gathered in 40 ms: one piece of some 30 characters each.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from typing import Any

from bench.search import set_up


def begun(count: int) -> list[uuid.UUID]:
    from django.utils import timezone

    from chat.models import Generation

    return [Generation.objects.create(caller="bench", lease=timezone.now()).id for _ in range(count)]


def measure(engine: Any, answers: int, batches: int, server: int | None) -> str:
    """One row: CPU of this process, of Redis, and how long a batch takes."""
    from bench.processes import cpu_seconds
    from chat.generation.pieces import Piece

    ids, times = begun(answers), []
    elsewhere = cpu_seconds(server) if server else 0.0
    spent = time.process_time()
    for seq in range(1, batches + 1):
        began = time.perf_counter()
        engine.append({one: [Piece(seq, "text", "the answer 你好，世界 goes on ")] for one in ids}, {})
        times.append(time.perf_counter() - began)
    spent = time.process_time() - spent
    elsewhere = cpu_seconds(server) - elsewhere if server else 0.0
    times.sort()
    ours, theirs = 1e6 * spent / batches, 1e6 * elsewhere / batches
    median, late = 1e3 * statistics.median(times), 1e3 * times[int(len(times) * 0.99)]
    return f"| {type(engine).__name__} | {ours:.0f} us | {theirs:.0f} us | {median:.2f} ms | {late:.2f} ms |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="the table in PostgreSQL instead of SQLite")
    parser.add_argument("--answers", type=int, default=10)
    parser.add_argument("--batches", type=int, default=1000)
    options = parser.parse_args()
    from tests.postgres import Server, programs
    from tests.redis_server import running

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/bench.sqlite3"
        if options.postgres:
            found = programs()
            assert found is not None, "no PostgreSQL here"
            url = stack.enter_context(Server(found)).database("bench")
        set_up(url, folder)
        from chat.generation.engines.database import DatabaseLog
        from chat.generation.engines.redis import RedisLog

        print(f"{options.answers} answers, {options.batches} batches, {url.partition(':')[0]}")
        print("| engine | CPU here | CPU of Redis | median | p99 |\n|---|---|---|---|---|")
        print(measure(DatabaseLog(), options.answers, options.batches, None))
        redis = stack.enter_context(running())
        assert redis.child is not None
        print(measure(RedisLog(redis.url), options.answers, options.batches, redis.child.pid))


if __name__ == "__main__":
    main()
