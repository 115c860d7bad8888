"""A token comes in, an answer comes out: what a program sees."""

from __future__ import annotations

import json
from typing import Any

from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply
from tests.live import LiveGateway, events_of
from tests.proof import proves

HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}
CHAT = "/v1/chat/completions"


def line(content: str = "", done: bool = False, **more: Any) -> dict[str, Any]:
    """One native line."""
    ending = {"done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2} if done else {}
    return {"model": "m", "message": {"role": "assistant", "content": content}, "done": done} | ending | more


def named(double: OllamaDouble, path: str = "/api/chat") -> dict[str, Any]:
    """The body of the last call that went upstream."""
    body = double.journal.to(path)[-1].body
    assert isinstance(body, dict)
    return body


class TestWhole:
    @proves("promise-S2")
    def test_an_answer_comes_back_in_openais_shape(self, gateway: LiveGateway, double: OllamaDouble):
        double.script("/api/chat", Reply.lines(line("Hel"), line("lo"), line(done=True)))
        with gateway.client("alice") as alice:
            answer = alice.post(CHAT, json=HI)
        body = answer.json()
        assert answer.status_code == 200
        assert body["object"] == "chat.completion"
        assert body["model"] == "qwen3:32b"
        assert body["choices"][0]["message"]["content"] == "Hello"
        assert body["choices"][0]["finish_reason"] == "stop"
        assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (3, 2)
        assert answer.headers["x-request-id"].startswith("req_")

    @proves("promise-S3")
    def test_an_alias_and_no_name_at_all_reach_the_configured_model(self):
        models = {"default": "llama3:8b", "aliases": {"gpt-4o": "glm4:9b"}}
        with (
            OllamaDouble(models=["llama3:8b", "glm4:9b"]) as double,
            LiveGateway(upstream={"url": double.url}, models=models) as gateway,
            gateway.client() as alice,
        ):
            alice.post(CHAT, json=HI)
            assert named(double)["model"] == "llama3:8b"
            assert alice.post(CHAT, json=HI | {"model": "gpt-4o"}).json()["model"] == "glm4:9b"
            assert named(double)["model"] == "glm4:9b"

    def test_options_of_the_configuration_fill_in_what_the_request_leaves_out(self, double: OllamaDouble):
        models = {"options": {"qwen3:32b": {"temperature": 0.7, "top_k": 20}}}
        with LiveGateway(upstream={"url": double.url}, models=models) as gateway, gateway.client() as alice:
            alice.post(CHAT, json=HI | {"temperature": 0})
        assert named(double)["options"] | {"temperature": 0, "top_k": 20} == named(double)["options"]

    def test_three_answers_are_three_calls_with_seeds_of_their_own(
        self, gateway: LiveGateway, double: OllamaDouble
    ):
        with gateway.client() as alice:
            body = alice.post(CHAT, json=HI | {"n": 3, "seed": 7}).json()
        seeds = sorted(exchange.body["options"]["seed"] for exchange in double.journal.to("/api/chat"))
        assert seeds == [7, 8, 9]
        assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]


class TestUpstream:
    @proves("promise-S4")
    def test_no_header_of_the_client_travels_upstream(self, gateway: LiveGateway, double: OllamaDouble):
        sent = {"Cookie": "a=b", "Origin": "http://x.example", "X-Probe": "1", "Accept-Encoding": "gzip, br"}
        with gateway.client(headers=sent) as alice:
            alice.post(CHAT, json=HI)
        headers = {name.lower(): value for name, value in double.journal.to("/api/chat")[-1].headers}
        assert not {"cookie", "origin", "x-probe", "authorization", "x-forwarded-for"} & set(headers)
        assert "br" not in headers.get("accept-encoding", "")
        assert headers["host"] in double.url

    def test_authorization_is_forwarded_or_fixed_only_where_the_configuration_says_so(
        self, double: OllamaDouble
    ):
        for setting, expected in (("Bearer door-key", "Bearer door-key"), ("forward", None)):
            upstream = {"url": double.url, "authorization": setting}
            with LiveGateway(upstream=upstream) as gateway, gateway.client("alice") as alice:
                alice.post(CHAT, json=HI)
                sent = double.journal.to("/api/chat")[-1].header("authorization")
                assert sent == (expected or alice.headers["authorization"])

    @proves("promise-S5", "hard-H52")
    def test_opaque_ids_travel_in_the_body_and_never_the_users_own_word(
        self, gateway: LiveGateway, double: OllamaDouble
    ):
        with gateway.client("alice") as alice:
            alice.post(CHAT, json=HI | {"user": "boss", "metadata": {"session_id": "s-1"}})
        body = named(double)
        assert body["session_id"] == "s-1"
        assert body["user_id"].endswith("alice")
        assert "boss" not in json.dumps(body)

    @proves("promise-S5")
    def test_they_travel_with_what_is_embedded_too(self, gateway: LiveGateway, double: OllamaDouble):
        double.script("/api/embed", Reply.json({"embeddings": [[1, 2]], "prompt_eval_count": 3}))
        asked = {"input": "x", "user": "boss"}
        with gateway.client("alice") as alice:
            alice.post("/v1/embeddings", json=asked, headers={"X-Session-Id": "s-1"})
            body = named(double, "/api/embed")
            refused = alice.post("/v1/embeddings", json=asked, headers={"X-Session-Id": "s" * 129})
        assert (body["session_id"], "boss" in json.dumps(body)) == ("s-1", False)
        assert body["user_id"].endswith("alice")
        assert refused.status_code == 400

    @proves("hard-H52")
    def test_identify_false_sends_no_ids(self, double: OllamaDouble):
        upstream = {"url": double.url, "identify": False}
        with LiveGateway(upstream=upstream) as gateway, gateway.client() as alice:
            alice.post(CHAT, json=HI, headers={"X-Session-Id": "s-1"})
        assert not {"user_id", "session_id"} & set(named(double))


