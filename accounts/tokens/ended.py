"""What no longer counts, in memory: a few dictionary look-ups tell whether a caller is dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from accounts.caller import Caller

PERSON: Final = "person"
CLIENT: Final = "client"
IDENTITY: Final = "identity"
TOKEN: Final = "token"  # noqa: S105 - a kind of row
SESSION: Final = "session"
RIGHTS: Final = "rights"

CLIENT_PREFIX: Final = "client:"  # a machine client's caller id is this and its client id

Key = tuple[str, str]  # kind and subject


class Row(NamedTuple):
    """A row of the table. before, expires: Unix seconds. kind: one of `Revocation.Kind`."""

    id: int
    kind: str
    subject: str
    before: float
    expires: float


class Ended:
    """The rows by what they name. Every thread may write; reading needs no lock."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.entries: dict[Key, tuple[float, float]] = {}  # before, expires
        self.heard: dict[str, float] = {}  # person's id -> when fewer rights were heard of
        self._lock = threading.Lock()

    def add(self, row: Row) -> None:
        """Learn a row; the same one again changes nothing but the moment it was heard."""
        key = (row.kind, row.subject)
        with self._lock:
            before, expires = self.entries.get(key, (row.before, row.expires))
            self.entries[key] = (max(before, row.before), max(expires, row.expires))
            if row.kind in (RIGHTS, PERSON):
                self.heard[row.subject] = self.clock()

    def refuses(self, caller: Caller, *, known: float | None = None) -> str | None:
        """Why this caller is dead, or None.

        What was issued at or before `before` is dead. A token's iat is a whole second, so one that was issued
        in the second of the revocation but after it is dead too: safe, and over a second later. A proof
        without a time (issued 0) counts as old. known: the caller was here at that time already, whatever
        a clock that goes ahead of ours has written into its proof.
        """
        entries = self.entries
        if not entries:
            return None
        issued = caller.issued if known is None else min(caller.issued, known)
        for key in keys_of(caller):
            entry = entries.get(key)
            if entry is not None and (key[0] in (TOKEN, SESSION) or issued <= entry[0]):
                return "token was revoked" if caller.session is None or caller.token else "session has ended"
        return None

    def stale_since(self, person: str) -> float:
        """When this process last heard of fewer rights for a person (Unix seconds); 0.0: never."""
        return self.heard.get(person, 0.0)

    def forget_expired(self) -> None:
        """Drop what can refuse nothing any more. The dictionaries are replaced: who reads sees whole ones."""
        now = self.clock()
        with self._lock:
            self.entries = {key: entry for key, entry in self.entries.items() if entry[1] > now}
            alive = {subject for kind, subject in self.entries if kind in (RIGHTS, PERSON)}
            self.heard = {person: at for person, at in self.heard.items() if person in alive}


def keys_of(caller: Caller) -> list[Key]:
    """Everything by which a row can name this caller."""
    found: list[Key] = []
    if caller.kind == "person":
        found.append((PERSON, caller.id))
    elif caller.kind == "client":
        found.append((CLIENT, caller.id.removeprefix(CLIENT_PREFIX)))
    if caller.token is not None:
        found.append((TOKEN, caller.token))
    if caller.session is not None:
        found.append((SESSION, caller.session))
    if caller.identity is not None:
        found.append((IDENTITY, caller.identity))
    return found
