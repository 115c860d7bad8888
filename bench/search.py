"""List, open and search in a history of 100,000 messages: `python -m bench.search [--postgres]`.

All of it is visible to the one who asks, which is the worst that can happen to a search. Times are of the
service, in milliseconds; p95 of a search is to stay under 300 (M10).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr

HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下"
NOUNS = "数据 部署 日志 网关 模型 显卡 报告 合同 预算 会议 计划 错误 缓存 接口 迁移 数据库".split()  # noqa: SIM905
WORDS = [start + end for start in ("re", "de", "con", "pro") for end in ("ploy", "view", "duct", "form")]
RARE = ["凤凰", "zephyr", "量子纠缠"]
QUERIES = {
    "common pair": ["部署", "日志", "模型", "预算", "会议"],
    "most common pair": ["的一", "是在", "不了", "有和"],
    "phrase": ["数据库迁移", "网关部署", "模型报告"],
    "two pieces": ["部署 日志", "模型 deploy", "合同 预算"],
    "word": ["deploy", "review", "product", "conform"],
    "beginning": ["re", "con", "部", "日"],
    "a sentence": [" ".join(WORDS), " ".join(NOUNS), " ".join("recondep" * 5)],
    "rare": RARE,
    "nothing": ["乌有之乡", "xylophone"],
}


def text(chance: random.Random) -> str:
    """About 120 characters, Chinese and English."""
    parts = []
    for _ in range(chance.randint(6, 18)):
        kind = chance.random()
        if kind < 0.5:
            parts.append("".join(chance.choices(HAN, k=chance.randint(4, 12))))
        elif kind < 0.75:
            parts.append("".join(chance.choices(NOUNS, k=2)))
        else:
            parts.append(f" {chance.choice(WORDS)} ")
    if chance.random() < 0.002:
        parts.append(chance.choice(RARE))
    return "，".join(parts)


def set_up(url: str, folder: str) -> None:
    """Django on a database of its own."""
    from clawdsite.core.config import live
    from clawdsite.core.config.schema import Config

    live.install(Config(mode="development", database_url=SecretStr(url), data_dir=folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
    import django
    from django.core.management import call_command

    django.setup(set_prefix=False)
    call_command("migrate", verbosity=0)


def fill(messages: int, each: int) -> Any:
    """One person who sees it all -> their caller."""
    from django.utils import timezone

    from accounts.models import Membership, Team, User
    from accounts.selectors import caller_for
    from chat.models import Conversation, IndexRow, Message
    from chat.search import index

    chance, now = random.Random(7), timezone.now()
    alice, team = User.objects.create_user("alice"), Team.objects.create(slug="team-a")
    Membership.objects.create(user=alice, team=team)
    for number in range(messages // each):
        at = now - timedelta(minutes=messages // each - number)
        where = Conversation(owner=alice, team=team, title=text(chance)[:40], created=at, updated=at)
        parent, found = None, []
        for turn in range(each):
            role = "assistant" if turn % 2 else "user"
            parent = Message(conversation=where, parent=parent, role=role, text=text(chance), created=at)
            found.append(parent)
        where.leaf = parent.id if parent else None
        rows = [index.text_row(where.id, one.id, one.text, at) for one in found]
        where.save()
        Message.objects.bulk_create(found)
        IndexRow.objects.bulk_create([index.title_row(where), *filter(None, rows)])
    return caller_for(alice, session="bench", issued=time.time())


def timed(act: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def line(name: str, times: list[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{name:<28}{statistics.median(ordered):>9.1f}{p95:>9.1f}{ordered[-1]:>9.1f}"


def measure(caller: Any, rounds: int) -> Iterator[str]:
    from chat import selectors
    from chat.models import Conversation
    from chat.search.finding import find, matches

    chance = random.Random(1)
    ids = list(Conversation.objects.values_list("id", flat=True))
    yield f"{'':<28}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}"
    yield line("list", [timed(lambda: selectors.conversations(caller)) for _ in range(rounds)])
    opened = [chance.choice(ids) for _ in range(rounds)]
    yield line("open", [timed(partial(selectors.history, caller, where)) for where in opened])
    every: list[float] = []
    for name, queries in QUERIES.items():
        count = max(matches(caller, query).count() for query in queries)
        asked = [queries[number % len(queries)] for number in range(rounds)]
        times = [timed(partial(find, caller, query)) for query in asked]
        every += times
        yield line(f"search: {name} ({count})", times)
    yield line("search, all of them", every)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=20, help="messages of each conversation")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--postgres", action="store_true", help="on one of its own, not SQLite")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clawdbot-bench-") as folder:
        if not asked.postgres:
            report(f"sqlite:///{folder}/bench.sqlite3", folder, asked)
            return
        from tests.postgres import MISSING, Server, programs

        found = programs()
        if found is None:
            sys.exit(MISSING)
        with Server(found) as server:
            report(server.database("bench"), folder, asked)


def report(url: str, folder: str, asked: argparse.Namespace) -> None:
    set_up(url, folder)
    from django.db import connection

    begun = time.perf_counter()
    caller = fill(asked.messages, asked.each)
    took = time.perf_counter() - begun
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    print(f"{connection.vendor}: {asked.messages} messages, stored and indexed in {took:.0f} s")
    for row in measure(caller, asked.rounds):
        print(row, flush=True)
    connection.close()


if __name__ == "__main__":
    main()
