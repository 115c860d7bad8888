"""Whether this process tells others, and hears them: where redis_url is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clawdsite.core.config.live import current

if TYPE_CHECKING:
    from chat.relay import Relay


class Listening:
    """From the first request to the last, on the event loop."""

    def __init__(self) -> None:
        self._relay: Relay | None = None

    def start(self) -> None:
        url = current().redis_url.get_secret_value()
        if url and self._relay is None:
            from chat.relay import Relay  # redis-py need not be there otherwise

            self._relay = Relay(url)
            self._relay.start()

    async def stop(self) -> None:
        if self._relay is not None:
            relay, self._relay = self._relay, None
            await relay.stop()


listening: Final = Listening()
