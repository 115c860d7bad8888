"""Which reply a double of Ollama gives to a request that no script covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.doubles import native
from tests.doubles.host import Host
from tests.doubles.journal import Exchange, with_tag
from tests.doubles.native import Model
from tests.doubles.reply import Reply

WORDS_IN = {"/api/chat": "messages", "/api/generate": "prompt", "/api/embed": "input"}
VERSION = "0.33.0"


class Answers:
    """tokens, rate, thinking: of a made-up answer (rate: words a second, None for no pauses)."""

    def __init__(self, host: Host, tokens: int, rate: float | None, thinking: int) -> None:
        self.host = host
        self.tokens = tokens
        self.rate = rate
        self.thinking = thinking
        self._routes: dict[tuple[str, str], Callable[[Exchange], Reply]] = {
            ("GET", "/"): lambda _: Reply.text("Ollama is running"),
            ("GET", "/api/version"): lambda _: Reply.json({"version": VERSION}),
            ("GET", "/api/tags"): lambda _: Reply.json(native.to_tags(list(host.models.values()))),
            ("GET", "/api/ps"): lambda _: Reply.json(native.to_running(host.running())),
            ("POST", "/api/show"): self._show,
            ("POST", "/api/chat"): self._chat,
            ("POST", "/api/generate"): self._generate,
            ("POST", "/api/embed"): self._embed,
        }

    def reply(self, exchange: Exchange) -> Reply:
        """As a real one checks before it loads anything: Host and Origin, path, body, model."""
        if foreign(exchange.header("host") or "") or exchange.header("origin"):
            return Reply.text(b"", 403)
        route = self._routes.get((exchange.method, exchange.path))
        if route is None:
            if any(path == exchange.path for _, path in self._routes):
                return Reply.text("405 method not allowed", 405)
            return Reply.text("404 page not found", 404)
        return route(exchange)

    def preloads(self, exchange: Exchange) -> bool:
        """A request that only loads (or unloads): no words wanted."""
        body = exchange.body or {}
        wanted = WORDS_IN.get(exchange.path)
        return wanted is not None and not body.get(wanted)

    def unloads(self, exchange: Exchange) -> bool:
        """`keep_alive: 0` without words."""
        return self.preloads(exchange) and (exchange.body or {}).get("keep_alive") == 0

    # ---- routes -------------------------------------------------------------------------------

    def _show(self, exchange: Exchange) -> Reply:
        model = self.host.known(exchange.model)
        return Reply.json(native.to_show(model)) if model else self._refusal(exchange) or Reply.json({})

    def _refusal(self, exchange: Exchange) -> Reply | None:
        body = exchange.body
        if not exchange.raw:
            return Reply.error(400, "missing request body")
        if not isinstance(body, dict):
            return Reply.error(400, "invalid character 'x' looking for beginning of value")
        if not exchange.model:
            return Reply.error(400, "model is required")
        if self.host.known(exchange.model) is None:
            asked = with_tag(body["model"]) if exchange.path == "/api/show" else body["model"]
            return Reply.error(404, f"model '{asked}' not found")
        return None

    def _chat(self, exchange: Exchange) -> Reply:
        if refused := self._refusal(exchange):
            return refused
        body, model = exchange.body, self.host.models[exchange.model]
        if self.preloads(exchange):
            return self._loaded(exchange, {"message": {"role": "assistant", "content": ""}})
        if trouble := incapable(model, body):
            return trouble
        count, reason = self._size(body)
        thinking = self.thinking if body.get("think") and "thinking" in model.capabilities else 0
        return self._words(body, lambda: native.chat_lines(body["model"], count, thinking, reason))

    def _generate(self, exchange: Exchange) -> Reply:
        if refused := self._refusal(exchange):
            return refused
        body, model = exchange.body, self.host.models[exchange.model]
        if "completion" not in model.capabilities:
            return Reply.error(400, f'"{body["model"]}" does not support generate')
        if self.preloads(exchange):
            return self._loaded(exchange, {"response": ""})
        count, reason = self._size(body)
        return self._words(
            body, lambda: native.text_lines(body["model"], count, reason, bool(body.get("raw")))
        )

    def _embed(self, exchange: Exchange) -> Reply:
        if refused := self._refusal(exchange):
            return refused
        body, model = exchange.body, self.host.models[exchange.model]
        if "embedding" not in model.capabilities:
            message = "This server does not support embeddings. Start it with `--embeddings`"
            return Reply.error(501, message)
        given = body.get("input") or []
        texts = [given] if isinstance(given, str) else given
        return Reply.json(native.to_vectors(body["model"], texts, body.get("dimensions")))

    # ---- pieces of them -----------------------------------------------------------------------

    def _loaded(self, exchange: Exchange, said: dict[str, Any]) -> Reply:
        unload = self.unloads(exchange)
        if unload:
            self.host.loaded.discard(exchange.model)
        head = {"model": exchange.body["model"], "created_at": native.now()}
        return Reply.json(head | said | {"done": True, "done_reason": "unload" if unload else "load"})

    def _size(self, body: dict[str, Any]) -> tuple[int, str]:
        limit = (body.get("options") or {}).get("num_predict") or 0
        return (limit, "length") if 0 < limit < self.tokens else (self.tokens, "stop")

    def _words(self, body: dict[str, Any], lines: Callable[[], Any]) -> Reply:
        if body.get("stream") is False:
            return Reply.json(native.to_once(lines()))
        gap = 1 / self.rate if self.rate else 0.0
        return Reply(body=lambda: ((gap, line) for line in lines()))


def incapable(model: Model, body: dict[str, Any]) -> Reply | None:
    """What /api/chat refuses of a model that cannot do it."""
    if "completion" not in model.capabilities:
        return Reply.error(400, f'"{body["model"]}" does not support chat')
    if body.get("tools") and "tools" not in model.capabilities:
        return Reply.error(400, f"registry.ollama.ai/library/{model.name} does not support tools")
    if body.get("think") and "thinking" not in model.capabilities:
        return Reply.error(400, f'"{body["model"]}" does not support thinking')
    return None


def foreign(host: str) -> bool:
    """A name that an Ollama on loopback does not answer to."""
    return host.rpartition(":")[0] not in ("127.0.0.1", "localhost", "[::1]")
