"""The double does as a real Ollama does, or the tests that stand on it prove nothing."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import RECORDINGS, Reply, load_recording

RECORDED = sorted(path.stem for path in RECORDINGS.glob("native-*.json"))


def ask(double: OllamaDouble, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
    connection.request(method, path, None if body is None else json.dumps(body))
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    found = answer.status, headers, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_is_replayed_byte_for_byte(name: str) -> None:
    recorded = load_recording(name)
    path = recorded["request"]["path"]
    with OllamaDouble(models=["tiny"]) as double:
        double.script(path, Reply.recording(name))
        status, headers, body = ask(double, recorded["request"]["method"], path, {"model": "tiny"})
    assert status == recorded["status"]
    assert body == "".join(piece["text"] for piece in recorded["body"]).encode()
    assert headers.items() >= recorded["headers"].items()


@pytest.mark.parametrize(
    "name",
    [
        "native-chat-model-missing",
        "native-chat-no-model",
        "native-bad-json",
        "native-show-missing",
        "native-not-found",
        "native-version",
        "native-embed",
    ],
)
def test_made_up_answers_are_the_recorded_ones(name: str) -> None:
    recorded = load_recording(name)
    request = recorded["request"]
    with OllamaDouble(models=["tiny"]) as double:
        status, headers, body = ask(double, request["method"], request["path"], request["body"])
    assert status == recorded["status"]
    assert headers.items() >= recorded["headers"].items()
    assert body == "".join(piece["text"] for piece in recorded["body"]).encode()


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("native-chat-stream", "POST", "/api/chat"),
        ("native-chat-once", "POST", "/api/chat"),
        ("native-generate-stream", "POST", "/api/generate"),
        ("native-preload", "POST", "/api/generate"),
        ("native-ps", "GET", "/api/ps"),
        ("native-tags", "GET", "/api/tags"),
        ("native-chat-empty-messages-loads", "POST", "/api/chat"),
    ],
)
def test_made_up_answers_have_the_recorded_shape(name: str, method: str, path: str) -> None:
    recorded = load_recording(name)
    lines = "".join(piece["text"] for piece in recorded["body"]).splitlines()
    with OllamaDouble(models=["tiny"], tokens=6) as double:
        _, headers, body = ask(double, method, path, recorded["request"]["body"])
    assert headers["content-type"] == recorded["headers"]["content-type"]
    made = body.decode().splitlines()
    assert len(made) == len(lines)
    assert [keys(json.loads(line)) for line in made] == [keys(json.loads(line)) for line in lines]


def keys(value: Any) -> Any:
    """The shape of an answer: names, and one row of each list; details differ by version."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items() if name not in ("details", "capabilities")}
    return [keys(value[0])] if isinstance(value, list) and value else None


def test_a_foreign_host_or_origin_is_forbidden() -> None:
    with OllamaDouble() as double:
        for headers in ({"Host": "clawdbot.example.com"}, {"Origin": "https://evil.example"}):
            connection = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
            connection.request("GET", "/api/tags", headers=headers)
            assert connection.getresponse().status == 403
            connection.close()


def test_with_one_place_answers_follow_one_another() -> None:
    question = {"model": "qwen3:32b", "messages": [{"role": "user", "content": "hi"}]}
    with OllamaDouble(parallel=1, tokens=20, rate=400) as double:
        askers = []
        for count in range(1, 4):
            askers.append(threading.Thread(target=ask, args=(double, "POST", "/api/chat", question)))
            askers[-1].start()
            double.wait_for(lambda journal, count=count: len(journal) == count)
        for asker in askers:
            asker.join()
        spans = [(x.sends[0][0], x.sends[-1][0]) for x in double.journal]
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.doubles.ollama", "--port", "0", "--tokens", "3", "--cold"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as started:
        assert started.stdout is not None
        port = int(started.stdout.readline().rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/api/chat", json.dumps({"model": "qwen3:32b", "messages": [{}]}))
        assert len(connection.getresponse().read().splitlines()) == 4
        connection.request("GET", "/api/ps")
        assert json.loads(connection.getresponse().read())["models"][0]["name"] == "qwen3:32b"
        connection.close()
        started.terminate()
        assert started.wait(10) == 0
