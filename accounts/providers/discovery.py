"""What an OpenID issuer publishes about itself: metadata and keys, kept (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from accounts.providers import keyset
from accounts.providers.base import Code, SSOError
from accounts.providers.http import Answer, Deadline, Unreachable, ask
from accounts.providers.kept import Kept
from accounts.providers.keyset import KeySet, PublicKey
from accounts.tokens.jws import Malformed, load_object
from accounts.tokens.outside import is_loopback

WELL_KNOWN: Final = "/.well-known/openid-configuration"
NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL: Final = ("userinfo_endpoint", "end_session_endpoint")

_known: Final[dict[str, Discovery]] = {}
_making: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Metadata:
    """Members as Discovery 1.0 section 3 names them; '' or None where the issuer says nothing of it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_auth_methods: tuple[str, ...] | None = None
    challenge_methods: tuple[str, ...] | None = None
    algorithms: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    says_issuer: bool = False  # RFC 9207
    backchannel_logout: bool = False


class Discovery:
    """One issuer. Any thread may ask; each document is fetched by one of them. clock: monotonic seconds."""

    def __init__(self, issuer: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._metadata: Kept[Metadata] = Kept(f"metadata of {issuer}", clock)
        self._keys: Kept[KeySet] = Kept(f"keys of {issuer}", clock)
        self._keys_of = ""  # the jwks_uri that _keys came from
        self._moving = threading.Lock()

    def metadata(self, deadline: Deadline | None = None) -> Metadata:
        """SSOError: it cannot be had, or must not be believed."""
        return self._metadata.get(self._ask_metadata, deadline or Deadline.after())

    def jwks_uri(self) -> str:
        """Where its keys are, for who fetches them otherwise (bearers). SSOError; may block for 5 s."""
        return self.metadata().jwks_uri

    def keys(self, deadline: Deadline | None = None) -> KeySet:
        deadline = deadline or Deadline.after()
        return self._keys.get(self._from(deadline), deadline)

    def find(
        self, kid: str | None, algorithm: str, deadline: Deadline, *, direct: bool = True
    ) -> PublicKey | None:
        """The key by this name; None: it is not published. SSOError: nobody can say.

        direct: the token came from the token endpoint, so a new name means that the issuer changed its
        keys: they are fetched at once. A token that anybody could send causes one fetch in 30 s.
        """
        found = self.keys(deadline).pick(kid, algorithm)
        if found is None and kid is not None:
            most = 5 if direct else 1
            found = self._keys.again(self._from(deadline), deadline, most=most).pick(kid, algorithm)
        return found

    def _from(self, deadline: Deadline) -> Callable[[Deadline], KeySet]:
        """How to fetch the keys; those of another address than the metadata's are forgotten first."""
        address = self.metadata(deadline).jwks_uri
        with self._moving:
            if self._keys_of != address:
                self._keys.forget()
                self._keys_of = address
        return lambda left: read_keys(answer_of(address, "its keys (jwks_uri)", left))

    def _ask_metadata(self, deadline: Deadline) -> Metadata:
        answer = answer_of(address_of(self.issuer), "its metadata", deadline)
        return read_metadata(answer, self.issuer)


def of(issuer: str) -> Discovery:
    """The one Discovery of this issuer; it outlives reloads of the configuration."""
    with _making:
        return _known.setdefault(issuer, Discovery(issuer))


def address_of(issuer: str) -> str:
    """Appended, whatever path the issuer has (Discovery 1.0 section 4.1)."""
    return issuer.rstrip("/") + WELL_KNOWN


def answer_of(url: str, what: str, deadline: Deadline) -> Answer:
    """A plain 200. SSOError for anything else; the detail quotes nothing of the answer."""
    try:
        answer = ask("GET", url, deadline=deadline)
    except Unreachable as err:
        raise SSOError("provider_unavailable", f"{what} cannot be had: {err}") from None
    if 300 <= answer.status < 400:
        raise SSOError("misconfigured", f"{what} answers a redirect ({answer.status}), which is not followed")
    if answer.status != 200:
        code: Code = "misconfigured" if answer.status in (401, 403, 404, 410) else "provider_unavailable"
        raise SSOError(code, f"{what} cannot be had: it answers {answer.status}")
    return answer


def read_metadata(answer: Answer, issuer: str) -> Metadata:
    """SSOError unless it is this issuer's, and every address in it may be asked."""
    try:
        said = load_object(answer.body)
    except Malformed as err:
        raise SSOError("invalid_response", f"its metadata is no proper JSON object: {err}") from None
    if said.get("issuer") != issuer:
        raise SSOError(
            "misconfigured",
            f"issuer_url is {issuer!r}, but the metadata's issuer is {_shown(said.get('issuer'))}: "
            "they must be equal, character by character",
        )
    needed = {name: _address(said, name, issuer) for name in NEEDED}
    optional = {name: _address(said, name, issuer) if name in said else "" for name in OPTIONAL}
    return Metadata(
        issuer=issuer,
        **needed,
        **optional,
        token_auth_methods=_names(said, "token_endpoint_auth_methods_supported"),
        challenge_methods=_names(said, "code_challenge_methods_supported"),
        algorithms=_names(said, "id_token_signing_alg_values_supported"),
        scopes=_names(said, "scopes_supported"),
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        backchannel_logout=said.get("backchannel_logout_supported") is True,
    )


def read_keys(answer: Answer) -> KeySet:
    try:
        return keyset.read(answer.body)
    except keyset.BadKeys as err:
        raise SSOError("invalid_response", f"its keys (jwks_uri) are refused: {err}") from None


def _shown(value: object) -> str:
    return repr(value[:500]) if isinstance(value, str) else "missing or no text"


def _address(said: dict[str, Any], name: str, issuer: str) -> str:
    """https; http only on this machine, and not in the metadata of an issuer that is elsewhere."""
    url = said.get(name)
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host, _ = (parts.hostname or "", parts.port) if parts is not None else ("", None)
    except ValueError:
        parts = None
    if parts is None or not host or parts.fragment or parts.username is not None:
        raise SSOError("misconfigured", f"its metadata has no usable {name}")
    plain = parts.scheme == "http" and is_loopback(host) and issuer.startswith("http:")
    if parts.scheme != "https" and not plain:
        raise SSOError("misconfigured", f"its metadata's {name} is not https")
    return str(url)


def _names(said: dict[str, Any], member: str) -> tuple[str, ...] | None:
    found = said.get(member)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else None
