"""Who comes from which provider with which groups, and what is written down of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts import linking
from accounts.models import AuditLine, ExternalIdentity, Revocation, User
from accounts.providers.base import SSOIdentity
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config, Provider

CORP = "https://sso.example.com/realms/corp"
OTHER = "https://login.example.net"
ISSUERS = {"corp": CORP, "other": OTHER}
MAPS = {
    "corp": {"/eng/a": "team-a", "/eng/b": "team-b", "/board": "Directors"},
    "other": {"a": "team-a", "c": "team-c"},
}
BEGAN = 1_700_000_000.0


def provider(name: str = "corp", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "issuer_url": ISSUERS.get(name, CORP),
        "client_id": "clawdbot",
        "client_secret": "kept-by-the-gateway-alone",
        "redirect_uri": "http://localhost:8080/callback",
        "group_map": MAPS.get(name, {}),
        "admin_groups": ("/admins",),
        **more,
    }


def config(*providers: dict[str, Any], **parts: Any) -> Config:
    """Development; `corp` and `other` unless others are given."""
    return Config(mode="development", oauth2=providers or (provider(), provider("other")), **parts)


def named(slug: str) -> Provider:
    return next(one for one in current().providers if one.slug == slug)


def coming(
    who: str, groups: Iterable[str] | None = (), *, by: str = "corp", at: float = 0.0, **more: Any
) -> SSOIdentity:
    """What a provider says of a person; the subject is the name."""
    said = None if groups is None else tuple(groups)
    issuer = ISSUERS.get(by, CORP)
    return SSOIdentity(issuer=issuer, subject=who, name=who.title(), groups=said, said_at=at, **more)


def sign_in(
    who: str, groups: Iterable[str] | None = (), *, by: str = "corp", link_to: User | None = None, **more: Any
) -> User:
    return linking.sign_in(coming(who, groups, by=by, **more), named(by), link_to=link_to)


def identity(who: str, by: str = "corp") -> ExternalIdentity:
    return ExternalIdentity.objects.get(issuer=ISSUERS.get(by, CORP), subject=who)


def teams(user: User) -> dict[str, set[str]]:
    """Sources by team; "" is by hand."""
    found: dict[str, set[str]] = {}
    for slug, source in user.memberships.values_list("team__slug", "source"):
        found.setdefault(slug, set()).add(source)
    return found


def groups(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def acts(action: str = "") -> list[tuple[str, str, dict[str, Any]]]:
    """(actor, action, details) of the audit log, oldest first."""
    lines = AuditLine.objects.order_by("id")
    found = lines.filter(action=action) if action else lines
    return [(line.actor, line.action, line.details) for line in found]


def ends(user: User) -> list[str]:
    """Kinds of what was ended of this person, oldest first."""
    found = Revocation.objects.filter(subject=str(user.pk)).order_by("id")
    return list(found.values_list("kind", flat=True))
