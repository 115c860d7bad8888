"""Caller: who is asking, as plain frozen data. Nothing below it asks how they proved it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["person", "client", "token", "debug"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what they brought.

    kind: `person` (session or known identity), `client` (machine client), `token` (unknown subject
        of an accepted issuer; owns no conversations), `debug` (the debug port, development only).
    id: opaque and stable; goes upstream as `user_id` and into the log: a person's UUID, `client:<id>`,
        `<issuer name>:<sub>` for kind `token`.
    scopes: exactly what was granted; a session carries all of its person's.
    teams: slugs whose history the caller may see.
    leads: slugs of the teams that a person leads; only ever some of `teams`.
    session: our own session id, where there is one.
    token: the bearer's `jti`, where there is one. issued: when the proof was made, Unix seconds (a bearer's
        `iat`, a session's sign-in); 0: unknown. identity: "<issuer> <sub>" behind a foreign bearer. The last
        three are what a revocation can name.
    """

    kind: Kind
    id: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    teams: frozenset[str] = field(default_factory=frozenset)
    leads: frozenset[str] = field(default_factory=frozenset)
    session: str | None = None
    token: str | None = None
    issued: float = 0.0
    identity: str | None = None
