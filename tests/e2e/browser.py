"""Which Chromium the browser's tests drive, and with what it is started."""

from __future__ import annotations

import shutil
from typing import Final

# Debian's headless shell first, as Playwright itself does: a page costs less than half the CPU in it.
PROGRAMS: Final = ("chromium-headless-shell", "chromium", "chromium-browser")
MISSING: Final = "no chromium on PATH; on Debian and Ubuntu: apt-get install chromium"
HERE: Final = ("localhost", "127.0.0.1")


def program() -> str | None:
    """The path of the first that is here."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def words(*more: str, hosts: tuple[str, ...] = ()) -> list[str]:
    """The words it is started with. hosts: names that are this machine, besides its own.

    No other name leads anywhere: what a page asks of another host fails, wherever the tests run.
    """
    rules = [f"MAP {host} 127.0.0.1" for host in hosts]
    rules += ["MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in HERE)]
    return [f"--host-resolver-rules={', '.join(rules)}", *more]
