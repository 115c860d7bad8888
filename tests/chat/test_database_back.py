"""The database goes and comes back: so do conversations, by themselves (M16)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.chat.test_http import API, began
from tests.chat.world import World
from tests.doubles.ollama import OllamaDouble
from tests.postgres import running
from tests.proof import proves


def statuses(world: World) -> set[int]:
    """Of more requests at once than the pool has threads."""
    with ThreadPoolExecutor(16) as pool:
        return {answer.status_code for answer in pool.map(lambda _: world.client().get(API), range(48))}


@proves("promise-M16", "fault-F31")
def test_every_thread_finds_a_database_that_was_started_anew(double: OllamaDouble) -> None:
    with running() as server, World(double, database_url=server.database()) as world:
        assert statuses(world) == {200}
        server.stop()
        assert statuses(world) == {503}
        server.start()
        assert statuses(world) == {200}
        began(world)
