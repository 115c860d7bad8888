"""Who comes first is served first; nobody waits for ever, and nobody who left holds a place."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from clawdsite.core.errors import Overloaded
from gateway.admission import queue
from gateway.admission.queue import Line, Slot, Ticket
from tests.gateway.upstream.asking import in_loop
from tests.proof import proves


class Setting:
    """A configuration that a test changes as a reload would."""

    def __init__(self, connections: int, size: int = 100, wait: float = 60) -> None:
        self.change(connections, size, wait)

    def change(self, connections: int, size: int = 100, wait: float = 60) -> None:
        upstream = {"max_connections": connections, "queue": {"size": size, "wait": wait}}
        self.config = Config.model_validate({"mode": "development", "upstream": upstream})

    def __call__(self) -> Config:
        return self.config


def ticket(name: str = "alice", **more: Any) -> Ticket:
    return Ticket(name, "qwen3:32b", **more)


async def until(met: Callable[[], Any], limit: float = 5) -> None:
    end = time.monotonic() + limit
    while not met():
        assert time.monotonic() < end
        await asyncio.sleep(0.001)


async def joined(line: Line, asking: Ticket) -> asyncio.Task[Slot]:
    """Somebody who waits by now."""
    task = asyncio.create_task(line.enter(asking))
    await until(lambda: line.place(asking) is not None)
    return task


@proves("fault-F51")
@in_loop
async def test_so_many_run_so_many_wait_and_the_next_is_told_to_come_back() -> None:
    line = Line(Setting(2, size=3))
    running = [await line.enter(ticket()) for _ in range(2)]
    waiting = [await joined(line, ticket()) for _ in range(3)]
    began = time.monotonic()
    with pytest.raises(Overloaded) as caught:
        await line.enter(ticket("bob"))
    assert time.monotonic() - began < 0.1
    error = caught.value
    assert (error.status, error.code) == (503, "server_is_overloaded")
    assert "3 calls wait already" in error.message
    assert "try again in" in error.message
    assert error.headers()["Retry-After"]
    assert (line.running, line.waiting) == (2, 3)
    for slot in running:
        slot.release()
    for task in waiting:
        (await task).release()
    assert (line.running, line.waiting) == (0, 0)


@in_loop
async def test_first_come_first_served() -> None:
    line = Line(Setting(1))
    first = await line.enter(ticket())
    order: list[int] = []

    async def one(number: int, asking: Ticket) -> None:
        async with await line.enter(asking):
            order.append(number)

    tasks = []
    for number in range(10):
        asking = ticket(priority=number)  # accepted, and not looked at yet
        tasks.append(asyncio.create_task(one(number, asking)))
        await until(lambda asking=asking: line.place(asking))
    first.release()
    await asyncio.gather(*tasks)
    assert order == list(range(10))


@in_loop
async def test_a_newcomer_does_not_pass_those_who_wait() -> None:
    line = Line(Setting(1))
    slot = await line.enter(ticket())
    waiting = await joined(line, ticket("bob"))
    slot.release()  # bob's by now, though he did not run yet
    late = await joined(line, ticket("charlie"))
    (await waiting).release()
    (await late).release()


@in_loop
async def test_a_slot_is_given_back_once() -> None:
    line = Line(Setting(2))
    one, two = await line.enter(ticket()), await line.enter(ticket())
    one.release()
    one.release()
    assert line.running == 1
    with two:
        assert line.running == 1
    assert line.running == 0


@in_loop
async def test_the_slot_says_how_long_its_holder_waited() -> None:
    line = Line(Setting(1))
    first = await line.enter(ticket())
    assert first.waited == 0
    waiting = await joined(line, ticket())
    asyncio.get_running_loop().call_later(0.1, first.release)
    slot = await waiting
    assert 0.08 < slot.waited < 1
    slot.release()


@proves("fault-F51")
@in_loop
async def test_whoever_waits_too_long_is_told_so() -> None:
    line = Line(Setting(1, wait=0.15))
    slot = await line.enter(ticket())
    began = time.monotonic()
    with pytest.raises(Overloaded, match=r"busy for 0\.15 seconds") as caught:
        await line.enter(ticket())
    assert 0.1 < time.monotonic() - began < 1
    assert caught.value.retry_after
    assert line.waiting == 0
    slot.release()
    (await line.enter(ticket())).release()


@pytest.mark.parametrize("size", [0, 1])
@in_loop
async def test_a_queue_of_no_or_one_place(size: int) -> None:
    line = Line(Setting(1, size=size))
    slot = await line.enter(ticket())
    waiting = [await joined(line, ticket()) for _ in range(size)]
    with pytest.raises(Overloaded, match="1 call waits already" if size else "no call may wait"):
        await line.enter(ticket())
    slot.release()
    for task in waiting:
        (await task).release()


@proves("fault-F51")
@in_loop
async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    line = Line(Setting(1))
    slot = await line.enter(ticket())
    tickets = [ticket() for _ in range(5)]
    tasks = [await joined(line, asking) for asking in tickets]
    assert [line.place(asking) for asking in tickets] == [1, 2, 3, 4, 5]
    for index in (0, 3):
        tasks[index].cancel()
    await asyncio.gather(tasks[0], tasks[3], return_exceptions=True)
    assert [line.place(asking) for asking in tickets] == [None, 1, 2, None, 3]
    slot.release()
    for index in (1, 2, 4):
        (await tasks[index]).release()
    assert (line.running, line.waiting) == (0, 0)


@proves("fault-F51")
@in_loop
async def test_a_waiter_who_is_cancelled_as_the_slot_comes_passes_it_on() -> None:
    line = Line(Setting(1))
    slot = await line.enter(ticket())
    one, two = await joined(line, ticket()), await joined(line, ticket())
    slot.release()  # it is one's now
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    (await asyncio.wait_for(two, 1)).release()
    assert (line.running, line.waiting) == (0, 0)


@proves("fault-F51")
@in_loop
async def test_a_thousand_random_cancels_leak_no_slot() -> None:
    chance = random.Random(51)
    line = Line(Setting(3, size=20, wait=0.02))
    most = 0
    left = 1000

    async def use() -> None:
        nonlocal most
        async with await line.enter(ticket()):
            most = max(most, line.running)
            await asyncio.sleep(chance.uniform(0, 0.004))

    async def impatient() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            task = asyncio.create_task(use())
            await asyncio.wait({task}, timeout=chance.choice([0, 0.001, 0.005, 0.02]))
            task.cancel()
            outcome = (await asyncio.gather(task, return_exceptions=True))[0]
            assert outcome is None or isinstance(outcome, asyncio.CancelledError | Overloaded)

    await asyncio.gather(*(impatient() for _ in range(40)))
    assert most == 3
    assert (line.running, line.waiting) == (0, 0)
    slots = [await line.enter(ticket()) for _ in range(3)]
    for slot in slots:
        slot.release()


@proves("fault-F45")
@in_loop
async def test_a_reload_makes_the_line_wider_within_a_second() -> None:
    setting = Setting(1)
    line = Line(setting)
    slot = await line.enter(ticket())
    waiting = [await joined(line, ticket()) for _ in range(3)]
    setting.change(3)
    granted = await asyncio.wait_for(asyncio.gather(*waiting[:2]), 1.5)
    assert line.running == 3
    assert line.waiting == 1
    for one in (slot, *granted):
        one.release()
    (await waiting[2]).release()


@proves("fault-F45")
@in_loop
async def test_a_reload_that_makes_it_narrower_takes_no_slot_away() -> None:
    setting = Setting(3)
    line = Line(setting)
    slots = [await line.enter(ticket()) for _ in range(3)]
    setting.change(1)
    waiting = await joined(line, ticket())
    slots[0].release()
    slots[1].release()
    await asyncio.sleep(0)
    assert not waiting.done()
    assert line.running == 1
    slots[2].release()
    (await waiting).release()


@in_loop
async def test_place_and_estimate_tell_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(queue.time, "monotonic", lambda: clock[0])
    line = Line(Setting(2))
    assert line.estimate(ticket()) is None
    for _ in range(3):  # three answers took ten seconds each
        slot = await line.enter(ticket())
        clock[0] += 10
        slot.release()
    one = await line.enter(ticket())
    clock[0] += 4
    two = await line.enter(ticket())
    tickets = [ticket() for _ in range(5)]
    tasks = [asyncio.create_task(line.enter(asking)) for asking in tickets]
    await asyncio.sleep(0)
    assert [line.place(asking) for asking in tickets] == [1, 2, 3, 4, 5]
    assert [line.estimate(asking) for asking in tickets] == pytest.approx([6, 10, 16, 20, 26])
    clock[0] += 6
    one.release()
    await asyncio.sleep(0)
    assert [line.place(asking) for asking in tickets] == [None, 1, 2, 3, 4]
    assert line.estimate(tickets[0]) is None
    assert line.estimate(tickets[1]) == pytest.approx(4)
    two.release()
    for task in tasks:
        (await task).release()


@in_loop
async def test_who_is_refused_is_told_when_a_place_will_be_free(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(queue.time, "monotonic", lambda: clock[0])
    line = Line(Setting(1, size=1))
    slot = await line.enter(ticket())
    clock[0] += 12
    slot.release()
    slot = await line.enter(ticket())
    waiting = asyncio.create_task(line.enter(ticket()))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="in 24 seconds") as caught:
        await line.enter(ticket())
    assert caught.value.retry_after == pytest.approx(24)
    slot.release()
    (await waiting).release()


def test_each_event_loop_has_its_own_line() -> None:
    async def once() -> Line:
        here = queue.line()
        assert here is queue.line()
        await here.enter(ticket())  # never given back: the next loop does not know
        return here

    upstream = {"max_connections": 1}
    with live.override(Config.model_validate({"mode": "development", "upstream": upstream})):
        assert asyncio.run(once()) is not asyncio.run(once())
