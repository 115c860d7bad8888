"""Clients that flood, vanish, read nothing or ask for what is not theirs harm nobody else."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket as sockets
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.chat.rawsocket import Raw, frame, handshake
from tests.chat.sockets import Socket
from tests.chat.test_generation import CHAT, history, some
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.doubles.reply import Reply

HELLO = frame(b'{"t":"hello","v":1}')


def resident(world: World) -> int:
    """Bytes of the gateway that are in memory."""
    pages = int(Path(f"/proc/{world.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def files(world: World) -> int:
    return len(os.listdir(f"/proc/{world.pid}/fd"))


def alive(socket: Socket) -> None:
    number = int.from_bytes(os.urandom(3), "big")
    socket.send("ping", n=number)
    socket.wait("pong", n=number)


def test_twenty_tabs_see_the_same_answer_and_one_more_is_refused(world: World) -> None:
    with contextlib.ExitStack() as stack:
        tabs = [stack.enter_context(Socket(world, "lena")) for _ in range(20)]
        ack = tabs[0].ask()
        tabs[0].wait("gen.end", g=ack["g"])
        for tab in tabs[1:]:
            told = tab.wait("conv.updated", c=ack["c"])
            assert told["updated"]
            assert "title" not in told  # it may be an older one than was told meanwhile
            tab.send("resume", g=ack["g"], s=0)
            tab.wait("gen.end", g=ack["g"])
        with Socket(world, "lena", hello=False) as late:
            assert late.closed() == 4409
        for tab in tabs:
            alive(tab)
    with Socket(world, "lena") as again:
        alive(again)


def test_ten_thousand_frames_a_second_close_one_socket_and_no_other(world: World) -> None:
    with Socket(world, "bob") as other, Raw(world) as flood:
        flood.send(HELLO)
        ping = frame(b'{"t":"ping","n":1}')
        with contextlib.suppress(OSError):
            for _ in range(20):
                flood.send(ping * 500)
        codes = [one.close for one in flood.until_close() if one.opcode == 8]
        assert codes in ([4429], [])  # the rest of the flood may reset the connection first
        alive(other)
        ack = other.ask()
        other.wait("gen.end", g=ack["g"])


def test_unknown_frames_count_as_frames(world: World) -> None:
    with Socket(world) as socket:
        with contextlib.suppress(Exception):
            for _ in range(200):
                socket.send("nope")
        assert socket.closed() == 4429


def test_two_tabs_that_send_at_once_get_one_answer_and_one_busy(world: World, double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(200, rate=50))
    with Socket(world) as one, Socket(world) as two:
        ack = one.ask()
        one.wait("gen.end", g=ack["g"])
        ids = [str(uuid.uuid4()), str(uuid.uuid4())]

        def send(tab: Socket, sent_id: str) -> dict[str, Any]:
            tab.send("chat.send", id=sent_id, c=ack["c"], text="at once", images=[], opts={})
            return tab.until(lambda found: found.get("id") == sent_id)

        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(send, (one, two), ids))
        assert sorted(found["t"] for found in told) == ["ack", "error"]
        (refused,) = (found for found in told if found["t"] == "error")
        assert (refused["code"], refused["args"]) == ("busy", {"who": "Alice"})
        (begun,) = (found for found in told if found["t"] == "ack")
        one.send("chat.stop", id=str(uuid.uuid4()), g=begun["g"])
        assert one.wait("gen.end", g=begun["g"])["reason"] == "stopped"
    double.script(CHAT)


def test_a_question_sent_again_after_a_lost_ack_is_one_message_and_one_answer(
    world: World, double: OllamaDouble
) -> None:
    asked_before = len(double.journal.to(CHAT))
    fields = {"id": str(uuid.uuid4()), "c": None, "text": "only once", "images": [], "opts": {}}
    with Raw(world) as lost:
        lost.send(HELLO)
        lost.next()
        lost.send(frame(json.dumps({"t": "chat.send", **fields}).encode()))  # and the network is gone
        linger = sockets.SO_LINGER
        lost.next()
        lost.wire.setsockopt(sockets.SOL_SOCKET, linger, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    with Socket(world) as again:
        again.send("chat.send", **fields)
        ack = again.wait("ack", id=fields["id"])
        again.wait("gen.end", g=ack["g"])
        roles = [one["role"] for one in history(world, ack["c"])]
        assert roles == ["user", "assistant"]
        assert len(double.journal.to(CHAT)) - asked_before == 1


def test_a_stop_of_somebody_elses_answer_finds_nothing_and_it_runs_to_its_end(
    world: World, double: OllamaDouble
) -> None:
    double.script(CHAT, Reply.tokens(60, rate=40))
    with Socket(world, "alice") as alice, Socket(world, "charlie") as charlie:
        ack = alice.ask()
        some(alice, ack["g"], 2)
        charlie.send("chat.stop", id=(sent_id := str(uuid.uuid4())), g=ack["g"])
        assert charlie.wait("error", id=sent_id)["code"] == "not_found"
        assert alice.wait("gen.end", g=ack["g"])["reason"] == "stop"
    double.script(CHAT)


def test_who_waits_for_the_model_is_told_the_place(double: OllamaDouble) -> None:
    double.script(CHAT, Reply.tokens(100_000, rate=20))
    with (
        World(double) as world,
        Socket(world, "alice") as alice,
        Socket(world, "bob") as bob,
        Socket(world, "dora") as dora,
    ):
        world.configure(upstream={"url": double.url, "max_connections": 1})
        assert world.reload()["level"] == "info"
        first = alice.ask()
        some(alice, first["g"], 1)
        second = bob.ask()
        assert bob.wait("gen.start", g=second["g"])["model"]
        assert bob.wait("gen.queued", g=second["g"])["pos"] == 1
        third = dora.ask()
        assert dora.wait("gen.queued", g=third["g"])["pos"] == 2
        alice.send("chat.stop", id=str(uuid.uuid4()), g=first["g"])
        alice.wait("gen.end", g=first["g"])
        moved = dora.wait("gen.queued", g=third["g"])
        assert (moved["pos"], moved["eta_ms"] is None) == (1, False)
        some(bob, second["g"], 1)
        dora.send("chat.stop", id=str(uuid.uuid4()), g=third["g"])
        assert dora.wait("gen.end", g=third["g"])["reason"] == "stopped"
    double.script(CHAT)


# ---- clients that do not read ---------------------------------------------------------------------------


def test_a_client_that_reads_nothing_costs_no_memory_and_gets_one_snapshot(
    world: World, double: OllamaDouble
) -> None:
    """It is offered 30 MB of pongs and an answer; what it does not take is not made."""
    double.script(CHAT, Reply.tokens(3000, rate=1500))
    with Socket(world, "alice") as alice, Raw(world, handshake(world, "bob"), receive=4096) as deaf:
        ack = alice.ask(team="team-a")
        some(alice, ack["g"], 1)
        deaf.send(HELLO + frame(json.dumps({"t": "sub", "c": ack["c"]}).encode()))
        before = resident(world)
        alice.wait("gen.end", g=ack["g"])
        assert resident(world) - before < 20_000_000
        seen = []
        while not seen or seen[-1]["t"] != "gen.end":
            seen.append(json.loads(deaf.next().content))
        whole = history(world, ack["c"])[1]["text"]
        shown = next(one["text"] for one in reversed(seen) if one["t"] == "snapshot")
        last = max(at for at, one in enumerate(seen) if one["t"] == "snapshot")
        assert shown + "".join(one["d"] for one in seen[last:] if one["t"] == "delta") == whole
    double.script(CHAT)


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_client_that_goes_without_a_word_is_forgotten(world: World, how: str) -> None:
    with Socket(world, "bob") as other:
        alive(other)
        before = files(world)
        for _ in range(20):
            with Raw(world) as raw:
                raw.send(HELLO)
                raw.next()
                if how == "rst":
                    raw.wire.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\x01" + bytes(7))
                else:
                    raw.wire.shutdown(sockets.SHUT_WR)
                    raw.until_close()
        world.wait_for(lambda: files(world) <= before + 2)
        alive(other)


SILENT = """
import sys, socket
from websockets.sync.client import connect
with connect(sys.argv[2], origin=sys.argv[3], additional_headers={"Cookie": "clawdbot=" + sys.argv[4]},
             subprotocols=["clawd.v1"], proxy=None) as wire:
    wire.send('{"t":"hello","v":1}')
    wire.recv()
    print(wire.socket.getsockname()[1], flush=True)
    sys.stdin.read()
