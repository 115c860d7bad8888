"""One gateway process from its sockets to its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import logging
import resource
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from clawdsite import __version__
from clawdsite.asgi import application, django_app, leave, leaving
from clawdsite.core import assets
from clawdsite.core.config import live
from clawdsite.entry import DebugDoor, Entry
from clawdsite.serve import demo, migrations, signals, sockets
from clawdsite.serve.protocol import Bounded
from clawdsite.serve.server import GatewayServer

log = logging.getLogger(__name__)

PATIENCE: Final = (
    5.0  # seconds the listening line waits for the tables: with them everything works when it is read
)
LOOPBACK: Final = "127.0.0.1"
COLLECT: Final = (10_000, 20, 20)  # objects: streaming makes and drops many; by Python's own 700 it costs 5 %
SPARE_FILES: Final = 512  # kept from clients, for the upstream, the database and the log


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for, besides the configuration in force. path: its file."""

    path: Path | None = None
    debug_port: bool = True
    demo: bool = False


def run(plan: Plan, tell: Callable[[str], None]) -> int:
    """Serve until a signal -> exit code. tell: words for the console. Raises CannotListen."""
    config = live.current()
    Bounded.most_connections = max(64, open_files() - SPARE_FILES)
    listeners = sockets.listen(config.server.host, config.server.port)
    debug = debug_listeners(plan, tell)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(serve(plan, listeners, debug, tell))


async def serve(
    plan: Plan, listeners: list[socket.socket], debug: list[socket.socket], tell: Callable[[str], None]
) -> int:
    """The life of the process on its loop."""
    stand_in = await demo.Stand.begin(plan.path, tell) if plan.demo else None
    server = GatewayServer(application, lifespan=True)
    drain = signals.Drain(lambda: setattr(server, "should_exit", True), leaving, leave)
    signals.attach(drain, signals.Reloader(stand_in.keep if stand_in else lambda: None))
    serving = asyncio.create_task(server.serve(sockets=listeners))
    await _open(server, serving)
    first_try = asyncio.Event()
    tables = asyncio.ensure_future(_tables(first_try))
    beside: list[asyncio.Future[None]] = [asyncio.ensure_future(_welcome(tables, tell, plan.demo))]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(first_try.wait(), PATIENCE)
    gc.collect()
    gc.set_threshold(*COLLECT)
    gc.freeze()  # what is loaded now stays: no collection needs to look at it again
    config = live.current()
    log.info("serving", extra={"fields": {"version": __version__, "mode": config.mode}})
    tell(f"Gateway listening on {sockets.shown(config.server.host, listeners[0].getsockname()[1])}")
    if not assets.is_built():
        tell(f"{assets.UNBUILT} The API works without it.")
    debug_server = _open_debug(debug, tell)
    await serving
    if debug_server is not None:
        debug_server.should_exit = True
        beside.append(debug_server.task)
    tables.cancel()
    await asyncio.wait(beside, timeout=PATIENCE)
    if stand_in is not None:
        await stand_in.end()
    return 0


async def _open(server: GatewayServer, serving: asyncio.Task[None]) -> None:
    """Until the server is open, or fails to open."""
    opened = asyncio.create_task(server.opened.wait())
    await asyncio.wait((opened, serving), return_when=asyncio.FIRST_COMPLETED)
    opened.cancel()
    if serving.done():
        serving.result()


async def _tables(first_try: asyncio.Event) -> None:
    """The tables. What is no matter of the database is a bug; the gateway serves on, not ready."""
    try:
        await migrations.apply(first_try)
    except Exception:
        log.exception("the tables cannot be made")
        raise asyncio.CancelledError from None
    finally:
        first_try.set()


async def _welcome(tables: asyncio.Future[None], tell: Callable[[str], None], with_demo: bool) -> None:
    """In development whoever can sign in at once, when the tables are there; no password is ever logged."""
    with contextlib.suppress(asyncio.CancelledError):
        await tables
        if not live.current().development:
            return
        try:
            await asyncio.to_thread(_first_people, tell, with_demo)
        except (DatabaseError, OSError) as error:
            log.warning("nobody was made who could sign in: %s", type(error).__name__)


def _first_people(tell: Callable[[str], None], with_demo: bool) -> None:
    """The people of the demo where it was asked for, else the first administrator."""
    from accounts import demo as people_to_try  # models: only after django.setup

    url = live.current().public_url
    people = people_to_try.begin() if with_demo else None
    if people is not None:
        tell(f"Sign in at {url} as {', '.join(people.names)}; password {people.password}")
    made = migrations.first_administrator()
    if made is not None:
        name, password = made
        tell(f"First administrator: {name}, password {password} (shown this once)")
    if made is not None or (people is not None and people.admin):
        tell(f"Administration: {url}/admin/")


# ---- debug port --------------------------------------------------------------------------------


class DebugServer(GatewayServer):
    """The second listener; `task` serves it."""

    task: asyncio.Future[None]


def debug_listeners(plan: Plan, tell: Callable[[str], None]) -> list[socket.socket]:
    """Sockets for the debug port where it may be open: development, loopback (S8, H-43).

    That a configured one stays closed in production is one of the configuration's warnings.
    """
    config = live.current()
    port = config.debug_port
    if not (config.development and port and plan.debug_port):
        return []
    try:
        return sockets.listen(LOOPBACK, port)
    except sockets.CannotListen:
        tell(f"The debug port {port} is in use; going on without it (debug_port, or --no-debug-port).")
        return []


def _open_debug(listeners: list[socket.socket], tell: Callable[[str], None]) -> DebugServer | None:
    if not listeners:
        return None
    server = DebugServer(Entry(django_app, DebugDoor()), lifespan=False)
    server.task = asyncio.ensure_future(server.serve(sockets=listeners))
    port = listeners[0].getsockname()[1]
    tell(f"Debug port, without login, for this machine only: http://localhost:{port}/v1")
    return server


# ---- the machine -------------------------------------------------------------------------------


def open_files() -> int:
    """Raise the limit of open files as far as the system lets this user -> how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft > 0 else 1_000_000  # unlimited


def check_driver() -> None:
    """Raises ImproperlyConfigured where the driver of the database or of Redis is not installed."""
    _ = connection.vendor
    if live.current().redis_url.get_secret_value() and importlib.util.find_spec("redis") is None:
        raise ImproperlyConfigured("redis_url needs redis-py; it comes with clawdbot[redis]")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not on Windows
        return None
    return uvloop.new_event_loop
