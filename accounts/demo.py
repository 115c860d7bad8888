"""People to try the gateway with, of `clawdbot start --demo`: in development, for this machine alone."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import connections, transaction
from django.http import HttpRequest

from accounts.models import Membership, Team, User
from clawdsite.core.config.live import current

FILE: Final = "demo-people.json"
TEAMS: Final = {"team-a": "Team A", "team-b": "Team B"}
PEOPLE: Final = {  # username -> (name, team, role)
    "alice": ("Alice", "team-a", Membership.Role.MEMBER),
    "bob": ("Bob", "team-a", Membership.Role.LEAD),
    "charlie": ("Charlie", "team-b", Membership.Role.MEMBER),
}


@dataclass(frozen=True, slots=True)
class Demo:
    """Who can sign in with `password`. admin: the administrator among them, empty where there was one."""

    password: str
    names: tuple[str, ...]
    admin: str = ""


_demo: Demo | None = None  # of this process: without --demo the login page shows nobody


def begin() -> Demo | None:
    """Make them on the first start, find them on the next ones -> who they are; None: not on this machine
    alone. A person of the same name who was there before is left as they are. DatabaseError, OSError."""
    global _demo
    config = current()
    if not config.development or not is_loopback(config.server.host):
        return None
    path = Path(config.data_dir) / FILE
    try:
        kept = _read(path)
        there = _there(kept)
        if kept is None or not there:
            kept = _make(kept.password if kept is not None else secrets.token_urlsafe(9))
            _write(path, kept)
            there = kept.names
    finally:
        connections.close_all()
    _demo = Demo(kept.password, there, kept.admin)
    return _demo


def shown_to(request: HttpRequest) -> Demo | None:
    """Those whom the login page offers: to a browser on this machine, which did not come by a proxy."""
    proxied = getattr(request, "scope", {}).get("clawdbot.forwarded", False)  # also by an unknown proxy
    return _demo if is_loopback(request.META.get("REMOTE_ADDR", "")) and not proxied else None


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _there(kept: Demo | None) -> tuple[str, ...]:
    """Those of an earlier start who are still there: the database may be another one by now."""
    if kept is None:
        return ()
    found = set(User.objects.filter(username__in=kept.names).values_list("username", flat=True))
    return tuple(name for name in kept.names if name in found)


def _make(password: str) -> Demo:
    with transaction.atomic():
        names = [name for name in PEOPLE if not User.objects.filter(username=name).exists()]
        for name in names:
            shown, slug, role = PEOPLE[name]
            team, _ = Team.objects.get_or_create(slug=slug, defaults={"name": TEAMS[slug]})
            user = User.objects.create_user(name, password, display_name=shown)
            Membership.objects.create(user=user, team=team, role=role)
        admin = ""
        if not User.objects.filter(is_superuser=True).exists():
            admin = "admin" if not User.objects.filter(username="admin").exists() else "demo-admin"
            User.objects.create_superuser(admin, password, display_name="Admin")
            names.append(admin)
    return Demo(password, tuple(names), admin)


def _read(path: Path) -> Demo | None:
    """What an earlier start kept; a file that is none is as good as no file."""
    try:
        kept: Any = json.loads(path.read_text("utf-8"))
        return Demo(str(kept["password"]), tuple(map(str, kept["names"])), str(kept["admin"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return None


def _write(path: Path, demo: Demo) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"password": demo.password, "names": demo.names, "admin": demo.admin}, file)
