"""What the vendors that are not OpenID providers share: WeCom, DingTalk, Feishu, Lark.

None has an ID token, a discovery document, a logout page, or a bearer that may be verified here; each has
an error number of its own inside the answer, and a directory that the app may be allowed to read.
"""

from __future__ import annotations

import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from accounts.providers.apptoken import AppTokens, Key, Refused, tokens
from accounts.providers.base import Finding, Returned, SSOError, SSOIdentity, Transaction
from accounts.providers.http import Answer, Deadline, Unreachable, ask
from clawdsite.core.config.schema import Provider

log = logging.getLogger(__name__)

LONGEST_CODE: Final = 2048
LONGEST_NAME: Final = 200
LONGEST_EMAIL: Final = 254
LEVELS: Final = 32  # departments above a department, at most
AWAY: Final = "try again; look at DNS, proxy and firewall between this machine and the vendor"
MAPPED_CHECKED: Final = 50  # departments of group_map that `check` asks for
_WORD: Final = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_SUBJECT: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Person:
    """What a vendor's directory says of one person; no more of it is kept.

    departments, roles: None where the app may not read them.
    """

    subject: str
    name: str = ""
    email: str | None = None
    departments: tuple[str, ...] | None = ()
    roles: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


class Vendor(ABC):
    """The half of `SignOn` and `Directory` that is alike; a subclass speaks to one vendor.

    Numbers or words of the vendor's errors: permission_missing: the app may not read the directory (then
    people sign in without departments); gone: the person is not there, or outside the app's visible range;
    stale: the app token is none any more.
    """

    pkce: bool = False
    uses_nonce: bool = False
    title: str = ""  # as people call the vendor
    host: str = ""  # of its interfaces, unless api_base says otherwise
    code_names: ClassVar[tuple[str, ...]] = ("code",)
    permission_missing: ClassVar[frozenset[int | str]] = frozenset()
    gone: ClassVar[frozenset[int | str]] = frozenset()
    stale: ClassVar[frozenset[int | str]] = frozenset()
    permission_fix: ClassVar[str] = ""

    def __init__(self, config: Provider, *, cache: AppTokens = tokens) -> None:
        self.config = config
        self.options = config.provider_options
        self.base = (self.options.api_base or self.host).rstrip("/")
        self._cache = cache
        secret = config.client_secret.get_secret_value()
        self.kind: str = config.provider  # what its issuers and groups begin with
        self._key = Key.of(self.kind, config.client_id, secret, self.base)

    # What each vendor says for itself

    @abstractmethod
    def issuer(self) -> str:
        """What its people's identities carry as issuer; empty where each tenant has its own."""

    @abstractmethod
    def person(self, subject: str, deadline: Deadline) -> Person | None:
        """The person as the directory knows them; None: gone or disabled. Refused, SSOError."""

    @abstractmethod
    def parent(self, department: str, deadline: Deadline) -> str | None:
        """The department above; None: there is none. Refused where it is not visible."""

    @abstractmethod
    def new_app_token(self, deadline: Deadline) -> tuple[str, Any]:
        """A fresh app token and the seconds that the vendor says it is good for."""

    def probe(self, deadline: Deadline) -> None:  # noqa: B027 - most vendors have no such question
        """One harmless question with an app token, for `check`."""

    @abstractmethod
    def cannot(self) -> Iterator[Finding]:
        """Facts about this vendor that `clawdbot sso check` tells."""

    # The parts of SignOn that are alike

    def returned(self, query: Mapping[str, Sequence[str]]) -> Returned:
        """Code or error among the callback's parameters, each single."""
        codes = {code for name in self.code_names if (code := single(query, name))}
        error = single(query, "error")
        single(query, "state")
        if len(codes) > 1:
            raise SSOError("invalid_response", f"{self.title} sent two codes that differ")
        if codes and error:
            raise SSOError("invalid_response", f"{self.title} sent a code and an error at once")
        if error:
            return Returned(None, error if _WORD.fullmatch(error) else "unreadable")
        if not codes:
            return self.returned_nothing()
        code = codes.pop()
        if len(code) > LONGEST_CODE or not code.isascii() or not code.isprintable():
            raise SSOError("invalid_response", f"{self.title} sent a code that is none")
        return Returned(code, None)

    def returned_nothing(self) -> Returned:
        raise SSOError("invalid_response", f"{self.title} sent neither a code nor an error")

    def check_return(  # noqa: B027 - there is nothing to check, at any vendor
        self, tx: Transaction, query: Mapping[str, Sequence[str]]
    ) -> None:
        """No vendor sends `iss` (RFC 9207); the transaction alone says whose code this is."""

    def logout_url(self, id_token: str, state: str, back: str) -> str | None:
        """No vendor has a page for it."""
        return None

    # Directory

    def look_up(self, subject: str) -> SSOIdentity | None:
        """The person as of now. None: gone, disabled, left, or outside the app's visible range."""
        deadline, said_at = Deadline.after(), time.time()
        if not (found := self._found(subject, deadline)):
            return None
        return self._identity(found, self._groups(found, deadline), said_at)

    def in_directory(self, subject: str, deadline: Deadline) -> tuple[Person | None, tuple[str, ...]]:
        """At sign-in: the person and their groups. None: the app may not read the directory.

        Where it may not, there are no groups: rights that nobody can confirm any more are not kept.
        SSOError(not_a_member) for whom `look_up` would not find either.
        """
        if not self.options.departments:
            return None, ()
        try:
            found = self._found(subject, deadline)
        except Refused as err:
            if err.number not in self.permission_missing:
                raise
            log.warning("%s: signed in without departments: %s", self.config.slug, err.detail)
            return None, ()
        if found is None:
            raise SSOError("not_a_member", f"{self.title}: nobody active in the app's visible range")
        return found, self._groups(found, deadline)

    def _found(self, subject: str, deadline: Deadline) -> Person | None:
        try:
            return self.person(subject, deadline)
        except Refused as err:
            if err.number in self.gone:
                return None
            raise

    def _groups(self, person: Person, deadline: Deadline) -> tuple[str, ...]:
        if not self.options.departments:
            return ()
        if person.departments is None:
            log.warning("%s: it does not say departments: %s", self.config.slug, self.permission_fix)
        departments: Iterable[str] = person.departments or ()
        if self.options.ancestors:
            departments = self._with_ancestors(departments, deadline)
        found = [f"{self.kind}:dept:{department}" for department in departments]
        found += [f"{self.kind}:role:{role}" for role in person.roles]
        return tuple(dict.fromkeys(found))

    def _with_ancestors(self, own: Iterable[str], deadline: Deadline) -> list[str]:
        found: dict[str, None] = {}
        for department in own:
            step: str | None = department
            for _ in range(LEVELS):
                if step is None or step in found:
                    break
                found[step] = None
                step = self._above(step, deadline)
        return list(found)

    def _above(self, department: str, deadline: Deadline) -> str | None:
        try:
            return self.parent(department, deadline)
        except Refused as err:
            if err.code == "provider_unavailable":
                raise
            log.warning("%s: what is above a department is not visible: %s", self.config.slug, err.detail)
            return None

    def _identity(self, person: Person, groups: tuple[str, ...], said_at: float) -> SSOIdentity:
        return SSOIdentity(
            issuer=self.issuer(),
            subject=person.subject,
            email=person.email,
            name=person.name or person.subject,
            groups=groups,
            said_at=said_at,
            raw=person.raw,
        )

    # Asking

    def ask(self, what: str, method: str, url: str, deadline: Deadline, **more: Any) -> Answer:
        """http.ask; SSOError(provider_unavailable) where there is no answer. what: names it in the log."""
        try:
            return ask(method, url, deadline=deadline, **more)
        except Unreachable as err:
            reason = f"{self.title} {what}: {err}"
        raise SSOError("provider_unavailable", reason)

    def with_app_token(self, call: Callable[[str], dict[str, Any]], deadline: Deadline) -> dict[str, Any]:
        """call(token); once more with a new token where the vendor says that the old one is none."""

        def fresh() -> tuple[str, Any]:
            return self.new_app_token(deadline)

        token = self._cache.get(self._key, fresh, deadline)
        try:
            return call(token)
        except Refused as err:
            if err.number not in self.stale:
                raise
        self._cache.drop(self._key, token)
        token = self._cache.get(self._key, fresh, deadline)
        try:
            return call(token)
        except Refused as err:
            if err.number not in self.stale:
                raise
            reason = f"{err.detail}, with a new app token too"
        raise SSOError("provider_unavailable", reason)

    # clawdbot sso check

    def check(self) -> list[Finding]:
        """Asks for an app token and for the departments of group_map; changes nothing."""
        found = [*self.cannot(), *self._map_findings()]
        try:  # a token at hand would hide that the secret is another one now
            self.new_app_token(Deadline.after())
        except SSOError as err:
            where, fix = "client_id, client_secret", "compare them with the app's page at the vendor"
            return [*found, Finding("error", err.detail, where, fix)]
        found.append(Finding("ok", f"{self.title} gives the app a token"))
        try:
            self.probe(Deadline.after())
        except Refused as err:
            if err.number not in self.permission_missing:
                fix = f"mend it there; docs/sso.md leads to {self.title}'s page with every number"
                return [*found, Finding("error", err.detail, "the app's page at the vendor", fix)]
            found.append(Finding("warning", err.detail, "the app's permissions", self.permission_fix))
        except SSOError as err:
            return [*found, Finding("error", err.detail, "the directory", AWAY)]
        return found + (list(self._directory_findings()) if self.options.departments else [])

    def _map_findings(self) -> Iterator[Finding]:
        known = re.compile(rf"{self.kind}:(dept|role):.+")
        for group in self.config.group_map:
            if not known.fullmatch(group):
                yield Finding(
                    "warning",
                    f"group_map names {group!r}, which {self.title} never says",
                    "group_map",
                    f"write {self.kind}:dept:<id>",
                )

    def _directory_findings(self) -> Iterator[Finding]:
        prefix = f"{self.kind}:dept:"
        mapped = [group for group in self.config.group_map if group.startswith(prefix)]
        for group in mapped[:MAPPED_CHECKED]:
            try:
                self.parent(group.removeprefix(prefix), Deadline.after())
            except Refused as err:
                lacking = err.number in self.permission_missing
                yield Finding(
                    "warning",
                    f"{group} of group_map cannot be read: {err.detail}",
                    "the app's permissions" if lacking else "group_map",
                    self.permission_fix if lacking else "is the id right, and in the app's visible range?",
                )
            except SSOError as err:
                yield Finding("error", err.detail, "the directory", AWAY)
                return
            else:
                yield Finding("ok", f"{group} of group_map is visible")


