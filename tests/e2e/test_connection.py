"""A connection that is lost, dead, refused or somebody else's: nothing that was said is lost by it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.answers import fail, say
from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.stage import Stage
from tests.e2e.watching import BROKEN, Allow, banner, heard, listens, opened, wire
from tests.proof import proves

# ---- lost and found again --------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
@proves("ui-79")
def test_a_lost_connection_says_when_it_comes_back_and_lets_one_hurry(
    stage: Stage, page_of: PageOf, allow: Allow, lang: str
) -> None:
    allow(*BROKEN)
    chat = opened(page_of, lang=lang)
    expect(banner(chat.page)).to_be_empty()
    chat.page.evaluate("() => { Math.random = () => 1; }")  # the longest wait of each try
    stage.line.down()
    seconds = r"\d+ 秒后重试" if lang == "zh-CN" else r"Retrying in \d+ second"
    expect(banner(chat.page)).to_contain_text(re.compile(seconds))
    expect(chat.box).to_be_editable()
    # a wait that is long enough to be cut short
    chat.page.wait_for_function(
        "() => /in [4-9] seconds|[4-9] 秒后/.test(document.querySelector('#banner').textContent)"
    )
    stage.line.up()
    chat.button("banner.retry", banner(chat.page)).click()
    expect(banner(chat.page)).to_be_empty()
    stage.model.usual = say("There you are.")
    chat.asked("Still there?")
    expect(chat.answers).to_contain_text("There you are.")


@proves("ui-79")
def test_a_short_break_is_nobody_s_business(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*BROKEN)
    chat = opened(page_of)
    chat.page.evaluate("""() => {
      Math.random = () => 0;
      window.signs = [];
      new MutationObserver(() => window.signs.push(document.querySelector('#banner').textContent))
        .observe(document.querySelector('#banner'), { childList: true, subtree: true, characterData: true });
    }""")
    before = stage.line.sockets
    stage.line.drop_sockets()
    stage.gateway.wait_for(lambda: stage.line.sockets > before)
    heard(stage, chat.page, "ready", 2)
    assert chat.page.evaluate("window.signs") == []


@proves("ui-79")
def test_a_connection_that_is_lost_in_the_first_second_is_told_too(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    """Before the part of the page that has the words had come; with the network it is fetched again."""
    allow(*BROKEN)
    page = page_of("alice", go=False)
    page.route(re.compile(r"/rare-\w+\.js"), lambda route: route.abort())
    page.goto(stage.url)
    chat = ChatPage(page)
    chat.ready()
    stage.line.down()
    expect(banner(page)).to_have_text("Reconnecting…")
    page.unroute_all()
    stage.line.up()
    expect(banner(page)).to_be_empty()
    stage.line.down()
    expect(banner(page)).to_contain_text("Retrying in")


@proves("ui-79")
def test_whoever_comes_back_to_the_page_does_not_wait(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*BROKEN)
    chat = opened(page_of)
    chat.page.evaluate("() => { Math.random = () => 1; }")
    stage.line.down()
    expect(banner(chat.page)).to_contain_text("Retrying")
    chat.page.wait_for_function(
        "() => /in [4-9] seconds/.test(document.querySelector('#banner').textContent)"
    )
    stage.line.up()
    chat.page.evaluate("() => { dispatchEvent(new Event('online')); }")
    expect(banner(chat.page)).to_be_empty(timeout=2_000)


@proves("ui-80")
def test_a_dead_link_is_found_and_replaced(stage: Stage, page_of: PageOf) -> None:
    page = page_of("alice", go=False)
    dead: list[Any] = []

    def relay(socket: Any) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(text) if socket not in dead else None)
        dead_end.append(socket)

    dead_end: list[Any] = []
    page.route_web_socket(re.compile("/ws/chat"), relay)
    page.clock.install()  # it has no marks either
    page.goto(stage.url)
    chat = ChatPage(page)
    heard(stage, page, "ready")
    dead.extend(dead_end)
    page.clock.fast_forward(21_000)
    stage.gateway.wait_for(lambda: wire(page).said("ping") or listens(page))
    page.clock.fast_forward(10_500)
    expect(banner(page)).to_have_text("")
    stage.gateway.wait_for(lambda: len(dead_end) > 1 or listens(page))
    stage.model.usual = say("Over the new one.")
    chat.asked("Anybody there?")
    expect(chat.answers).to_contain_text("Over the new one.")


@proves("ui-81", "promise-M8")
def test_what_was_written_meanwhile_comes_after_a_break(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*BROKEN)
    text = "".join(f"第{number}行。\n\n" for number in range(1, 31))
    stage.model.answer("背诵", say(text, hold=text[:50]))
    chat = opened(page_of, lang="zh-CN")
    chat.ask("背诵")
    expect(chat.answers).to_contain_text("第5行。")
    stage.line.down()
    stage.model.release()
    stage.gateway.wait_for(lambda: stage.hands.running() == 0)
    stage.line.up()
    expect(chat.answers).to_contain_text("第30行。", timeout=15_000)
    chat.settled()
    assert chat.answers.locator("p").all_inner_texts() == [f"第{number}行。" for number in range(1, 31)]
    assert len(stage.model.asked) == 1
    expect(chat.questions).to_have_count(1)


@proves("ui-81", "ui-10", "promise-M8")
def test_a_question_whose_ack_is_lost_is_asked_once(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*BROKEN)
    stage.model.usual = say("Once.")
    chat = opened(page_of)
    stage.line.still()
    chat.ask("Only once, please")
    expect(chat.questions).to_contain_text("Only once, please")  # at once
    kept = "() => Object.values(localStorage).some((text) => text.includes('Only once, please'))"
    chat.page.wait_for_function(kept)
    stage.line.drop_sockets()
    stage.line.flow()
    expect(chat.answers).to_contain_text("Once.", timeout=15_000)
    chat.settled()
    sent = wire(chat.page).said("chat.send")
    assert len({frame["id"] for frame in sent}) == 1
    assert len(stage.model.asked) == 1
    expect(chat.questions).to_have_count(1)
    assert not chat.page.evaluate(f"({kept})()")


@proves("ui-91")
def test_a_server_that_died_says_what_became_of_the_answer(
    stage: Stage, page_of: PageOf, allow: Allow
) -> None:
    allow(*BROKEN)
    stage.model.answer("Count", say("one two three four", hold="one two"))
    chat = opened(page_of)
    chat.ask("Count")
    expect(chat.answers).to_contain_text("one two")
    stage.restart()
    expect(chat.answers).to_contain_text(chat.t("log.interrupted"), timeout=25_000)
    expect(chat.answers).to_contain_text("one two")
    expect(banner(chat.page)).to_be_empty(timeout=15_000)
    stage.model.release()
    stage.model.usual = say("Back.")
    chat.asked("And now?")
    expect(chat.answers.last).to_contain_text("Back.")


# ---- not sent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
@proves("ui-82")
def test_what_is_sent_without_a_network_goes_out_once_when_it_is_back(
    stage: Stage, page_of: PageOf, allow: Allow, lang: str
) -> None:
    allow(*BROKEN)
    stage.model.usual = say("Got it.")
    chat = opened(page_of, lang=lang)
    chat.page.context.set_offline(True)
    expect(banner(chat.page)).to_contain_text(chat.t("banner.offline"))
    chat.ask("From the tunnel")
    expect(chat.questions).to_contain_text(chat.t("log.to_be_sent"))
    chat.page.context.set_offline(False)
    expect(chat.answers).to_contain_text("Got it.", timeout=15_000)
    assert len(stage.model.asked) == 1
    expect(banner(chat.page)).to_be_empty()


@proves("ui-82")
def test_what_waits_can_be_taken_back(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*BROKEN)
    chat = opened(page_of)
    chat.page.context.set_offline(True)
    chat.ask("Never mind")
    chat.button("log.cancel", chat.questions).click()
    expect(chat.questions).to_have_count(0)
    chat.page.context.set_offline(False)
    expect(banner(chat.page)).to_be_empty()
    assert wire(chat.page).said("chat.send") == []


@proves("ui-82", "ui-9")
def test_what_waits_survives_a_reload(stage: Stage, page_of: PageOf, allow: Allow) -> None:
    allow(*BROKEN)
    stage.model.usual = say("Got it.")
    chat = opened(page_of)
    chat.page.route_web_socket(re.compile("/ws/chat"), lambda socket: socket.close(code=1013))
    stage.line.drop_sockets()
    chat.page.wait_for_function("() => document.querySelector('#banner').textContent")
    chat.ask("Through a reload")
    expect(chat.questions).to_contain_text(chat.t("log.to_be_sent"))
    chat.page.reload()
    expect(chat.questions).to_have_count(1)
    assert chat.box.input_value() == ""


@proves("ui-83")
def test_a_refused_question_stays_to_be_sent_again(stage: Stage, page_of: PageOf) -> None:
    stage.model.usual = say("Now it works.")
    chat = opened(page_of)

    def refuses(socket: Any) -> None:
        server = socket.connect_to_server()

        def on(text: str) -> None:
            if '"chat.send"' not in text or refused:
                server.send(text)
                return
            sent = re.search(r'"id":"([^"]+)"', text)
            assert sent is not None
            refused.append(sent[1])
            fault = {"t": "error", "id": sent[1], "code": "internal_error", "key": "error.internal_error"}
            socket.send(json.dumps(fault | {"args": {}, "retry": True, "ref": "ws_42"}))

        socket.on_message(on)

    refused: list[str] = []
    chat.page.route_web_socket(re.compile("/ws/chat"), refuses)
    chat.page.reload()
    chat.ready()
    chat.ask("Does it work?")
    expect(chat.questions).to_contain_text(chat.t("error.internal_error"))
    expect(chat.questions).to_contain_text("Does it work?")
    chat.button("log.retry", chat.questions).click()
    expect(chat.answers).to_contain_text("Now it works.")
    expect(chat.questions).to_have_count(1)
    assert [one["messages"][-1]["content"] for one in stage.model.asked] == ["Does it work?"]


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
@proves("ui-84")
def test_a_model_that_fails_is_told_in_words_and_tried_again(
    stage: Stage, page_of: PageOf, lang: str
) -> None:
    stage.model.next(fail(500), say("Second try."))
    chat = opened(page_of, lang=lang)
    chat.ask("Try")
    expect(chat.answers).to_contain_text(chat.t("error.upstream_error"))
    chat.button("log.retry", chat.answers).click()
    expect(chat.answers).to_contain_text("Second try.")


@pytest.mark.parametrize("lang", ["en-US", "zh-CN"])
@proves("ui-85")
def test_a_rate_limit_counts_down_and_ends_by_itself(
    stage: Stage, page_of: PageOf, allow: Allow, lang: str
) -> None:
    allow(*BROKEN)  # a minute goes by at once
    stage.configure(limits={"per_user": {"rpm": 1, "parallel": None}})
    stage.model.usual = say("Yes.")
    page = page_of("alice", go=False, lang=lang)
    page.route("**/api/models", lambda route: route.fulfill(json={"models": []}))  # it would count
    page.clock.install()  # it has no marks either
    page.goto(stage.url)
    chat = ChatPage(page)
    heard(stage, page, "ready")
    chat.asked("One")
    chat.ask("Two")
    expect(chat.box).to_have_value("Two")  # given back
    seconds = re.compile(r"\d+ 秒后可" if lang == "zh-CN" else r"again in \d+ second")
    expect(page.locator("#dock")).to_contain_text(seconds)
    expect(chat.box).to_be_editable()
    stage.configure(limits={"per_user": {"rpm": 100, "parallel": None}})
    page.clock.run_for(61_000)
    expect(page.locator("#dock")).not_to_contain_text(seconds)
    chat.box.press("Enter")
    expect(chat.answers).to_have_count(2)
