"""GET /api/openapi.json describes what is served under /api: real calls and answers are held against it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from chat.openapi import document
from chat.protocol import SERVER
from clawdsite.core.config.schema import Config
from tests.chat.test_http import API
from tests.chat.test_images import picture
from tests.chat.test_import import chatgpt
from tests.chat.world import World, asked, frames_of
from tests.doubles.ollama import OllamaDouble
from tests.gateway.openapi_judge import _closed as closed
from tests.house.test_docs import page

DOCUMENT = document(Config())


@cache
def judge(name: str) -> Draft202012Validator:
    """Fields that the document does not name are wrong."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": closed(DOCUMENT["components"])},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def held(name: str, found: Any) -> Any:
    problems = [f"{error.json_path}: {error.message}" for error in judge(name).iter_errors(found)]
    assert problems == [], name
    return found


def operations() -> dict[str, dict[str, Any]]:
    """`GET /api/x/<id>` -> what the document says of it."""
    return {
        f"{method.upper()} {re.sub(r'{[a-z]+}', '<id>', path)}": found
        for path, methods in DOCUMENT["paths"].items()
        for method, found in methods.items()
        if method != "parameters"
    }


def test_the_document_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    assert len({one["operationId"] for one in operations().values()}) == len(operations())


def test_it_describes_each_call_with_the_scope_that_the_docs_say() -> None:
    rows = re.findall(r"^\| `([A-Z]+ /\S+)` \| (?:`([a-z:]+)`|any) \|", page("chat-api.md"), re.MULTILINE)
    said = {call: [scope] if scope else [] for call, scope in rows}
    assert said == {call: one["security"][0]["token"] for call, one in operations().items()}


def test_each_frame_of_the_servers_is_there() -> None:
    consts = {found["properties"]["t"].get("const") for found in frames()}
    assert consts == set(SERVER)


def frames() -> list[dict[str, Any]]:
    schemas = DOCUMENT["components"]["schemas"]
    return [schemas[one["$ref"].rsplit("/", 1)[1]] for one in schemas["Frame"]["anyOf"]]


def test_real_answers_are_as_it_says(world: World, double: OllamaDouble) -> None:
    alice = world.client("alice")
    question = asked(team="team-a", opts={"think": None})
    answer = alice.post(API, json=held("ChatSend", question))
    assert answer.headers["content-type"].startswith("text/event-stream")
    for frame in frames_of(answer.text):
        held("Frame", frame)
    where = f"{API}/{frames_of(answer.text)[0]['c']}"
    asks = {"t": "chat.regen", "id": asked()["id"], "m": frames_of(answer.text)[0]["ma"]}
    for frame in frames_of(alice.post(f"{where}/messages", json=held("Asked", asks)).text):
        held("Frame", frame)
    clears = held("Asked", {"t": "context.clear", "id": asked()["id"]})
    held("Frame", alice.post(f"{where}/messages", json=clears).json())
    held("Conversation", alice.patch(where, json=held("Change", {"pinned": True})).json())
    held("ConversationPage", alice.get(API).json())
    held("Conversation", alice.get(where).json())
    held("History", alice.get(f"{where}/messages").json())
    held("Export", alice.get(f"{where}/export?format=json").json())
    held("Readers", alice.get(f"{where}/access").json())
    held("Results", alice.get("/api/search?q=hello").json())
    held("Settings", alice.put("/api/settings", json=held("SettingsChange", {"theme": "dark"})).json())
    held("Settings", alice.get("/api/settings").json())
    held("Used", alice.get("/api/usage").json())
    held("Used", world.client("lena").get("/api/usage?team=team-a").json())
    held("Models", alice.get("/api/models").json())
    held("Notices", alice.get("/api/notices").json())
    held("WereNews", alice.post("/api/notices", json=held("Seen", {"seen": []})).json())
    held("Imported", alice.post("/api/import", json=chatgpt()).json())
    assert alice.delete(where).status_code == 204
    held("Conversation", alice.post(f"{where}/undo").json())
    assert alice.get("/api/openapi.json").json()["paths"] == DOCUMENT["paths"]


def test_a_picture_is_as_it_says(double: OllamaDouble) -> None:
    with World(double, models={"vision": "vision:latest"}) as world:
        alice = world.client("alice")
        sent = alice.post("/api/images", content=picture(), headers={"Content-Type": "image/jpeg"})
        held("Image", sent.json())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{API}/01999999-0000-7000-8000-000000000000", None),
        ("POST", API, {"id": "x"}),
        ("PUT", "/api/settings", {"theme": "pink"}),
        ("GET", "/api/search?q=x&cursor=x", None),
    ],
)
def test_refusals_are_the_one_envelope(world: World, method: str, path: str, body: Any) -> None:
    refused = world.client().request(method, path, json=body)
    assert refused.is_error
    held("Error", refused.json())