def single(query: Mapping[str, Sequence[str]], name: str) -> str:
    """The one value of a parameter; empty counts as missing (RFC 6749 section 3.1)."""
    values = query.get(name, ())
    if len(values) > 1:
        raise SSOError("invalid_response", f"the answer holds {name} more than once")
    return values[0] if values else ""


def page(endpoint: str, *parameters: tuple[str, str]) -> str:
    """endpoint with these parameters, in this order."""
    return f"{endpoint}?{urlencode(parameters, quote_via=quote, safe='')}"


def number_in(found: Mapping[str, Any], name: str) -> int | None:
    """A vendor's status; None: missing or no integer, which is never taken for success."""
    value = found.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_in(found: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text with something in it, short enough for a name."""
    values = (found.get(name) for name in names)
    texts = (value.strip() for value in values if isinstance(value, str))
    return next((text[:LONGEST_NAME] for text in texts if text), "")


def email_in(found: Mapping[str, Any], *names: str) -> str | None:
    """The first of these members that looks like an address. No vendor verifies one."""
    values = (found.get(name) for name in names)
    texts = (value for value in values if isinstance(value, str) and len(value) <= LONGEST_EMAIL)
    return next((text for text in texts if "@" in text and text.isprintable()), None)


def subject_in(found: Mapping[str, Any], name: str) -> str | None:
    """A stable id: printable ASCII without blanks, at most 255 characters."""
    value = found.get(name)
    return value if isinstance(value, str) and _SUBJECT.fullmatch(value) else None


def word(value: Any) -> str:
    """A vendor's error word for the log; what does not look like one is not repeated."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else "unreadable"
