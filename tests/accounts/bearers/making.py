"""A gateway that takes bearers of an OpenID provider, and tokens as that provider makes them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from accounts.models import ExternalIdentity, Membership, Team, User
from accounts.tokens.issue import issue
from accounts.tokens.keys import prepare
from clawdsite.core.config.schema import Config
from tests.accounts.forge import forge, rsa_by, rsa_key
from tests.accounts.test_keys import put
from tests.doubles.forging import Forging, without_none
from tests.live import signing_key

AUDIENCE = "clawdbot-api-of-the-sso"
LOGIN = "clawdbot"


def accepting(op: Forging, folder: Path, *, options: Any = None, auth: Any = None, **entry: Any) -> Config:
    """op signs people in and its access tokens count."""
    provider = {
        "name": "sso",
        "issuer_url": op.issuer,
        "client_id": LOGIN,
        "group_map": {"/eng/team-a": "team-a", "/eng/team-b": "team-b"},
        "provider_options": {"api_audience": AUDIENCE, **(options or {})},
    }
    keys = {"signing_key": signing_key(), "pepper": "p" * 40}
    return Config(
        mode="development",
        data_dir=str(folder),
        auth=keys | (auth or {}),
        oauth2=[provider | entry],
        server={"public_url": "https://chat.example.com"},
    )


def bearer(op: Forging, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """An access token of op for alice; `name=None` takes a claim out."""
    now = int(time.time())
    claims = {
        "iss": op.issuer,
        "aud": AUDIENCE,
        "sub": "alice-1",
        "iat": now,
        "exp": now + 300,
        "scope": "openid chat:read chat:write history:team-a history:team-b",
    }
    return op.signed(without_none(claims | changes), header)


def own(kid: str, header: dict[str, Any] | None = None, *, key: str = "own", **changes: Any) -> str:
    """A token in the gateway's name, made by hand."""
    now = int(time.time())
    claims = {
        "iss": "https://chat.example.com",
        "aud": "clawdbot-api",
        "sub": "tester",
        "client_id": "cli",
        "jti": f"jti-{now}",
        "iat": now,
        "exp": now + 300,
        "scope": "chat:read",
        "token_type": "access",
    }
    head = {"alg": "RS256", "typ": "at+jwt", "kid": kid} | (header or {})
    return forge(without_none(head), without_none(claims | changes), rsa_by(rsa_key(key)))


def known(op: Forging, name: str = "alice", subject: str = "alice-1", *slugs: str) -> User:
    """A person who signed in by op before, in these teams by its word."""
    user = User.objects.create_user(name)
    ExternalIdentity.objects.create(
        user=user, provider="sso", issuer=op.issuer, subject=subject, groups=sorted(slugs)
    )
    for slug in slugs:
        team, _ = Team.objects.get_or_create(slug=slug)
        Membership.objects.create(user=user, team=team, source="sso")
    return user


def own_kid(config: Config) -> str:
    """The gateway signs with a key that the tests have in hand."""
    put(Path(config.data_dir), "0001.pem", rsa_key("own"))
    return prepare(config)[0].kid


def trial(config: Config) -> str:
    """A token as the command line makes one, which may read."""
    return issue(config, sub="tester", scope="chat:read", ttl=60)