class TestSession:
    @proves("promise-S6")
    def test_empty_messages_with_a_session_answer_empty_and_call_no_model(
        self, gateway: LiveGateway, double: OllamaDouble
    ):
        with gateway.client() as alice:
            body = alice.post(CHAT, json={"messages": []}, headers={"X-Session-Id": "s-1"}).json()
            assert body["choices"][0]["message"]["content"] == ""
            assert body["choices"][0]["finish_reason"] == "stop"
            assert body["usage"]["total_tokens"] == 0
            streamed = alice.post(CHAT, json={"messages": [], "stream": True, "session_id": "s-1"})
        frames = events_of(streamed.text)
        assert json.loads(frames[0])["choices"][0]["delta"]["role"] == "assistant"
        assert json.loads(frames[1])["choices"][0]["finish_reason"] == "stop"
        assert frames[2] == "[DONE]"
        assert not double.journal.to("/api/chat")

    def test_empty_messages_without_a_session_are_refused(self, gateway: LiveGateway):
        with gateway.client() as alice:
            answer = alice.post(CHAT, json={"messages": []})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "empty_array"


class TestDoor:
    @proves("promise-S12")
    def test_no_valid_token_is_the_401_that_was_promised(self, gateway: LiveGateway, double: OllamaDouble):
        with gateway.stranger() as stranger:
            nothing = stranger.post(CHAT, json=HI)
            bad = stranger.post(CHAT, json=HI, headers={"Authorization": "Bearer a.b.c"})
        for answer in (nothing, bad):
            error = answer.json()["error"]
            assert answer.status_code == 401
            assert error.pop("details")
            assert error == {
                "message": "Invalid or expired token",
                "type": "authentication_error",
                "param": None,
                "code": "AUTH_INVALID_TOKEN",
            }
        assert nothing.headers["www-authenticate"] == 'Bearer realm="clawdbot"'
        assert 'error="invalid_token"' in bad.headers["www-authenticate"]
        assert len(double.journal) == 0

    def test_a_reader_may_list_models_but_not_ask(self, gateway: LiveGateway, double: OllamaDouble):
        with gateway.client("reader") as reader:
            assert reader.get("/v1/models").status_code == 200
            refused = reader.post(CHAT, json=HI)
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "insufficient_scope"
        assert "chat:write" in refused.json()["error"]["message"]
        assert not double.journal.to("/api/chat")

    def test_another_method_says_which_one_is_right(self, gateway: LiveGateway):
        with gateway.client() as alice:
            answer = alice.get(CHAT)
        assert answer.status_code == 405
        assert "POST" in answer.json()["error"]["message"]

    def test_the_body_must_be_json_and_the_answer_says_so(self, gateway: LiveGateway):
        with gateway.client() as alice:
            form = alice.post(CHAT, data={"messages": "hi"})
            packed = alice.post(CHAT, content=b"{}", headers={"Content-Encoding": "gzip"})
        assert form.status_code == packed.status_code == 415
        assert form.json()["error"]["param"] == "Content-Type"
        assert packed.json()["error"]["param"] == "Content-Encoding"


class TestOthers:
    def test_models_are_listed_and_found_also_by_alias_and_with_a_slash(self, double: OllamaDouble):
        models = {"aliases": {"team/large": "qwen3:32b"}}
        with LiveGateway(upstream={"url": double.url}, models=models) as gateway, gateway.client() as alice:
            ids = [card["id"] for card in alice.get("/v1/models").json()["data"]]
            assert {"qwen3:32b", "team/large"} <= set(ids)
            assert alice.get("/v1/models/team/large").json()["id"] == "team/large"
            missing = alice.get("/v1/models/nope:1b")
        assert missing.status_code == 404
        assert missing.json()["error"]["code"] == "model_not_found"

    @proves("promise-E1")
    def test_embeddings_come_back_as_numbers_or_base64(self, gateway: LiveGateway, double: OllamaDouble):
        double.script("/api/embed", Reply.json({"embeddings": [[1, 2]], "prompt_eval_count": 3}))
        with gateway.client() as alice:
            asked = {"model": "qwen3:32b", "input": "hi"}
            plain = alice.post("/v1/embeddings", json=asked | {"encoding_format": "float"}).json()
            packed = alice.post("/v1/embeddings", json=asked | {"encoding_format": "base64"}).json()
        assert plain["data"][0]["embedding"] == [1, 2]
        assert packed["data"][0]["embedding"] == "AACAPwAAAEA="
        assert plain["usage"]["prompt_tokens"] == 3

    @proves("promise-E1")
    def test_a_list_of_prompts_gives_an_answer_each(self, gateway: LiveGateway, double: OllamaDouble):
        with gateway.client() as alice:
            body = alice.post("/v1/completions", json={"prompt": ["a", "b"], "n": 2}).json()
        assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
        prompts = sorted(exchange.body["prompt"] for exchange in double.journal.to("/api/generate"))
        assert prompts == ["a", "a", "b", "b"]

    @proves("promise-E1")
    def test_responses_answer_in_their_own_shape(self, gateway: LiveGateway, double: OllamaDouble):
        double.script("/api/chat", Reply.lines(line("Hello"), line(done=True)))
        with gateway.client() as alice:
            body = alice.post("/v1/responses", json={"input": "hi"}).json()
        assert body["object"] == "response"
        assert body["status"] == "completed"
        assert body["output"][-1]["content"][0]["text"] == "Hello"

    def test_the_openapi_document_is_served(self, gateway: LiveGateway):
        with gateway.client() as alice:
            document = alice.get("/v1/openapi.json").json()
        assert CHAT in document["paths"]
