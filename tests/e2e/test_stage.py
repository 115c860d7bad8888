"""The stage itself: what a test of the page relies on."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.answers import fail, say
from tests.e2e.pages import PageOf, Pages
from tests.e2e.stage import Stage

ASK = """async ([url, frames]) => {
  const socket = new WebSocket(url.replace('http', 'ws') + '/ws/chat', 'clawd.v1');
  window.heard = [];
  window.over = new Promise((resolve) => { socket.onclose = (event) => resolve(event.code); });
  socket.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    window.heard.push(frame);
    if (frame.t === 'ready') frames.forEach((one) => socket.send(JSON.stringify(one)));
  };
  socket.onopen = () => socket.send(JSON.stringify({ t: 'hello', v: 1 }));
}"""
SEND = {"t": "chat.send", "id": "00000000-0000-4000-8000-000000000001", "c": None, "text": "北京天气"}


def heard(page, t: str) -> str:
    return f"() => window.heard.find((frame) => frame.t === '{t}')"


def test_people_are_signed_in_and_strangers_are_not(page_of: PageOf, stage: Stage) -> None:
    page = page_of("alice", lang="zh-CN")
    facts = page.evaluate("fetch('/api/session').then((answer) => answer.json())")
    assert (facts["person"]["name"], facts["teams"]) == ("Alice", ["team-a"])
    assert page.url == stage.page("/")
    assert page_of(None).url == stage.page("/login")


@pytest.mark.parametrize(
    ("who", "scopes"),
    [("reader", ["chat:read", "history:team-a"]), ("writer", ["chat:read", "chat:write", "history:team-a"])],
)
def test_some_may_less(stage: Stage, who: str, scopes: list[str]) -> None:
    assert stage.client(who).get("/api/session").json()["scopes"] == scopes


def test_answers_are_scripted_and_held(page_of: PageOf, stage: Stage) -> None:
    stage.model.answer("北京天气", say("晴，25 度", think="看看", hold="看看晴，"))
    page = page_of("alice")
    page.evaluate(ASK, [stage.url, [SEND]])
    page.wait_for_function("() => window.heard.some((frame) => frame.k === 'text')")
    frames = page.evaluate("() => window.heard")  # not the wire: the page has a socket of its own
    deltas = [frame for frame in frames if frame["t"] == "delta"]
    assert "".join(frame["d"] for frame in deltas if frame["k"] == "think") == "看看"
    assert "".join(frame["d"] for frame in deltas if frame["k"] == "text") == "晴，"
    assert page.evaluate(heard(page, "gen.end")) is None
    stage.model.release()
    page.wait_for_function(heard(page, "gen.end"))
    where = page.wire.heard("ack")[0]["c"]
    assert stage.hands.stored(where)["messages"][1]["text"] == "晴，25 度"
    assert [body["model"] for body in stage.model.asked] == ["qwen3:32b"]


def test_a_title_is_found_where_one_is_scripted(page_of: PageOf, stage: Stage) -> None:
    stage.model.title = "天气"
    page = page_of("alice")
    page.evaluate(ASK, [stage.url, [SEND]])
    page.wait_for_function("() => window.heard.some((frame) => frame.title === '天气')")
    assert len(stage.model.asked) == 1


def test_answers_break_and_fail(page_of: PageOf, stage: Stage) -> None:
    stage.model.next(say("One two three", drop="One"), fail(500))
    for place, kept in ((1, "One"), (2, "")):
        page = page_of("alice")
        page.evaluate(ASK, [stage.url, [SEND | {"id": f"00000000-0000-4000-8000-00000000000{place}"}]])
        page.wait_for_function(heard(page, "gen.end"))
        assert page.wire.heard("gen.end")[0]["reason"] == "error"
        assert stage.hands.stored(page.wire.heard("ack")[0]["c"])["messages"][1]["text"] == kept


def test_the_network_breaks_and_stands_still(
    page_of: PageOf, stage: Stage, allow: Callable[..., None]
) -> None:
    allow("WebSocket connection")
    allow("Failed to load resource")  # what the page fetches when it has time
    page = page_of("alice")
    page.evaluate(ASK, [stage.url, []])
    page.wait_for_function(heard(page, "ready"))
    stage.line.still()
    page.evaluate(ASK, [stage.url, []])
    assert page.evaluate("window.heard") == []
    stage.line.flow()
    page.wait_for_function(heard(page, "ready"))
    assert stage.line.drop_sockets() >= 2
    assert page.evaluate("window.over") == 1006
    stage.line.down()
    with pytest.raises(httpx.TransportError):
        httpx.get(stage.page("/login"), trust_env=False)


def test_what_is_seeded_is_there_and_nothing_else(stage: Stage) -> None:
    client = stage.client("alice")
    assert client.get("/api/conversations").json()["conversations"] == []
    first = stage.seed(
        owner="alice",
        title="报销",
        days_ago=3,
        leaf="second",
        messages=[
            "怎么报销？",
            "先填表。",
            {"key": "second", "parent": "0", "role": "assistant", "text": "问财务。"},
        ],
    )
    stage.seed(owner="bob", team="team-a", messages=["Shared", "Yes"])
    stage.seed(owner="bob", messages=["Private", "Yes"])
    rows = client.get("/api/conversations").json()["conversations"]
    assert [row["title"] for row in rows] == ["Shared", "报销"]
    found = client.get(f"/api/conversations/{first['id']}/messages").json()
    assert (found["leaf"], len(found["messages"])) == (first["messages"][2], 3)
    assert client.get("/api/search", params={"q": "财务"}).json()["results"][0]["conversation"] == first["id"]


def test_it_is_configured_anew_and_killed(stage: Stage) -> None:
    stage.configure(limits={"per_user": {"rpm": 1}})
    client = stage.client("alice")
    stage.restart()
    assert httpx.get(stage.page("/login"), trust_env=False).status_code == 200
    assert client.base_url != stage.gateway.url


def test_the_login_page_is_clean(page_of: PageOf, axe: Callable[..., list[str]]) -> None:
    page = page_of(None, lang="zh-CN")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert axe(page) == []


def test_a_request_to_another_host_is_told_and_leads_nowhere(pages: Pages) -> None:
    page = pages.page_of("alice", bypass_csp=True)
    asked = "fetch('https://elsewhere.example/').then(() => 'answered', () => 'no answer')"
    assert page.evaluate(asked) == "no answer"
    assert "a request to another host: https://elsewhere.example/" in pages.close()
    pages.complaints.clear()
