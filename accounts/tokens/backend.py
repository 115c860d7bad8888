"""simplejwt's token backend, made strict: one issuer, its algorithms, its keys, and nothing unverified."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from jwt import PyJWS
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.tokens import claims as rulebook
from accounts.tokens.jws import Jws, parse
from accounts.tokens.sources import KeySource
from clawdsite.core.errors import InvalidToken

log = logging.getLogger(__name__)


class StrictTokenBackend(TokenBackend):
    """Judges the tokens of one issuer, by the algorithms and keys pinned to it.

    The signature is checked with PyJWT's algorithm over the bytes that `jws.parse` read, so no second parser
    can read something else. It cannot sign: it holds no signing key.
    """

    def __init__(self, rules: rulebook.Rules, keys: KeySource) -> None:
        audience, issuer, leeway = rules.audience, rules.issuer, rules.leeway
        super().__init__(rules.algorithms[0], audience=audience, issuer=issuer, leeway=leeway)
        self.rules = rules
        self.keys = keys
        self._schemes = {name: PyJWS().get_algorithm_by_name(name) for name in rules.algorithms}
        self._hinted = False

    async def verify(self, jws: Jws) -> dict[str, Any]:
        """The claims of a good token. InvalidToken; KeysUnreachable where it could not be judged."""
        self._check_header(jws)
        return self._judge(jws, await self.keys.find(jws.kid, jws.header["alg"]))

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """As `verify`, with the keys that are at hand. TokenBackendError for `verify=False`: never."""
        if not verify:
            raise TokenBackendError("a token is never read unverified")
        jws = parse(token if isinstance(token, str) else token.decode("latin-1"))
        self._check_header(jws)
        return self._judge(jws, self.keys.at_hand(jws.kid, jws.header["alg"]))

    def encode(self, payload: Mapping[str, Any]) -> NoReturn:
        """Tokens are made by `accounts.tokens.issue`, which writes kid and typ."""
        raise TokenBackendError("this backend only verifies")

    def _check_header(self, jws: Jws) -> None:
        if jws.header["alg"] not in self._schemes:
            expected = " or ".join(self._schemes)
            raise InvalidToken(f"token is signed with another algorithm: {expected} is expected")
        if self.rules.own and jws.header.get("typ") not in ("at+jwt", "application/at+jwt"):
            raise InvalidToken("token is of another kind: header typ must be at+jwt")
        if self.rules.own and not jws.kid:
            raise InvalidToken("token names no key (kid), which every token of this gateway does")

    def _judge(self, jws: Jws, key: Any | None) -> dict[str, Any]:
        if key is None:
            raise InvalidToken("token's key (kid) is not among those of its issuer")
        if not self._schemes[jws.header["alg"]].verify(jws.signed, key, jws.signature):
            raise InvalidToken("token's signature does not match its issuer's key")
        if "aud" not in jws.payload:
            self._hint()
        rulebook.check(jws.payload, self.rules, int(time.time()))
        return jws.payload

    def _hint(self) -> None:
        """Tells the operator, once, what the caller alone cannot mend."""
        if not self._hinted:
            self._hinted = True
            log.warning(
                "tokens of %s come without aud: have it write %s (in Keycloak: an Audience mapper)",
                self.rules.issuer,
                self.rules.audience,
            )
