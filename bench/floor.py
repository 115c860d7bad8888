"""The floor: a bare ASGI application that translates one chat with aiohttp, and checks and keeps nothing."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import aiohttp
import uvicorn

UPSTREAM = os.environ.get("FLOOR_UPSTREAM", "")
session: aiohttp.ClientSession | None = None


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """POST with an OpenAI chat body -> SSE of content deltas, or one JSON body. A socket: `talk`."""
    if scope["type"] == "websocket":
        await talk(receive, send)
    if scope["type"] != "http":
        return
    raw = b""
    more = True
    while more:
        message = await receive()
        raw += message.get("body", b"")
        more = message.get("more_body", False)
    asked = json.loads(raw)
    async with ask(asked["messages"]) as answer:
        if asked.get("stream"):
            await forward(answer, send)
        else:
            await collect(answer, send)


def ask(messages: list[dict[str, str]]) -> Any:
    """The model's answer, streamed, as a context."""
    global session
    session = session or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    payload = {"model": "qwen3:32b", "messages": messages, "stream": True}
    return session.post(f"{UPSTREAM}/api/chat", json=payload)


async def talk(receive: Any, send: Any) -> None:
    """The chat's socket with nothing behind it: a frame for each token of each question, sent as it comes."""
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif (said := json.loads(event["text"]))["t"] == "hello":
            await tell(send, {"t": "ready", "running": []})
        else:
            async with ask([{"role": "user", "content": said["text"]}]) as answer:
                async for line in answer.content:
                    await tell(send, {"t": "delta", "d": json.loads(line)["message"]["content"]})
            await tell(send, {"t": "gen.end"})


async def tell(send: Any, said: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(said, separators=(",", ":"))})


async def forward(answer: aiohttp.ClientResponse, send: Any) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for line in answer.content:
        native = json.loads(line)
        delta = {"choices": [{"index": 0, "delta": {"content": native["message"]["content"]}}]}
        body = b"data: " + json.dumps(delta).encode() + b"\n\n"
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False})


async def collect(answer: aiohttp.ClientResponse, send: Any) -> None:
    text = "".join([json.loads(line)["message"]["content"] async for line in answer.content])
    body = json.dumps({"choices": [{"index": 0, "message": {"content": text}}]}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    quick: dict[str, Any] = {"loop": "uvloop", "http": "httptools", "ws": "websockets-sansio"}
    uvicorn.run(application, port=int(sys.argv[1]), log_level="error", **quick)
