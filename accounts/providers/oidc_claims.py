"""From verified claims to a person: name, e-mail, groups. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from accounts.providers.base import SSOError, SSOIdentity
from clawdsite.core.config.schema import Provider

log = logging.getLogger(__name__)

NAMES: Final = ("name", "preferred_username", "nickname")
LONGEST_NAME: Final = 255
LONGEST_EMAIL: Final = 254
MISSING: Final = object()

Claims = Mapping[str, Any]


def merged(claims: Claims, userinfo: Claims, groups_claim: str) -> dict[str, Any]:
    """The ID token's claims, with userinfo's name, e-mail and groups where it says any; never more.

    An address and whether it is verified belong together: both are taken from the same place.
    """
    found = dict(claims)
    found.update({name: userinfo[name] for name in NAMES if name in userinfo})
    if "email" in userinfo:
        found.pop("email_verified", None)
        found.update({name: userinfo[name] for name in ("email", "email_verified") if name in userinfo})
    if at(userinfo, groups_claim) is not MISSING:
        for name in _roots(groups_claim):
            if name in userinfo:
                found[name] = userinfo[name]
    if "_claim_names" in userinfo:
        found["_claim_names"] = userinfo["_claim_names"]
    return found


def identity(claims: Claims, provider: Provider, id_token: str) -> SSOIdentity:
    """SSOError(not_a_member): signed in at another Google Workspace domain than the configured one."""
    allowed = provider.provider_options.allowed_hd
    if allowed and claims.get("hd") != allowed:
        raise SSOError("not_a_member", "the token's hd is not provider_options.allowed_hd")
    email = _email(claims.get("email"))
    sid = claims.get("sid")
    return SSOIdentity(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email,
        email_verified=email is not None and claims.get("email_verified") is True,
        name=next((name for name in map(_text, map(claims.get, NAMES)) if name), "")[:LONGEST_NAME],
        groups=groups(claims, provider),
        sid=sid if isinstance(sid, str) and 0 < len(sid) <= 255 else None,
        id_token=id_token,
        raw=dict(claims),
    )


def groups(claims: Claims, provider: Provider) -> tuple[str, ...]:
    """As the provider names them. None where it does not say, says it in another form than a text or a
    list of texts, or says that there are too many to say: rights are never kept on a guess."""
    path = provider.provider_options.groups_claim
    if is_overage(claims, path):
        log.warning(
            "%s: a person is in too many groups for a token, so it names none and they have none here: "
            "use app roles (provider_options.groups_claim: roles) or assign fewer groups to the app",
            provider.slug,
        )
        return ()
    found = at(claims, path)
    if found is MISSING:
        return ()
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        log.warning("%s: %s in its claims is neither a text nor a list of texts", provider.slug, path)
        return ()
    return tuple(dict.fromkeys(one for one in listed if one))


def is_overage(claims: Claims, path: str) -> bool:
    """Entra ID's way to say that the groups do not fit into the token."""
    elsewhere = claims.get("_claim_names")
    named = isinstance(elsewhere, dict) and any(root in elsewhere for root in _roots(path))
    return named or ("groups" in _roots(path) and claims.get("hasgroups") not in (None, False, "false"))


def at(claims: object, path: str) -> Any:
    """What stands at a dotted path; a name that has dots itself (`https://a.example/groups`) counts too."""
    if not isinstance(claims, Mapping):
        return MISSING
    if path in claims:
        return claims[path]
    for root in _roots(path)[:-1]:
        if root in claims:
            found = at(claims[root], path[len(root) + 1 :])
            if found is not MISSING:
                return found
    return MISSING


def _roots(path: str) -> list[str]:
    """`a.b.c` -> a, a.b, a.b.c: the members that a path may begin with."""
    parts = path.split(".")
    return [".".join(parts[: length + 1]) for length in range(len(parts))]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _email(value: object) -> str | None:
    text = _text(value)
    return text if "@" in text and len(text) <= LONGEST_EMAIL and text.isprintable() else None
