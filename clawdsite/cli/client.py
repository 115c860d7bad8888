"""`clawdbot client`: machine clients and their secrets, for people at the machine and for pipelines.

A secret stands alone on standard output, everything else on standard error, so that a pipeline can take it.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

import django
from django.db import DatabaseError
from django.utils import timezone

django.setup(set_prefix=False)

from accounts import clients  # noqa: E402 - models are importable only now
from accounts.models import OAuthClient, User  # noqa: E402
from accounts.pepper import PepperError  # noqa: E402

BY = "cli"


def run(args: argparse.Namespace) -> int:
    """0: done; 1: the database or the pepper cannot be used; 2: what was asked for cannot be."""
    try:
        ACTIONS[args.action](args)
    except clients.ClientError as error:
        return _complain(str(error), 2)
    except PepperError as error:
        return _complain(str(error), 1)
    except DatabaseError as error:
        words = f"the database cannot be used ({type(error).__name__}); has the gateway been started once?"
        return _complain(words, 1)
    return 0


def create(args: argparse.Namespace) -> None:
    owner = None
    if args.owner is not None:
        owner = User.objects.filter(username=args.owner).first()
        if owner is None:
            raise clients.ClientError(f"There is no person {args.owner}.")
    expires = None if args.expires is None else timezone.now() + timedelta(seconds=args.expires)
    client, secret = clients.make(
        args.name, args.scope.split(), by=BY, owner=owner, token_ttl=int(args.ttl), expires=expires
    )
    _tell(client)
    print(secret)


def rotate(args: argparse.Namespace) -> None:
    client = _named(args.client)
    secret = clients.rotate(client, by=BY, keep=args.keep)
    _tell(client)
    if args.keep:
        print(f"the secret before is good for {args.keep:.0f} s more", file=sys.stderr)
    else:
        print("the secret before and every token it got have ended", file=sys.stderr)
    print(secret)


def revoke(args: argparse.Namespace) -> None:
    client = _named(args.client)
    clients.revoke(client, by=BY, reason=args.reason)
    print(f"{client.name} ({client.client_id}) is revoked, and so are its tokens", file=sys.stderr)


def show(args: argparse.Namespace) -> None:
    """One line a client, tab-separated; never a secret."""
    for client in OAuthClient.objects.order_by("name"):
        state = "revoked" if not client.is_active else "active" if clients.is_alive(client) else "expired"
        used = "never" if client.last_used is None else client.last_used.isoformat(timespec="minutes")
        until = "no end" if client.expires is None else client.expires.isoformat(timespec="minutes")
        print("\t".join((client.client_id, state, used, until, client.scopes, client.name)))


ACTIONS = {"create": create, "rotate": rotate, "revoke": revoke, "list": show}


def _named(words: str) -> OAuthClient:
    """By client id or by name."""
    found = (
        OAuthClient.objects.filter(client_id=words).first() or OAuthClient.objects.filter(name=words).first()
    )
    if found is None:
        raise clients.ClientError(f"There is no client {words}.")
    return found


def _tell(client: OAuthClient) -> None:
    print(f"client_id: {client.client_id}\nscopes: {client.scopes}", file=sys.stderr)


def _complain(words: str, code: int) -> int:
    print(f"clawdbot: {words}", file=sys.stderr)
    return code
