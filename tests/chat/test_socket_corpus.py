"""The list of hostile frames and messages (corpora/websocket), row by row.

The rows of `frames` that are prose are tests of their own, here and in the files that WRITTEN names.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests import corpora
from tests.chat.rawsocket import Came, Raw, bytes_of, frame, handshake
from tests.chat.sockets import Socket
from tests.chat.test_http import began
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply

CASES = corpora.loaded("websocket", "cases.json") or {"frames": [], "json_messages": []}
CHAT = "/api/chat"
HELLO = frame(b'{"t":"hello","v":1,"app":"test"}')
SPELLED = [case for case in CASES["frames"] if re.fullmatch(r"[0-9a-f{}* ]+", case["hex"])]
WRITTEN = {  # rows in prose -> the test that holds them
    **dict.fromkeys(("message-limit", "message-at-limit"), "sizes"),
    **dict.fromkeys(("fragments-10000", "fragments-total-limit"), "sizes"),
    **dict.fromkeys(("no-reads", "silent-peer", "half-close"), "test_hostile_clients"),
    **dict.fromkeys(("disabled-while-open", "logged-out-while-open"), "test_socket_life"),
    **dict.fromkeys(("session-end-while-open", "hello-missing"), "test_socket_life"),
    **dict.fromkeys((
        "handshake-no-key", "handshake-v8", "handshake-http10", "handshake-post", "handshake-dup-origin",
        "handshake-vt-header", "origin-evil", "origin-null", "origin-none-cookie", "origin-none-bearer",
        "origin-port-99999", "origin-other-port", "origin-http", "origin-suffix", "origin-dot",
        "deflate-offered", "identity-none", "identity-ended", "identity-machine", "token-in-query",
        "subprotocol-missing",
    ), "handshakes"),
    "identity-disabled": "test_socket_life",
}  # fmt: skip
ALSO = {"len-64bit-msb": 1009}  # refused by its size, before its highest bit is looked at
VOID = {"handshake-slow": "a head has 60 s (H-24): until it is whole nobody knows that it is a handshake's"}


@pytest.fixture
def slow(double: OllamaDouble) -> Iterator[OllamaDouble]:
    double.script(CHAT, Reply.tokens(2000, rate=50))
    yield double
    double.script(CHAT)


def test_every_row_is_held_by_a_test() -> None:
    prose = {case["id"] for case in CASES["frames"]} - {case["id"] for case in SPELLED}
    assert prose == WRITTEN.keys() | VOID.keys() or not CASES["frames"]


# ---- frames ---------------------------------------------------------------------------------------------


def closes(came: list[Came]) -> list[int | None]:
    return [one.close for one in came if one.opcode == 8]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in SPELLED])
def test_a_frame_is_taken_or_refused_as_rfc_6455_says(world: World, case: dict[str, str]) -> None:
    expected = case["expect"]
    codes = [int(code) for code in re.findall(r"\b(1\d{3}|44\d\d)\b", expected)]
    with Raw(world) as raw:
        assert raw.status == 101
        raw.send(HELLO)
        assert raw.next().content.startswith(b'{"t":"ready"')
        raw.send(bytes_of(case["hex"]))
        if expected.startswith("pong"):
            assert raw.answer() == Came(10, b"a" * 125)
        if expected in ("pong with the same payload", "ignored") and not case["id"].startswith("data-after"):
            raw.send(frame(b'{"t":"ping","n":5}'))
            assert raw.answer().content == b'{"t":"pong","n":5}'
            return
        came = raw.until_close()
        (code,) = closes(came) or [None]
        if case["id"] in ("utf8-cut-in-fragment", "len-16bit-for-small"):
            assert code in (4400, 1002)  # one whole text, and no JSON
        elif expected in ("close back", "ignored"):
            assert [one.opcode for one in came] == [8]
        else:
            assert code in [*codes, ALSO.get(case["id"])]
        if code == 4400:
            assert [json.loads(one.content)["t"] for one in came[-3:-1]] == ["error", "bye"]


# ---- messages -------------------------------------------------------------------------------------------

ROWS = CASES["json_messages"]


class Filled:
    """The placeholders of the rows, filled in for alice of team-a; B is charlie of team-b."""

    def __init__(self, world: World, running: dict[str, Any] | None, theirs: dict[str, Any]) -> None:
        own = running or began(world)
        self.ids: dict[str, str] = {}
        self.known = {
            "C": own["c"], "M": own["ma"], "G": own["g"],
            "C_OF_B": theirs["c"], "M_OF_B": theirs["ma"], "G_OF_B": theirs["g"],
            "FILE_OF_B": str(uuid.uuid4()),
        }  # fmt: skip

    def message(self, text: str) -> str:
        text = re.sub(r"\{\{(.)\*(\d+)\}\}", lambda each: each[1] * int(each[2]), text)
        return re.sub(r"\{\{(\w+)\}\}", lambda each: self.id(each[1]), text)

    def id(self, name: str) -> str:
        if name == "UUID":
            return str(uuid.uuid4())
        return self.known.get(name) or self.ids.setdefault(name, str(uuid.uuid4()))


def conversations(world: World, who: str = "alice") -> dict[str, str]:
    """The newest page: each conversation and where its branch ends."""
    found = world.client(who).get("/api/conversations").json()["conversations"]
    return {one["id"]: one["leaf"] for one in found}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ROWS])
def test_a_message_is_answered_as_the_row_says(
    world: World, case: dict[str, Any], slow: OllamaDouble
) -> None:
    if not case.get("running"):
        slow.script(CHAT)
    expected = case["expect"]
    with Socket(world, "charlie") as theirs, Socket(world) as owner:
        of_b = theirs.ask("B")
        running = owner.ask() if case.get("running") else None
        filled = Filled(world, running, of_b)
        before, before_b = conversations(world), conversations(world, "charlie")
        with Socket(world, hello=not case.get("before_hello")) as socket:
            sent = [filled.message(text) for text in case["messages"]]
            for text in sent:
                socket.wire.send(text)
            answered(socket, sent, expected, case["id"])
        if "nothing stored" in expected or "no row of B" in expected or "no mark" in expected:
            assert conversations(world) == before
        assert conversations(world, "charlie") == before_b
        if case.get("running"):
            owner.send("chat.stop", id=str(uuid.uuid4()), g=running["g"] if running else "")
            theirs.send("chat.stop", id=str(uuid.uuid4()), g=of_b["g"])
        ends = theirs.wait("gen.end", g=of_b["g"]) if case.get("running") else None
        assert ends is None or ends["reason"] == "stopped"  # by its own asker, not before


def answered(socket: Socket, sent: list[str], expected: str, case: str) -> None:
    """The frames that answer these messages, as the row tells."""
    if "before hello" in expected or case in ("msg-30", "msg-31", "msg-32") or "socket stays" not in expected:
        closing = [code for code in map(int, re.findall(r"44\d\d", expected)) if "stays" not in expected]
        if closing:
            assert socket.closed() in closing
            assert [one["t"] for one in socket.seen[-2:]] == ["error", "bye"]
            return
    match case:
        case "msg-22":
            ids = [json.loads(text)["id"] for text in sent]
            assert [socket.wait("ack")["id"] for _ in ids] == ids
        case "msg-26":
            first = socket.until(lambda one: one["t"] in ("delta", "snapshot", "gen.end"))
            assert first["t"] != "delta" or first["s"] == 1
        case "msg-27":
            assert socket.until(lambda one: one["t"] in ("delta", "snapshot", "gen.end"))["t"] != "delta"
        case "msg-29":
            assert socket.wait("error")["code"] == "bad_request"
            assert [one["t"] for one in socket.seen].count("ready") == 1
        case _:
            told(socket, sent, expected)
    socket.send("ping", n=9)
    socket.wait("pong", n=9)


def told(socket: Socket, sent: list[str], expected: str) -> None:
    """Acks and errors with the id of the message."""
    ids = [json.loads(text).get("id") for text in sent]
    if expected.startswith("ignored"):
        return
    if expected.startswith("the same ack twice"):
        first, second = (socket.wait("ack", id=one) for one in ids)
        assert first == second
    elif expected.startswith("ack, then"):
        socket.wait("ack", id=ids[0])
        assert socket.wait("error", id=ids[1])["code"] == "conflict"
    elif expected.startswith("ack"):
        ack = socket.wait("ack", id=ids[0])
        card = socket.world.client().get(f"/api/conversations/{ack['c']}").json()
        assert card["team"] == ("team-a" if "of team-a" in expected else None)
        assert card["mine"]
    else:
        (code,) = re.findall(r"(bad_request|not_found|too_long|busy|model_not_found)", expected)[:1]
        error = socket.wait("error", id=ids[0]) if ids[0] else socket.wait("error")
        assert error["code"] == code
        assert code != "busy" or error["args"]["who"] == "Alice"


# ---- sizes ----------------------------------------------------------------------------------------------

MIB = 1024 * 1024


def padded(size: int) -> bytes:
    """A question of exactly so many bytes, an unknown field holding the padding."""
    said = {"t": "chat.send", "id": str(uuid.uuid4()), "c": None, "text": "x", "pad": ""}
    bare = len(json.dumps(said).encode())
    return json.dumps(said | {"pad": "A" * (size - bare)}).encode()


@pytest.mark.parametrize("fragments", [1, 17])
@pytest.mark.parametrize(("over", "close"), [(0, None), (1, 1009)])
def test_a_message_of_1_mib_passes_and_one_more_byte_does_not(
    world: World, over: int, close: int | None, fragments: int
) -> None:
    said = padded(MIB + over)
    size = -(-len(said) // fragments)
    parts = [said[at : at + size] for at in range(0, len(said), size)]
    with Raw(world) as raw:
        raw.send(HELLO)
        raw.next()
        raw.send(
            b"".join(
                frame(part, 1 if place == 0 else 0, final=place == len(parts) - 1)
                for place, part in enumerate(parts)
            )
        )
        if close is None:
            assert json.loads(raw.answer().content)["t"] == "ack"
        else:
            assert closes(raw.until_close()) == [close]


def test_ten_thousand_empty_fragments_are_one_message(world: World) -> None:
    with Raw(world) as raw:
        raw.send(HELLO)
        raw.next()
        empty = frame(b"", 0, final=False)
        raw.send(frame(b'{"t":"ping",', 1, final=False) + empty * 10_000 + frame(b'"n":3}', 0))
        assert raw.answer().content == b'{"t":"pong","n":3}'


# ---- handshakes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "more", "statuses"),
    [
        pytest.param({"Sec_WebSocket_Key": None}, (), (400,), id="handshake-no-key"),
        pytest.param({"Sec_WebSocket_Version": "8"}, (), (400, 426), id="handshake-v8"),
        pytest.param({"Sec_WebSocket_Version": "99"}, (), (400, 426), id="handshake-v99"),
        pytest.param({"line": "GET /ws/chat HTTP/1.0"}, (), (400, 403, 404), id="handshake-http10"),
        pytest.param({"line": "POST /ws/chat HTTP/1.1"}, (), (400, 403, 404, 405), id="handshake-post"),
        pytest.param({}, ("Origin: https://evil.example",), (400, 403), id="handshake-dup-origin"),
        pytest.param({"Origin": "https://evil.example"}, (), (403,), id="origin-evil"),
        pytest.param({"Origin": "null"}, (), (403,), id="origin-null"),
        pytest.param({"Origin": None}, (), (403,), id="origin-none-cookie"),
        pytest.param({"Origin": "http://127.0.0.1:99999"}, (), (400, 403), id="origin-port-99999"),
        pytest.param({"Origin": "http://127.0.0.1:8443"}, (), (403,), id="origin-other-port"),
        pytest.param({"Origin": "http://127.0.0.1"}, (), (403,), id="origin-http"),
        pytest.param({"Origin": "https://127.0.0.1:{port}"}, (), (403,), id="origin-https"),
        pytest.param({"Origin": "http://127.0.0.1.evil.example:{port}"}, (), (403,), id="origin-suffix"),
        pytest.param({"Origin": "http://127.0.0.1.:{port}"}, (), (403,), id="origin-dot"),
        pytest.param({"Origin": "http://x@127.0.0.1:{port}"}, (), (403,), id="origin-user"),
        pytest.param({"line": "GET /ws/other HTTP/1.1"}, (), (403, 404), id="another-address"),
        pytest.param({}, ("X-A: a\x00b",), (400,), id="handshake-nul-header"),
    ],
)
def test_a_handshake_that_is_not_ours_is_refused(
    world: World, other: dict[str, str | None], more: tuple[str, ...], statuses: tuple[int, ...]
) -> None:
    filled = {name: value and value.replace("{port}", str(world.port)) for name, value in other.items()}
    with Raw(world, handshake(world, "alice", *more, **filled)) as raw:
        assert raw.status in statuses


@pytest.mark.parametrize("bad", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85"])
def test_a_blank_that_is_none_ends_no_header(world: World, bad: str) -> None:
    """CVE-2026-44546: a parser that takes these for line ends reads another Origin than a proxy did."""
    request = handshake(world, "alice", f"X-A: a{bad}Origin: {world.url}", Origin="https://evil.example")
    with Raw(world, request) as raw:
        assert raw.status in (400, 403)


@pytest.mark.parametrize(
    ("who", "other", "path", "close"),
    [
        pytest.param(None, {}, "", 4401, id="identity-none"),
        pytest.param(None, {"Cookie": "clawdbot=ended"}, "", 4401, id="identity-ended"),
        pytest.param(None, {"Authorization": "Bearer {machine}"}, "", 4403, id="identity-machine"),
        pytest.param("alice", {"Authorization": "Bearer {machine}"}, "", 4403, id="cookie-and-bearer"),
        pytest.param(
            None, {"Authorization": "Bearer {machine}", "Origin": None}, "", 4403, id="origin-none-bearer"
        ),
        pytest.param(None, {}, "?token={alice}", 4401, id="token-in-query"),
    ],
)
def test_without_a_session_it_is_said_and_closed(
    world: World, who: str | None, other: dict[str, str | None], path: str, close: int
) -> None:
    def filled(text: str) -> str:
        return text.replace("{machine}", world.token("machine")).replace("{alice}", world.token("alice"))

    headers = {name: value and filled(value) for name, value in other.items()}
    line = f"GET /ws/chat{filled(path)} HTTP/1.1"
    with Raw(world, handshake(world, who, line=line, **headers)) as raw:
        assert raw.status == 101
        came = raw.until_close()
    assert closes(came) == [close]
    assert [json.loads(one.content)["t"] for one in came[:-1]] == ["error", "bye"]
    assert not any(world.token("alice") in line for line in [*world.log, *world.out])


def test_no_compression_is_agreed(world: World) -> None:
    with Raw(world, handshake(world, Sec_WebSocket_Extensions="permessage-deflate")) as raw:
        assert raw.status == 101
        assert "sec-websocket-extensions" not in raw.head.lower()


@pytest.mark.parametrize("offered", [None, "chat", "other, clawd.v1"])
def test_the_subprotocol_is_agreed_where_it_is_offered(world: World, offered: str | None) -> None:
    with Raw(world, handshake(world, Sec_WebSocket_Protocol=offered)) as raw:
        assert raw.status == 101
        assert ("sec-websocket-protocol: clawd.v1" in raw.head.lower()) is ("clawd.v1" in (offered or ""))
        raw.send(HELLO)
        assert raw.next().content.startswith(b'{"t":"ready"')
