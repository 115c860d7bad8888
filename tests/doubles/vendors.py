"""The doubles of the vendors as a process: `python -m tests.doubles.vendors --port 9100`.

WeCom listens on the port, DingTalk, Feishu and Lark on the three after it. Each has three people and a
page at /double where they are moved and deleted. Prints an entry of `oauth2` for each, a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from typing import Any, Final

from tests.doubles.dingtalk import DingTalkDouble
from tests.doubles.feishu import FeishuDouble, LarkDouble
from tests.doubles.vendor import Person, VendorDouble
from tests.doubles.wecom import WeComDouble

KINDS: Final[dict[str, type[VendorDouble]]] = {
    "wecom": WeComDouble,
    "dingtalk": DingTalkDouble,
    "feishu": FeishuDouble,
    "lark": LarkDouble,
}
SECRET: Final = "a-secret-of-the-double-{kind}-0123456789"


def stock(double: VendorDouble, kind: str) -> VendorDouble:
    """alice and bob are of Team A, charlie is of Sales."""
    team, sales = ("od-3", "od-4") if kind in ("feishu", "lark") else ("3", "4")
    prefix = {"wecom": "", "dingtalk": "union", "feishu": "on-", "lark": "on-lark-"}[kind]
    for name, place in {"alice": team, "bob": team, "charlie": sales}.items():
        double.add(Person(f"{prefix}{name}", name.capitalize(), [place]))
    return double


def make(kind: str, port: int = 0, **more: Any) -> VendorDouble:
    """A stocked double that is not started yet."""
    return stock(KINDS[kind](f"app-{kind}", SECRET.format(kind=kind), port=port, **more), kind)


def provider(double: VendorDouble, kind: str, redirect_uri: str, **more: Any) -> dict[str, Any]:
    """An entry of `oauth2` that leads to this double."""
    options = {**double.options(), **more.pop("provider_options", {})}
    return {
        "provider": kind,
        "client_id": double.app,
        "client_secret": double.secret,
        "redirect_uri": redirect_uri,
        "provider_options": options,
        **more,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100, help="0: four free ones")
    parser.add_argument("--redirect-uri", default="http://localhost:8080/callback")
    given = parser.parse_args()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    doubles = {kind: make(kind, given.port and given.port + place) for place, kind in enumerate(KINDS)}
    for kind, double in doubles.items():
        double.__enter__()
        print(json.dumps(provider(double, kind, given.redirect_uri)), flush=True)
    stop.wait()
    for double in doubles.values():
        double.stop()


if __name__ == "__main__":
    main()
