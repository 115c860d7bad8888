"""Machine clients: made, rotated, changed, revoked, and recognised by their secret."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, clientsecrets
from accounts.models import OAuthClient, Revocation, User
from accounts.tokens import scopes as scoping
from accounts.tokens.claims import OWN_LEEWAY
from accounts.tokens.revocation import end

log = logging.getLogger(__name__)

KEEP: Final = 86400.0  # seconds that the old secret stays good after a rotation
LONGEST_KEEP: Final = 30 * 86400.0
SHORTEST_TTL: Final = 60
LONGEST_TTL: Final = 3600
OUTLIVES: Final = LONGEST_TTL + OWN_LEEWAY  # seconds until the last token of a client is dead by itself
NOTE: Final = 60.0  # seconds between two times that "last used" is written
ID: Final = re.compile(r"cb_[0-9a-f]{20}", re.ASCII)

_noted: Final[dict[str, float]] = {}
_noting: Final = threading.Lock()


class ClientError(Exception):
    """What was asked for cannot be; the text says so to the person who asked."""


# ---- what administrators and pipelines do -----------------------------------------------------


def make(
    name: str,
    scopes: Iterable[str],
    *,
    by: str,
    by_scopes: Iterable[str] | None = None,
    owner: User | None = None,
    token_ttl: int = 600,
    expires: datetime | None = None,
    address: str = "",
) -> tuple[OAuthClient, str]:
    """A new client and its secret, which nobody can read again.

    by: who makes it, as the audit log names them. by_scopes: the maker's own, which bound the client's; None:
    whoever runs the machine. ClientError.
    """
    granted = _checked(scopes, by_scopes)
    _check_times(token_ttl, expires)
    secret = clientsecrets.made()
    client = OAuthClient(
        name=_name(name), owner=owner, made_by=by[:150], scopes=granted, token_ttl=token_ttl, expires=expires
    )
    _give(client, secret)
    try:
        with transaction.atomic():
            client.save()
            _record(by, "client.make", client, address, name=client.name, **_terms(client))
    except IntegrityError:
        raise ClientError(_("There is a client of that name.")) from None
    return client, secret


def rotate(
    client: OAuthClient,
    *,
    by: str,
    by_scopes: Iterable[str] | None = None,
    keep: float = KEEP,
    address: str = "",
) -> str:
    """A new secret; the old one stays good for `keep` seconds. With 0 (it fell into wrong hands) it ends now,
    and with it every token it got. ClientError.

    by_scopes: of who reads the new secret: whoever has it may what the client may. None: as for `make`.
    """
    if not 0 <= keep <= LONGEST_KEEP:
        raise ClientError(_("The old secret can be kept for 30 days at most."))
    secret = clientsecrets.made()
    with transaction.atomic():
        fresh = _locked(client)
        _checked(fresh.scopes.split(), by_scopes)
        if keep:
            fresh.previous_prefix, fresh.previous_hash = fresh.secret_prefix, fresh.secret_hash
            fresh.previous_expires = timezone.now() + timedelta(seconds=keep)
        else:
            fresh.previous_prefix, fresh.previous_hash, fresh.previous_expires = "", "", None
        _give(fresh, secret)
        fresh.save()
        _record(by, "client.rotate", fresh, address, keep=int(keep))
        if not keep:
            end(Revocation.Kind.CLIENT, fresh.client_id, reason="secret ended", lives=OUTLIVES)
    return secret


def change(
    client: OAuthClient,
    *,
    by: str,
    by_scopes: Iterable[str] | None = None,
    address: str = "",
    **terms: Any,
) -> OAuthClient:
    """Other terms: name, scopes, owner, token_ttl, expires. With fewer scopes or a nearer end the tokens that
    it got before are dead. ClientError.

    by_scopes bounds what the client gains; what it had it may keep.
    """
    with transaction.atomic():
        fresh = _locked(client)
        before, until = set(fresh.scopes.split()), fresh.expires
        if "name" in terms:
            terms["name"] = _name(terms["name"])
        if "scopes" in terms:
            bound = None if by_scopes is None else before | set(by_scopes)
            terms["scopes"] = _checked(terms["scopes"], bound)
        for field, value in terms.items():
            setattr(fresh, field, value)
        _check_times(fresh.token_ttl, fresh.expires if fresh.expires != until else None)
        try:
            with transaction.atomic():
                fresh.save()
        except IntegrityError:
            raise ClientError(_("There is a client of that name.")) from None
        _record(by, "client.change", fresh, address, name=fresh.name, **_terms(fresh))
        sooner = fresh.expires is not None and (until is None or fresh.expires < until)
        if sooner or before - set(fresh.scopes.split()):
            end(Revocation.Kind.CLIENT, fresh.client_id, reason="terms changed", lives=OUTLIVES)
    return fresh


def revoke(client: OAuthClient, *, by: str, reason: str = "", address: str = "") -> None:
    """For good: its secrets are forgotten, and its tokens are dead within seconds."""
    with transaction.atomic():
        OAuthClient.objects.filter(pk=client.pk).update(
            is_active=False,
            secret_hash="",
            previous_hash="",
            previous_prefix="",
            previous_expires=None,
        )
        _record(by, "client.revoke", client, address, reason=reason)
        end(Revocation.Kind.CLIENT, client.client_id, reason=reason or "client revoked", lives=OUTLIVES)
    client.refresh_from_db()


# ---- what the token endpoint asks -------------------------------------------------------------


def find(client_id: str, secret: str) -> OAuthClient | None:
    """The living client with this id and secret; None, after the same work, for any other pair."""
    known = client_id if ID.fullmatch(client_id) else "cb_"
    prefix = clientsecrets.prefix_of(secret) if secret.isascii() and secret.isprintable() else ""
    named = Q(secret_prefix=prefix) | Q(previous_prefix=prefix)
    client = OAuthClient.objects.filter(named, client_id=known).first()
    given, now = clientsecrets.hash_of(secret), timezone.now()
    kept = ("", "")
    if client is not None:
        overlap = client.previous_expires is not None and client.previous_expires > now
        kept = (client.secret_hash, client.previous_hash if overlap else "")
    matched = clientsecrets.matches(given, *kept)
    return client if client is not None and matched and is_alive(client, now) else None


def is_alive(client: OAuthClient, now: datetime | None = None) -> bool:
    """Whether it may have tokens. They end with it, so the last minute before its end gives none."""
    return client.is_active and (client.expires is None or seconds_left(client, now) >= 1)


def seconds_left(client: OAuthClient, now: datetime | None = None) -> float:
    """How long a token of this client may live now: also with the leeway it is dead when the client ends."""
    if client.expires is None:
        return float(client.token_ttl)
    until = (client.expires - (now or timezone.now())).total_seconds() - OWN_LEEWAY
    return min(float(client.token_ttl), until)


def note_use(client: OAuthClient) -> None:
    """Remember that it was here; once a minute at most, and never at the price of its token."""
    now = time.monotonic()
    with _noting:
        if now - _noted.get(client.client_id, -NOTE) < NOTE:
            return
        _noted[client.client_id] = now
    moment = timezone.now()
    if client.last_used is not None and (moment - client.last_used).total_seconds() < NOTE:
        return
    try:
        OAuthClient.objects.filter(pk=client.pk).update(last_used=moment)
    except DatabaseError as err:
        log.info("last use of a client was not noted: %s", type(err).__name__)


# ---- parts ------------------------------------------------------------------------------------


def _give(client: OAuthClient, secret: str) -> None:
    client.secret_prefix, client.secret_hash = clientsecrets.prefix_of(secret), clientsecrets.hash_of(secret)
    client.secret_made = timezone.now()


def _locked(client: OAuthClient) -> OAuthClient:
    """The row as it is now, for this transaction alone."""
    fresh = OAuthClient.objects.select_for_update().get(pk=client.pk)
    if not fresh.is_active:
        raise ClientError(_("This client was revoked. Make another one."))
    return fresh


def _checked(asked: Iterable[str], bound: Iterable[str] | None) -> str:
    wanted = sorted(set(asked))
    for scope in wanted:
        if not scoping.counts(scope):
            raise ClientError(_("There is no scope %(scope)s.") % {"scope": scope[:80]})
        if bound is not None and scope not in set(bound):
            raise ClientError(_("You do not have the scope %(scope)s yourself.") % {"scope": scope})
    joined = " ".join(wanted)
    if len(joined) > 1000:
        raise ClientError(_("That is too many scopes for one client."))
    return joined


def _check_times(token_ttl: int, expires: datetime | None) -> None:
    if not SHORTEST_TTL <= token_ttl <= LONGEST_TTL:
        raise ClientError(_("A client's token lives for 60 to 3600 seconds."))
    if expires is not None and expires <= timezone.now():
        raise ClientError(_("The client would have expired already."))


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise ClientError(_("A client needs a name of at most 100 printable characters."))
    return name


def _terms(client: OAuthClient) -> dict[str, Any]:
    expires = client.expires.isoformat() if client.expires else None
    return {"scopes": client.scopes, "token_ttl": client.token_ttl, "expires": expires}


def _record(by: str, action: str, client: OAuthClient, address: str, **details: Any) -> None:
    audit.record(by, action, client.subject, details, address)
