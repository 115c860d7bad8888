"""What the simulated model says, in the language of the question: what it is, how to get a real one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from clawdsite.demo.schemas import example

Json = dict[str, Any]

CJK: Final = "\u3400-\u4dbf\u4e00-\u9fff"
PIECE: Final = re.compile(rf"\s*(?:[{CJK}]{{1,2}}|[^\s{CJK}]+)|\s+")
QUOTED: Final = 200  # characters of the question that are repeated

THINKING_EN: Final = "A simulated model has no thoughts; this only shows where they would appear."
THINKING_ZH: Final = "模拟模型不会思考，这段文字只是演示思考过程显示在哪里。"
ANSWER_EN: Final = (
    "This is a simulated model (clawdbot-demo). No real model is connected yet, so every question gets this "
    "answer. You wrote: “{question}”\n\n"
    "To talk to a real model, start Ollama, run `ollama pull qwen3:32b` and start Clawdbot again. For an "
    "Ollama on another machine, or for Llama 3 or GLM-4, set `upstream.url` and `models.default` in "
    "`config.dev.yaml`."
)
ANSWER_ZH: Final = (
    "这是一个模拟模型（clawdbot-demo），目前还没有接入真正的大模型，所以无论问什么都只会得到这段回答。"
    "您的问题是：“{question}”\n\n"
    "要接入真实模型，请启动 Ollama，执行 `ollama pull qwen3:32b`，再重新启动 Clawdbot。"
    "如果 Ollama 在另一台机器上，或者想使用 Llama 3、GLM-4，"
    "请修改 `config.dev.yaml` 中的 `upstream.url` 和 `models.default`。"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What will be streamed: thinking, then text, or one native tool call."""

    text: str = ""
    thinking: str = ""
    tool_call: Json | None = None


def to_pieces(text: str) -> list[str]:
    """Words of a text, with the space before them; joined they are the text again."""
    return PIECE.findall(text)


def listed(value: Any) -> list[Any]:
    """The value where it is a list, else nothing."""
    return value if isinstance(value, list) else []


def messages_of(body: Json) -> list[Json]:
    """The messages of a native body that are objects."""
    return [message for message in listed(body.get("messages")) if isinstance(message, dict)]


def compose(body: Json) -> Answer:
    """The answer to a native /api/chat body, whatever is in it."""
    messages = messages_of(body)
    last = messages[-1] if messages else {}
    question = _question(messages)
    thinking = "" if body.get("think") is False else _either(question, THINKING_EN, THINKING_ZH)
    if body.get("format"):
        return Answer(_formatted(body["format"], question), thinking)
    if last.get("role") == "tool":
        result = str(last.get("content", ""))
        said = _either(question, "The tool answered: {0} (simulated model)", "工具返回：{0}（模拟模型）")
        return Answer(said.format(result), thinking)
    chosen = _tool(listed(body.get("tools")), question)
    if chosen is not None:
        return Answer(thinking=thinking, tool_call=chosen)
    return Answer(_plain(question), thinking)


def continued(prompt: str) -> Answer:
    """The answer to a native /api/generate prompt."""
    return Answer(_plain(prompt))


def _plain(question: str) -> str:
    return _either(question, ANSWER_EN, ANSWER_ZH).replace("{question}", _short(question))


def _question(messages: list[Json]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user":
            return str(message.get("content", ""))
    return ""


def _either(question: str, english: str, chinese: str) -> str:
    return chinese if re.search(f"[{CJK}]", question) else english


def _short(question: str) -> str:
    return question if len(question) <= QUOTED else question[:QUOTED] + "…"


def _formatted(form: Any, question: str) -> str:
    if isinstance(form, dict):
        return json.dumps(example(form, _short(question)), ensure_ascii=False)
    return json.dumps({"simulated": True, "answer": _plain(question)}, ensure_ascii=False)


def _tool(tools: list[Any], question: str) -> Json | None:
    """A call of the first tool that the question names, whole or by a longer word of its name."""
    asked = question.lower()
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            continue
        if any(word in asked for word in _words(function["name"])):
            arguments = example(function.get("parameters"), _subject(question))
            arguments = arguments if isinstance(arguments, dict) else {}
            return {"index": 0, "name": function["name"], "arguments": arguments}
    return None


def _words(name: str) -> list[str]:
    return [name.lower(), *(word for word in re.split(r"[_\-]", name.lower()) if len(word) > 3)]


def _subject(question: str) -> str:
    """The last capitalised word after the first one, as in `weather in Paris?`; else the question."""
    capitals = re.findall(r"(?<=\s)[A-Z]\w+", question)
    return capitals[-1] if capitals else _short(question)
