"""Models of the double that behave in one way each, so that SDKs of any language can ask for a behaviour."""

from __future__ import annotations

import json
from typing import Any

from tests.doubles.native import Model
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply

THINKER = "qwen3:32b"
PLAIN = ("completion", "tools")
NAMES = (
    *("said", "tooled", "shaped", "shaped-cut", "forced"),
    *("broken", "failed", "busy-once", "busy", "stuck", "endless"),
)
BUSY = "server busy, please try again.  maximum pending requests exceeded"
PICTURE = (  # one red pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGO4IyICAALUAQVZcNPCAAAA"
    "AElFTkSuQmCC"
)


def line(content: str = "", *, done: str = "", **message: Any) -> dict[str, Any]:
    """One native line; `done` is its reason."""
    ending = {"done_reason": done, "prompt_eval_count": 21, "eval_count": 4} if done else {}
    said = {"role": "assistant", "content": content, **message}
    return {"model": "m", "message": said, "done": bool(done)} | ending


def call(index: int, city: str) -> dict[str, Any]:
    function = {"index": index, "name": "get_weather", "arguments": {"city": city, "unit": "°C"}}
    return {"id": f"call_{index}abc", "function": function}


def double() -> OllamaDouble:
    """Not started yet."""
    embeds, sees = Model("embed:latest", ("embedding",)), Model("vision:latest", ("completion", "vision"))
    made = OllamaDouble(
        models=[Model(THINKER), embeds, sees, *(Model(f"{name}:latest", PLAIN) for name in NAMES)]
    )
    words = Reply.lines(line("Hello"), line(" from"), line(" Paris 🗼"), line(done="stop"))
    shaped = json.dumps({"city": "Paris", "days": [1, 2]})
    forced = json.dumps({"city": "Paris", "unit": "°C"})
    died = "an error was encountered while running the model: unexpected EOF"
    half = Reply.lines(line("Hel"), line("lo"), line(done="stop"))
    scripts: dict[str, list[Reply]] = {
        THINKER: [Reply.lines(line(thinking="Hm"), line(thinking="."), line("Yes"), line(done="stop"))],
        "said": [words],
        "tooled": [Reply.lines(line(tool_calls=[call(0, "Paris"), call(1, "Lyon")]), line(done="stop"))],
        "shaped": [Reply.lines(line(shaped[:12]), line(shaped[12:]), line(done="stop"))],
        "shaped-cut": [Reply.lines(line(shaped[:12]), line(done="length"))],
        "forced": [Reply.lines(line(forced), line(done="stop"))],
        "broken": [half.cut(len(half.whole()) // 2, "rst")],
        "failed": [Reply.lines(line("Hel"), {"error": died})],
        "busy-once": [Reply.error(503, BUSY), words],
        "busy": [Reply.error(503, BUSY)],
        "stuck": [words.stall("headers")],
        "endless": [Reply.lines(*[line("word ")] * 10_000, gap=0.01)],
    }
    for model, replies in scripts.items():
        made.script("/api/chat", *replies, model=model)
    return made
