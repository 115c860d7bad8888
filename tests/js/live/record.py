"""Makes tests/js/live/recordings/*.json anew: what a started gateway says on its socket.

    .venv/bin/python -m tests.js.live.record

Each recording is {"me", "conversation"?, "history"?, "frames"}: the frames of one socket in their order, and
the conversation's messages by HTTP as they are afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.chat.sockets import Socket
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.e2e.answers import Model, fail, say

HERE: Final = Path(__file__).resolve().parent / "recordings"
TEXT: Final = "**注意：**这里要小心 🎉。\n\n```python\nprint('你好, world')\n```\n\n" + "".join(
    f"{number}. 第{number}步，检查一下。\n" for number in range(1, 31)
)
THINK: Final = "先想一想：用户要的是步骤。再看看有没有坑。"


def main() -> None:
    with OllamaDouble(parallel=1) as double, World(double, chat={"titles": True}) as world:
        stage = Model(double)
        stage.title = "小心的步骤"
        for make in (plain, stopped, failed, joined_late, continued, waits):
            keep(make.__name__, make(world, stage))
            stage.clear()


def plain(world: World, stage: Model) -> dict[str, Any]:
    """A new conversation: thinking, text, a title."""
    stage.answer("怎么做？", say(TEXT, think=THINK, rate=400))
    stage.title = "小心的步骤"
    with Socket(world) as socket:
        ack = socket.ask("怎么做？")
        end = socket.wait("gen.end")
        socket.wait("title")
        return told(world, socket, ack["c"]) | {"answer": end["m"]}


def stopped(world: World, stage: Model) -> dict[str, Any]:
    """Stopped in the middle."""
    stage.answer("数数", say("一二三四五六七八九十", hold="一二三四"))
    with Socket(world) as socket:
        ack = socket.ask("数数")
        so_far(socket, "一二三四")
        socket.send("chat.stop", id="00000000-0000-4000-8000-00000000000f", g=ack["g"])
        socket.wait("gen.end")
        return told(world, socket, ack["c"])


def failed(world: World, stage: Model) -> dict[str, Any]:
    """The model's host fails."""
    stage.answer("坏", fail(500))
    with Socket(world) as socket:
        ack = socket.ask("坏")
        socket.wait("gen.end")
        return told(world, socket, ack["c"])


def joined_late(world: World, stage: Model) -> dict[str, Any]:
    """Another device opens the conversation in the middle of the answer."""
    stage.answer("慢", say(TEXT, think=THINK, rate=400, hold=THINK + TEXT[:60]))
    with Socket(world) as first, Socket(world, hello=False) as socket:
        ack = first.ask("慢")
        so_far(first, TEXT[:60])
        before = history(world, ack["c"])
        socket.send("hello", v=1, app="test", focus=ack["c"], have=[])
        socket.wait("snapshot")
        stage.release()
        socket.wait("gen.end")
        return told(world, socket, ack["c"]) | {"before": before}


def continued(world: World, stage: Model) -> dict[str, Any]:
    """An answer that was cut goes on."""
    stage.answer("长", say("上半部分，", think="想。", reason="length"))
    with Socket(world) as socket:
        ack = socket.ask("长")
        socket.wait("gen.end")
        before = history(world, ack["c"])
        stage.answer("长", say("下半部分。", rate=50))
        socket.send(
            "chat.regen", id="00000000-0000-4000-8000-00000000000e", c=ack["c"], m=ack["ma"], more=True
        )
        socket.wait("ack")
        socket.until(lambda frame: frame["t"] == "gen.end" and frame["g"] != ack["g"])
        return told(world, socket, ack["c"]) | {"before": before}


def waits(world: World, stage: Model) -> dict[str, Any]:
    """The model is busy with somebody else's."""
    stage.answer("先", say("先来。", hold="先"))
    stage.answer("后", say("后到。"))
    with Socket(world, "bob") as other, Socket(world) as socket:
        other.ask("先")
        so_far(other, "先")
        ack = socket.ask("后")
        socket.wait("gen.queued")
        stage.release()
        socket.wait("gen.end")
        return told(world, socket, ack["c"])


def so_far(socket: Socket, text: str) -> None:
    """Until the text has come this far."""
    shown: list[str] = []

    def come(frame: dict[str, Any]) -> bool:
        if frame["t"] == "delta" and frame["k"] == "text":
            shown.append(frame["d"])
        return "".join(shown).startswith(text)

    socket.until(come)


def history(world: World, conversation: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client("alice").get(f"/api/conversations/{conversation}/messages").json()
    return found


def told(world: World, socket: Socket, conversation: str) -> dict[str, Any]:
    card = world.client("alice").get(f"/api/conversations/{conversation}").json()
    return {
        "me": {"id": world.people["alice"]["id"], "name": "Alice", "staff": False},
        "conversation": card,
        "history": history(world, conversation),
        "frames": socket.seen,
    }


def keep(name: str, recording: dict[str, Any], dump: Callable[..., str] = json.dumps) -> None:
    HERE.mkdir(exist_ok=True)
    frames = ",\n".join(dump(frame, ensure_ascii=False) for frame in recording.pop("frames"))
    rest = dump(recording, ensure_ascii=False)[1:-1]
    (HERE / f"{name}.json").write_text(f'{{{rest},\n"frames": [\n{frames}\n]}}\n', "utf-8")


if __name__ == "__main__":
    main()
