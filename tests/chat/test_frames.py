"""The table of the protocol, the readers of frames, the page and the declaration say the same."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from chat import declared, frames
from chat.frames import BadFrame, Hello, Ping, Resume, Subscribe, from_frame
from chat.protocol import CLIENT, CLOSES, SERVER, wrong_with
from chat.shapes import Message, faults
from chat.words import Refused
from tests.house import tree

SOME = "0199e6f4-8b1c-7000-8000-0123456789ab"
VALUES: dict[str, Any] = {
    **dict.fromkeys(("id", "c", "g", "m", "parent", "focus"), SOME),
    **{"v": 1, "s": 3, "n": 7, "app": "1.0", "lang": "zh-CN", "tz": "Asia/Shanghai", "text": "Hello"},
    **{"have": [{"g": SOME, "s": 3}], "images": [SOME], "opts": {"think": True, "model": "qwen3:32b"}},
    "team": None,
    "more": True,
}
UNREAD = {"app"}  # for the log of a later day
CLIENTS = [pytest.param(message, id=message.t) for message in CLIENT.values()]


def sample(message: Message, **other: Any) -> dict[str, Any]:
    """A whole message of this type."""
    fields = {field.name: VALUES[field.name] for field in message.fields} | other
    if message.t == "chat.send":
        fields |= {"c": None} | other  # a team goes with a new conversation alone
    return {"t": message.t, **fields}


class Watched(dict[str, Any]):
    """Remembers which of its names were asked for."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__(found)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


def test_every_message_of_the_table_has_a_reader_and_no_other() -> None:
    assert frames.READERS.keys() == CLIENT.keys()


@pytest.mark.parametrize("message", CLIENTS)
def test_a_reader_reads_the_fields_of_the_table(message: Message) -> None:
    found = Watched(sample(message))
    frames.READERS[message.t](found)
    assert found.asked - {"t"} == {field.name for field in message.fields} - UNREAD


@pytest.mark.parametrize("message", CLIENTS)
def test_what_is_required_is_required(message: Message) -> None:
    whole = sample(message)
    assert not faults(message.fields, {name: whole[name] for name in whole if name != "t"})
    assert from_frame(json.dumps(whole)) is not None
    for field in message.fields:
        less = {name: value for name, value in whole.items() if name != field.name}
        if field.optional or (message.t, field.name) in (("ping", "n"), ("resume", "s")):
            assert from_frame(json.dumps(less)) is not None
        else:
            with pytest.raises((Refused, BadFrame)):
                from_frame(json.dumps(less))


@pytest.mark.parametrize("message", CLIENTS)
@pytest.mark.parametrize("wrong", [[], {}, [[]], True, 1.5, "", "x", "\ud800", -1, 10**400, None])
def test_no_value_of_any_field_makes_a_reader_fall(message: Message, wrong: Any) -> None:
    for field in message.fields:
        try:
            said = from_frame(json.dumps(sample(message, **{field.name: wrong})))
        except (Refused, BadFrame):
            continue
        assert said is not None


def test_the_page_has_the_tables_as_they_are() -> None:
    text = (tree.ROOT / "docs/protocol.md").read_text()
    assert declared.page(text) == text
    assert declared.client_table() in text
    assert declared.server_table() in text
    assert declared.close_table() in text


def test_the_declaration_is_made_of_the_table() -> None:
    text = (tree.ROOT / "static/src/protocol.d.ts").read_text()
    assert text == declared.declaration()
    for message in [*CLIENT.values(), *SERVER.values()]:
        assert f't: "{message.t}";' in text


def test_every_close_of_the_code_is_described() -> None:
    named = [getattr(frames, name) for name in dir(frames) if name.isupper()]
    ours = {value for value in named if isinstance(value, int) and 1000 <= value < 5000}
    assert len(ours) > 8
    assert ours <= CLOSES.keys()


