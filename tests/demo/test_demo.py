"""The simulated model: it says what it is, speaks Ollama's protocol and ends when told."""

from __future__ import annotations

import asyncio
import json
import unittest
from typing import Any

import httpx
import pytest
from jsonschema import validate

from clawdsite import demo
from gateway.wire.ollama import facts_from_show

ASK = {"model": "qwen3:32b", "messages": [{"role": "user", "content": "Who are you?"}], "stream": True}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Demo(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.demo = await demo.serve(words_per_second=10_000)
        self.http = httpx.AsyncClient(base_url=self.demo.url, trust_env=False)
        self.addAsyncCleanup(self.demo.close)
        self.addAsyncCleanup(self.http.aclose)

    async def lines(self, path: str = "/api/chat", **body: Any) -> list[dict[str, Any]]:
        reply = await self.http.post(path, json=ASK | body)
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "application/x-ndjson"
        return [json.loads(line) for line in reply.text.splitlines()]

    async def said(self, **body: Any) -> str:
        return "".join(line["message"]["content"] for line in await self.lines(**body))

    async def test_the_model_is_named_clawdbot_demo_whatever_was_asked(self) -> None:
        lines = await self.lines()
        assert {line["model"] for line in lines} == {"clawdbot-demo"}
        tags = (await self.http.get("/api/tags")).json()
        assert [(m["name"], m["details"]["family"]) for m in tags["models"]] == [
            ("clawdbot-demo", "clawdbot-demo")
        ]
        show = (await self.http.post("/api/show", json={"model": "anything"})).json()
        assert show["details"]["family"] == "clawdbot-demo"
        assert {"completion", "tools", "thinking", "embedding"} == set(show["capabilities"])

    async def test_the_gateway_asks_and_answers_by_that_name(self) -> None:
        shown = (await self.http.post("/api/show", json={"model": "qwen3:32b"})).json()
        facts = facts_from_show("qwen3:32b", shown)
        assert (facts.name, facts.demo, facts.context_length) == ("clawdbot-demo", True, 8192)

    async def test_an_english_question_is_told_that_the_model_is_simulated_and_how_to_get_a_real_one(
        self,
    ) -> None:
        said = await self.said()
        assert "simulated model" in said
        assert "ollama pull qwen3:32b" in said
        assert "Who are you?" in said

    async def test_a_chinese_question_is_answered_in_chinese(self) -> None:
        said = await self.said(messages=[{"role": "user", "content": "你是谁？"}])
        assert "模拟模型" in said
        assert "ollama pull qwen3:32b" in said
        assert "simulated" not in said

    async def test_an_answer_comes_word_by_word_and_ends_with_done_and_counts(self) -> None:
        lines = await self.lines(think=False)
        assert len(lines) > 30
        assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
        assert lines[-1]["done_reason"] == "stop"
        assert lines[-1]["eval_count"] == len(lines) - 1
        assert lines[-1]["prompt_eval_count"] == 3

    async def test_thinking_comes_first_unless_it_is_off(self) -> None:
        thoughts = [bool(line["message"].get("thinking")) for line in await self.lines()]
        assert thoughts[0]
        assert thoughts == sorted(thoughts, reverse=True)
        assert not any("thinking" in line["message"] for line in await self.lines(think=False))

    async def test_a_tool_that_the_question_names_is_called_with_its_subject(self) -> None:
        asked = [{"role": "user", "content": "What is the weather in Paris today?"}]
        lines = await self.lines(messages=asked, tools=[WEATHER])
        calls = [call for line in lines for call in line["message"].get("tool_calls", [])]
        assert [call["function"] for call in calls] == [
            {"index": 0, "name": "get_weather", "arguments": {"city": "Paris"}}
        ]
        assert calls[0]["id"].startswith("call_")

    async def test_a_tool_that_nobody_asked_for_is_left_alone_and_a_result_is_repeated(self) -> None:
        assert not any("tool_calls" in line["message"] for line in await self.lines(tools=[WEATHER]))
        result = [*ASK["messages"], {"role": "tool", "tool_name": "get_weather", "content": "21 degrees"}]
        assert "21 degrees" in await self.said(messages=result, tools=[WEATHER])

    async def test_json_is_json_and_a_schema_is_obeyed(self) -> None:
        assert json.loads(await self.said(format="json"))["simulated"] is True
        schema = {
            "$defs": {"Kind": {"enum": ["a", "b"]}},
            "type": "object",
            "properties": {
                "kind": {"$ref": "#/$defs/Kind"},
                "many": {"type": "array", "items": {"type": "integer", "minimum": 5}},
                "either": {"anyOf": [{"const": 7}, {"type": "null"}]},
                "note": {"type": ["string", "null"]},
                "yes": {"type": "boolean"},
            },
            "required": ["kind", "many", "either", "note", "yes"],
            "additionalProperties": False,
        }
        validate(json.loads(await self.said(format=schema)), schema)

    async def test_a_schema_that_points_at_itself_ends(self) -> None:
        schema = {"type": "object", "properties": {"next": {"$ref": "#"}}}
        assert "next" in json.loads(await self.said(format=schema))

    async def test_a_limit_cuts_with_length_and_a_stop_word_with_stop(self) -> None:
        cut = await self.lines(think=False, options={"num_predict": 3})
        assert (len(cut), cut[-1]["done_reason"], cut[-1]["eval_count"]) == (4, "length", 3)
        assert await self.said(think=False, options={"stop": [" model"]}) == "This is a simulated"

    async def test_without_streaming_the_whole_answer_is_one_object(self) -> None:
        one = (await self.http.post("/api/chat", json=ASK | {"stream": False})).json()
        assert one["done"] is True
        assert one["message"]["content"] == await self.said()
        assert one["message"]["thinking"]

    async def test_generate_loads_without_a_prompt_and_answers_with_one(self) -> None:
        loaded = (await self.http.post("/api/generate", json={"model": "llama3"})).json()
        assert loaded["done_reason"] == "load"
        names = [m["name"] for m in (await self.http.get("/api/ps")).json()["models"]]
        assert names == ["clawdbot-demo", "llama3"]
        text = "".join(line["response"] for line in await self.lines("/api/generate", prompt="Once"))
        assert "simulated model" in text

    async def test_embeddings_are_small_unit_vectors_and_the_same_for_the_same_text(self) -> None:
        reply = (await self.http.post("/api/embed", json={"model": "x", "input": ["a", "b", "a"]})).json()
        first, second, third = reply["embeddings"]
        assert first == third != second
        assert abs(sum(value * value for value in first) - 1) < 1e-3
        short = (await self.http.post("/api/embed", json={"input": "a", "dimensions": 8})).json()
        assert len(short["embeddings"][0]) == 8

    async def test_the_version_and_the_root_are_ollamas(self) -> None:
        assert (await self.http.get("/api/version")).json() == {"version": "0.33.0"}
        assert (await self.http.get("/")).text == "Ollama is running"
        assert (await self.http.get("/api/nothing")).status_code == 404

    async def test_nonsense_is_a_400_or_an_answer_and_never_a_broken_connection(self) -> None:
        for body in (b"{", b"[]", b"\xff"):
            assert (await self.http.post("/api/chat", content=body)).status_code == 400
        odd = {"messages": 5, "tools": {"a": 1}, "options": [], "format": 3, "stream": False}
        assert (await self.http.post("/api/chat", json=odd)).status_code == 200
        chunked = await self.http.post("/api/embed", content=_chunks())
        assert len(chunked.json()["embeddings"]) == 1

    async def test_a_broken_request_line_is_refused_and_the_connection_closed(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(self.demo.url).port)
        writer.write(b"nonsense\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith(b"HTTP/1.1 400 ")
        writer.close()


class Ending(unittest.IsolatedAsyncioTestCase):
    async def test_closing_ends_a_slow_answer_under_way_and_frees_the_port(self) -> None:
        slow = await demo.serve(words_per_second=0.01)
        async with httpx.AsyncClient(base_url=slow.url, trust_env=False) as http:
            async with http.stream("POST", "/api/chat", json=ASK) as reply:
                lines = reply.aiter_lines()
                assert json.loads(await anext(lines))["done"] is False
                await asyncio.wait_for(slow.close(), 5)
                with pytest.raises(httpx.RemoteProtocolError):
                    await anext(lines)
            with pytest.raises(httpx.ConnectError):
                await http.get("/")
        await slow.close()

    async def test_words_come_at_a_readers_pace(self) -> None:
        paced = await demo.serve(words_per_second=50)
        self.addAsyncCleanup(paced.close)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with httpx.AsyncClient(base_url=paced.url, trust_env=False) as http:
            await http.post("/api/chat", json=ASK | {"think": False, "options": {"num_predict": 10}})
        assert 0.19 < loop.time() - begun < 5


async def _chunks():
    yield b'{"input":'
    yield b'"a"}'
