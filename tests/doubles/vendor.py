"""The ground under the doubles of WeCom, DingTalk, Feishu and Lark: a loopback server that refuses.

What a vendor documents and a caller does otherwise is refused and noted in `faults`; a test ends with
none, unless it took them (`take_faults`). People and departments can be changed while it runs, by method,
by the page at `/double`, or by POST to it. Times are of an injected clock.
"""

from __future__ import annotations

import html
import json
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

CODE_LIVES = 300.0  # seconds: all three vendors


@dataclass
class Department:
    id: str
    name: str
    parent: str | None = None


@dataclass
class Person:
    """id: userid (WeCom), unionId (DingTalk), union_id (Feishu). status: `active`, `disabled`, `left`, or
    `outside` (of the company: a customer, somebody of another tenant)."""

    id: str
    name: str
    departments: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    email: str = ""
    status: str = "active"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    def one(self, name: str) -> str:
        return next((value for key, value in self.query if key == name), "")

    @property
    def names(self) -> list[str]:
        return [key for key, _ in self.query]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None  # say it only once this is set


@dataclass
class Grant:
    """A code: for whom, for which request, since when."""

    person: str
    asked: dict[str, str]
    at: float
    used: bool = False


class VendorDouble(ABC):
    """`with WeComDouble(...) as double:` -> `.url`, `.options()`, `.asked`, `.faults`."""

    title: ClassVar[str] = ""
    departments_begin: ClassVar[tuple[Department, ...]] = ()

    def __init__(
        self,
        app: str,
        secret: str,
        *,
        redirect_uris: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        """redirect_uris: the registered ones; none: each is."""
        self.app, self.secret, self.redirect_uris = app, secret, tuple(redirect_uris)
        self.people: dict[str, Person] = {}
        self.departments = {one.id: replace(one) for one in self.departments_begin}
        self.faults: list[str] = []
        self.asked: list[Asked] = []
        self.switches: dict[str, Any] = {}
        self.lock = threading.RLock()
        self._clock, self._ahead = clock, 0.0
        self._grants: dict[str, Grant] = {}
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self._app_tokens: dict[str, float] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _door(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """provider_options that lead a provider here."""

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """What the vendor says to a request that is not one of the double's own pages."""

    # For tests and demonstrations

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve(self) -> None:
        """Until the process ends."""
        self._server.serve_forever(0.2)

    def stop(self) -> None:
        """From now on the connection is refused."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
            self._server.server_close()

    def now(self) -> float:
        return self._clock() + self._ahead

    def later(self, seconds: float) -> None:
        """The double's clock goes ahead."""
        self._ahead += seconds

    def add(self, person: Person) -> Person:
        self.people[person.id] = person
        return person

    def move(self, person: str, *departments: str) -> None:
        self.people[person].departments = list(departments)

    def move_department(self, department: str, parent: str) -> None:
        self.departments[department].parent = parent

    def delete(self, person: str) -> None:
        del self.people[person]

    def count(self, path: str) -> int:
        with self.lock:
            return sum(asked.path == path for asked in self.asked)

    def last(self, path: str) -> Asked:
        with self.lock:
            return next(asked for asked in reversed(self.asked) if asked.path == path)

    def say(self, path: str, reply: Reply | dict[str, Any], times: int = 1, status: int = 200) -> None:
        """The next answers at that path, whatever is asked."""
        made = reply if isinstance(reply, Reply) else self.as_json(reply, status)
        self._scripts[path].extend([made] * times)

    def forget_app_tokens(self) -> None:
        """App tokens end before their time."""
        with self.lock:
            self._app_tokens.clear()

    def take_faults(self) -> list[str]:
        """The faults so far, which the test expected; afterwards there are none."""
        with self.lock:
            taken, self.faults[:] = list(self.faults), []
            return taken

    def grant(self, person: str, asked: dict[str, str] | None = None) -> str:
        """A code for a person, as if they had agreed."""
        code = f"code{secrets.token_hex(12)}"
        with self.lock:
            self._grants[code] = Grant(person, asked or {}, self.now())
        return code

    # For the vendors' halves

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(f"{self.title}: {text}")

    def as_json(self, body: Any, status: int = 200) -> Reply:
        return Reply(status, json.dumps(body, ensure_ascii=False).encode())

    def take(self, code: str) -> Grant | None:
        """The grant of a code: once, within five minutes. Anything else is a fault."""
        with self.lock:
            found = self._grants.get(code)
            wrong = "is none" if found is None else "was used" if found.used else ""
            if found is not None and not wrong and self.now() - found.at > CODE_LIVES:
                wrong = "is older than five minutes"
            if wrong or found is None:
                self.fault(f"the code {wrong}")
                return None
            found.used = True
            return found

    def above(self, department: str) -> str | None:
        return self.departments[department].parent

    def redirect_allowed(self, uri: str) -> bool:
        return not self.redirect_uris or uri in self.redirect_uris

    def page_to_sign_in(self, asked: Asked) -> Reply:
        """A page with a button a person, and one to refuse. No script, so it stands under any policy."""
        rows = "".join(
            f'<p><a role="button" href="/double/agree?{html.escape(self._agreed(asked, person.id))}">'
            f"Sign in as {html.escape(person.name)}</a></p>"
            for person in self.people.values()
        )
        query = html.escape(self._agreed(asked, ""))
        refuse = f'<p><a role="button" href="/double/refuse?{query}">Refuse</a></p>'
        return _html(f"{self.title} (double)", rows + refuse)

    def _agreed(self, asked: Asked, person: str) -> str:
        return urlencode([("double_person", person), *asked.query], quote_via=quote)

    def agreed(self, asked: Asked) -> Reply:
        """The button was pressed: back to where the request said."""
        wanted = dict(asked.query)
        person, back = wanted.pop("double_person"), wanted["redirect_uri"]
        if person not in self.people:
            return Reply(404, b"no such person", "text/plain")
        return self.back_to(back, self.agreement(self.grant(person, wanted), wanted["state"]))

    def back_to(self, uri: str, query: dict[str, str]) -> Reply:
        return Reply(302, headers={"Location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(query)}"})

    def agreement(self, code: str, state: str) -> dict[str, str]:
        return {"code": code, "state": state}

    def refusal(self, state: str) -> dict[str, str]:
        return {"error": "access_denied", "state": state}

    # The door

    def hear(self, asked: Asked) -> Reply:
        with self.lock:
            self.asked.append(asked)
            if script := self._scripts[asked.path]:
                return script.popleft()
        if asked.path == "/double/agree":
            return self.agreed(asked)
        if asked.path == "/double/refuse":
            return self.back_to(asked.one("redirect_uri"), self.refusal(asked.one("state")))
        if asked.path == "/double":
            return self._own_page(asked)
        return self.answer(asked)

    def _own_page(self, asked: Asked) -> Reply:
        """GET: who is there. POST, as JSON or form: person and departments (moved), status, or delete."""
        if asked.method == "POST":
            form = asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
            wanted = dict(parse_qsl(asked.body.decode())) if form else asked.json
            self._change(wanted)
            return Reply(303, headers={"Location": "/double"})
        rows = "".join(self._row(person) for person in self.people.values())
        places = "".join(
            f"<li>{html.escape(one.id)}: {html.escape(one.name)}, under {html.escape(one.parent or '-')}</li>"
            for one in self.departments.values()
        )
        faults = "".join(f"<li>{html.escape(fault)}</li>" for fault in self.faults)
        return _html(f"{self.title} (double)", f"{rows}<ul>{places}</ul><h2>Faults</h2><ul>{faults}</ul>")

    def _row(self, person: Person) -> str:
        name, places = html.escape(person.name), html.escape(",".join(person.departments))
        return (
            f'<form method="post"><input type="hidden" name="person" value="{html.escape(person.id)}">{name}'
            f' <input name="departments" value="{places}"> <button>Move</button>'
            ' <button name="delete" value="yes">Delete</button></form>'
        )

    def _change(self, wanted: dict[str, Any]) -> None:
        if "department" in wanted:
            self.move_department(wanted["department"], wanted["parent"])
        elif wanted.get("delete"):
            self.delete(wanted["person"])
        else:
            places = wanted.get("departments")
            if places is not None:
                self.move(wanted["person"], *(places.split(",") if isinstance(places, str) else places))
            self.people[wanted["person"]].status = wanted.get("status", self.people[wanted["person"]].status)


def _html(title: str, body: str) -> Reply:
    text = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>{body}</html>'
    return Reply(200, text.encode(), "text/html; charset=utf-8")


def _door(double: VendorDouble) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                self.command,
                parts.path,
                parse_qsl(parts.query, keep_blank_values=True),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            reply = double.hear(asked)
            if reply.hold is not None:
                reply.hold.wait(20)
            try:
                self._say(reply)
            except OSError:
                self.close_connection = True  # who asked went away

        do_POST = do_GET

        def _say(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.kind, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """The journal is enough."""

    return Door