def test_a_frame_that_is_not_of_the_table_is_seen() -> None:
    assert wrong_with({"t": "pong", "n": 1}) == []
    assert wrong_with({"t": "pong"}) == ["n: missing"]
    assert wrong_with({"t": "pong", "n": True}) == ["n: not number"]
    assert wrong_with({"t": "pong", "n": 1, "m": 2}) == ["m: unknown"]
    assert wrong_with({"t": "delta", "g": SOME.upper(), "s": 1, "k": "raw", "d": "x"}) == [
        "g: not Id",
        'k: not "text" | "think"',
    ]
    assert wrong_with({"t": "nope"}) == ["t: 'nope' is no message of the server's"]


# ---- reading ----------------------------------------------------------------------------------------------


def nested(depth: int) -> str:
    return '{"t":"ping","n":1,"x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"x"', "null", "1", "{}", '{"t":1}', '{"t":null}', '{"t":["ping"]}', "{} {}",
             '{"t":"ping","n":NaN}', '{"t":"ping","n":-Infinity}', "[" * 100_000, '{"t":' * 100_000,
             nested(65), "\ufeff{}", '{"t":"ping","n":' + "9" * 10_000 + "}"],
)  # fmt: skip
def test_what_is_no_frame_is_bad(text: str) -> None:
    with pytest.raises(BadFrame) as bad:
        from_frame(text)
    assert bad.value.close == frames.BAD_FRAME


def test_a_frame_may_nest_64_deep() -> None:
    assert from_frame(nested(64)) == Ping(1)


def test_an_unknown_type_says_nothing() -> None:
    assert from_frame('{"t":"websocket.disconnect"}') is None


def test_numbers_are_clamped_to_what_they_can_be() -> None:
    assert from_frame(json.dumps({"t": "resume", "g": SOME, "s": -1})) == Resume(uuid.UUID(SOME), 0)
    assert from_frame(json.dumps({"t": "resume", "g": SOME, "s": 2**60})) == Resume(uuid.UUID(SOME), 2**53)


@pytest.mark.parametrize("spelled", [SOME.upper(), SOME.replace("-", ""), f"{{{SOME}}}", f"urn:uuid:{SOME}"])
def test_another_spelling_of_an_id_is_not_found(spelled: str) -> None:
    with pytest.raises(Refused) as refused:
        from_frame(json.dumps({"t": "sub", "c": spelled}))
    assert refused.value.code == "not_found"
    assert from_frame(json.dumps({"t": "sub", "c": SOME})) == Subscribe(uuid.UUID(SOME))


def test_what_a_page_remembered_wrongly_spoils_no_hello() -> None:
    said = from_frame(json.dumps({"t": "hello", "v": 1, "focus": "nonsense", "have": [{"g": 7, "s": "x"}]}))
    assert said == Hello(frames.NOWHERE, ((frames.NOWHERE, 0),))


@pytest.mark.parametrize(
    ("hello", "close"),
    [({}, 4400), ({"v": "1"}, 4400), ({"v": True}, 4400), ({"v": 0}, 4426), ({"v": 1, "have": {}}, None),
     ({"v": 1, "have": {"g": 1}}, 4400), ({"v": 1, "have": [1]}, 4400), ({"v": 1, "have": [{}] * 101}, 4400)],
)  # fmt: skip
def test_a_hello_that_is_none_closes(hello: dict[str, Any], close: int | None) -> None:
    if close is None:
        assert from_frame(json.dumps({"t": "hello", **hello})) == Hello()
        return
    with pytest.raises(BadFrame) as bad:
        from_frame(json.dumps({"t": "hello", **hello}))
    assert bad.value.close == close


def test_an_outgoing_frame_leaves_out_what_is_none() -> None:
    assert frames.frame("pong", n=None) == '{"t":"pong"}'
    assert frames.whole("gen.queued", g=uuid.UUID(SOME), pos=1, eta_ms=None) == (
        f'{{"t":"gen.queued","g":"{SOME}","pos":1,"eta_ms":null}}'
    )


@pytest.mark.parametrize(
    "text",
    ["", "Hello", 'a "quoted" \\ word\n', "你好，世界", "😀\x00\x1f\u2028</script>", "\ud800"],
)
def test_a_delta_is_made_as_every_frame_is(text: str) -> None:
    made = frames.delta(uuid.UUID(SOME), 7, "think", text)
    assert made == frames.frame("delta", g=uuid.UUID(SOME), s=7, k="think", d=text)
    assert wrong_with(json.loads(made)) == []
