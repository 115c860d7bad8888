"""Watchers that are up to date are handed what comes, without a turn of their task; the others look."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from contextlib import aclosing

from chat.generation import runner, watching
from chat.generation.pieces import End
from chat.generation.running import Running
from chat.services.making import frame_of
from tests.chat.engines.conftest import pieces


class Screen:
    """A socket's far end: frames as they came. takes: whether it can take what is pushed."""

    def __init__(self, takes: bool = True) -> None:
        self.frames: list[str] = []
        self.pushes: list[Sequence[str]] = []
        self.takes = takes

    def push(self, several: Sequence[str]) -> bool:
        if self.takes:
            self.pushes.append(several)
            self.frames += several
        return self.takes

    async def watch(self, answer: uuid.UUID, after: int = 0) -> None:
        async with aclosing(watching.watch(answer, after, self.push)) as seen:
            async for found in seen:
                self.frames += [frame_of(answer, one) for one in found]

    @property
    def numbers(self) -> list[int]:
        return [json.loads(frame)["s"] for frame in self.frames if '"t":"delta"' in frame]

    @property
    def text(self) -> str:
        return "".join(json.loads(frame).get("d", "") for frame in self.frames)


def lived(act: Callable[[Running], object]) -> None:
    """Run `act` with an answer that this process makes."""

    async def life() -> None:
        makes = runner.Runner()
        running = Running(uuid.uuid4(), None, "alice")
        makes.running[running.generation] = running
        before, runner.runner = runner.runner, makes
        try:
            await act(running)  # type: ignore[misc]
        finally:
            runner.runner = before

    asyncio.run(life())


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_comes_is_shown_before_any_task_had_its_turn() -> None:
    async def act(running: Running) -> None:
        screen = Screen()
        task = asyncio.ensure_future(screen.watch(running.generation))
        await turns()
        running.show(pieces("a", "b"))
        assert (screen.numbers, screen.text) == ([1, 2], "ab")
        running.show(pieces("c", first=3))
        running.close(End(3, "complete", "stop"))
        await task
        assert screen.numbers == [1, 2, 3]
        assert json.loads(screen.frames[-1])["t"] == "gen.end"

    lived(act)


def test_a_frame_is_made_once_for_all_who_watch() -> None:
    async def act(running: Running) -> None:
        screens = [Screen() for _ in range(3)]
        tasks = [asyncio.ensure_future(one.watch(running.generation)) for one in screens]
        await turns()
        running.show(pieces("a"))
        first, *others = [one.pushes[0] for one in screens]
        assert all(other is first for other in others)
        for task in tasks:
            task.cancel()

    lived(act)


def test_who_cannot_take_it_now_gets_all_of_it_later_and_once() -> None:
    async def act(running: Running) -> None:
        screen = Screen()
        task = asyncio.ensure_future(screen.watch(running.generation))
        await turns()
        said = ""
        for number in range(1, 60):
            screen.takes = number % 7 not in (3, 4)
            running.show(pieces(f"{number} ", first=number))
            said += f"{number} "
            if number % 5 == 0:
                await turns()
        running.close(End(59, "complete", "stop"))
        await task
        assert screen.numbers == list(range(1, 60))
        assert screen.text == said

    lived(act)


def test_one_whose_socket_breaks_takes_nothing_from_the_others() -> None:
    async def act(running: Running) -> None:
        broken, whole = Screen(), Screen()
        broken.push = broken_push  # type: ignore[method-assign]
        tasks = [asyncio.ensure_future(one.watch(running.generation)) for one in (broken, whole)]
        await turns()
        running.show(pieces("a"))
        running.close(End(1, "complete", "stop"))
        await asyncio.gather(*tasks)
        assert broken.numbers == whole.numbers == [1]

    lived(act)


def broken_push(several: Sequence[str]) -> bool:
    raise OSError("gone")


def test_who_has_left_is_shown_nothing_more() -> None:
    async def act(running: Running) -> None:
        screen = Screen()
        task = asyncio.ensure_future(screen.watch(running.generation))
        await turns()
        task.cancel()
        running.show(pieces("a"))  # in the same turn: the task has not heard of it yet
        await turns()
        assert (screen.frames, running.watchers) == ([], 0)

    lived(act)