"""
SOON = """
import sys
import uvicorn
made = uvicorn.Config.__init__
def sooner(config, *words, **more):
    made(config, *words, **more)
    config.ws_ping_interval /= 10
    config.ws_ping_timeout /= 10
uvicorn.Config.__init__ = sooner
from clawdsite.cli import main
sys.exit(main())
"""
ESTABLISHED = "01"  # as /proc/net/tcp has it


def holds(world: World, port: int) -> bool:
    """Whether the gateway has a connection with this port of a client's on this machine."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = [(row[1].split(":")[1], row[2].split(":")[1], row[3]) for row in rows]
    return (f"{world.port:04X}", f"{port:04X}", ESTABLISHED) in ends


class Sooner(World):
    """It asks its clients for a sign of life every 2 s, and waits 2 s for it: else each takes 20 s."""

    program = ("-c", SOON)


def test_a_client_that_is_frozen_is_closed_after_its_pings(double: OllamaDouble) -> None:
    with Sooner(double) as world:
        freeze(world)


def freeze(world: World) -> None:
    """A client that answers, then stands still, loses its connection after the second ping at the latest."""
    address = world.url.replace("http", "ws") + "/ws/chat"
    child = subprocess.Popen(
        [sys.executable, "-c", SILENT, "-", address, world.url, world.cookie("bob")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        assert holds(world, port)
        child.send_signal(signal.SIGSTOP)
        world.wait_for(lambda: not holds(world, port))
    finally:
        child.kill()
        child.communicate()
