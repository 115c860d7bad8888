"""People in step with WeCom, DingTalk, Feishu and Lark: who moved there moves here, who left there is out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit, linking, services
from accounts.models import ExternalIdentity, Revocation, User
from accounts.providers import registry
from accounts.providers.base import Directory, SSOError, SSOIdentity
from accounts.tokens import revocation
from clawdsite.core.config.live import current

log = logging.getLogger(__name__)

TICK: Final = 60.0  # seconds, at most, between two looks for people whose turn it is
GIVE_UP: Final = 5  # failures in a row after which a provider is left alone until the next time
FEW: Final = 10  # so many may be gone at once whatever the share
BY: Final = "sync:"  # and the provider: who did it

Answers = list[tuple[ExternalIdentity, SSOIdentity | None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one provider's turn came to, in people.

    asked: for whom there was an answer. moved: whose groups are others now. gone: unknown there from now on.
    off: of those, who is switched off here. back: switched on again. failed: for whom there was no answer.
    refused: so many would have been gone at once that none of them was believed to be.
    """

    provider: str
    asked: int = 0
    moved: int = 0
    gone: int = 0
    off: int = 0
    back: int = 0
    failed: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One pass over all providers that can be asked."""

    outcomes: tuple[Outcome, ...] = ()


def run_once(*, believe: bool = False) -> Report:
    """Ask about everybody now, whoever asked a moment ago (`clawdbot sso sync`).

    believe: somebody looked into it, and so many did leave at once.
    """
    return sync(timezone.now(), every=0.0, believe=believe)


def sync(
    now: datetime,
    *,
    every: float | None = None,
    believe: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Report:
    """Ask each vendor about each known person who was not asked about for `every` seconds (None: sso.sync).

    A provider that any tenant may sign in by (allow_any_tenant) can be asked about nobody. Of several
    processes each person is asked about by one. Blocks as long as the vendors take.
    """
    wait = current().sso.sync if every is None else every
    found = []
    for sign_on in registry.all():
        if not isinstance(sign_on, Directory) or not sign_on.issuer() or stopping():
            continue
        if mine := _claimed(sign_on.config.slug, sign_on.issuer(), now, wait):
            found.append(_one(sign_on.config.slug, sign_on, mine, believe, stopping))
    return Report(tuple(found))


def _due(slug: str, issuer: str) -> QuerySet[ExternalIdentity]:
    """Accounts to ask about: not those of people who were switched off by hand."""
    known = ExternalIdentity.objects.filter(provider=slug, issuer=issuer)
    return known.filter(Q(user__is_active=True) | Q(user__switched_off_by__startswith=BY))


def _claimed(slug: str, issuer: str, now: datetime, wait: float) -> list[ExternalIdentity]:
    """Those whose turn it is, marked so by one statement: another process finds none of them."""
    turn = Q(synced=None) | Q(synced__lte=now - timedelta(seconds=wait))
    with transaction.atomic():
        found = list(_due(slug, issuer).filter(turn).select_for_update(of=("self",)).order_by("pk"))
        ExternalIdentity.objects.filter(pk__in=[known.pk for known in found]).update(synced=now)
    return found


def _one(
    slug: str,
    vendor: Directory,
    people: Iterable[ExternalIdentity],
    believe: bool,
    stopping: Callable[[], bool],
) -> Outcome:
    answers, failed = _asked(slug, vendor, people, stopping)
    if stopping():
        return Outcome(slug)
    if not answers and failed:
        log.warning("%s: nobody could be looked up, so nobody was changed", slug)
        return Outcome(slug, failed=failed)
    leaving = [known for known, found in answers if found is None and known.gone is None]
    refused = not believe and len(leaving) > FEW and 2 * len(leaving) > len(answers)
    if refused:
        _refuse(slug, len(leaving), len(answers))
        leaving = []
    staying = [(known, found) for known, found in answers if found is not None]
    changes = [_stay(slug, known, found) for known, found in staying]
    off = [_leave(slug, known) for known in leaving]
    return Outcome(
        slug,
        asked=len(answers),
        moved=sum(moved for moved, _ in changes),
        gone=len(off),
        off=sum(off),
        back=sum(back for _, back in changes),
        failed=failed,
        refused=refused,
    )


def _asked(
    slug: str, vendor: Directory, people: Iterable[ExternalIdentity], stopping: Callable[[], bool]
) -> tuple[Answers, int]:
    """What the vendor says of each; no transaction is open meanwhile."""
    answers: Answers = []
    failed = in_a_row = 0
    for known in people:
        if stopping() or in_a_row >= GIVE_UP:
            break
        try:
            answers.append((known, vendor.look_up(known.subject)))
        except SSOError as error:
            failed, in_a_row = failed + 1, in_a_row + 1
            log.info("%s: a person could not be looked up: %s", slug, error.detail)
        else:
            in_a_row = 0
    if in_a_row >= GIVE_UP:
        log.warning("%s: %d look-ups failed in a row; the rest waits for the next sync", slug, in_a_row)
    return answers, failed


def _stay(slug: str, known: ExternalIdentity, found: SSOIdentity) -> tuple[bool, bool]:
    """-> whether their groups are others now, and whether they are back."""
    with transaction.atomic():
        user = _locked(known)
        back = not user.is_active
        if back and user.switched_off_by != BY + slug:
            return False, False  # by hand, or by another provider, since they were chosen
        if known.gone is not None:
            ExternalIdentity.objects.filter(pk=known.pk).update(gone=None)
        if back:
            services.reactivate(user, BY + slug)
        linking.apply_groups(known, found.groups, found.said_at, actor=BY + slug)
        after = ExternalIdentity.objects.values_list("groups", flat=True).get(pk=known.pk)
    return set(after) != set(known.groups), back


def _leave(slug: str, known: ExternalIdentity) -> bool:
    """The vendor's gifts are taken, and whoever has no other account that counts is switched off; so are
    administrators made by hand, but for the last one there is. -> whether they were."""
    with transaction.atomic():
        user = _locked(known)
        known.gone = timezone.now()
        known.save(update_fields=["gone"])
        linking.apply_groups(known, (), actor=BY + slug)
        named = [provider.slug for provider in current().providers]
        user.refresh_from_db()
        counts_elsewhere = user.identities.filter(gone=None, provider__in=named).exists()
        if user.is_active and not counts_elsewhere and not _kept(slug, user):
            services.deactivate(user, BY + slug, reason="gone at the provider")
            return True
        revocation.end(Revocation.Kind.IDENTITY, f"{known.issuer} {known.subject}", reason="gone there")
    return False


def _kept(slug: str, user: User) -> bool:
    """Whether nobody could run the gateway without this person, who then stays."""
    administrators = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    if not (user.is_staff and user.is_superuser) or administrators.exclude(pk=user.pk).exists():
        return False
    log.error("%s: the last administrator is gone there and stays switched on: make another one", slug)
    audit.record(BY + slug, "sync.refused", f"person:{user.pk}", {"kept": "the last administrator"})
    return True


def _locked(known: ExternalIdentity) -> User:
    """The person as of now, locked in the order of a sign-in: the account, then its person."""
    return ExternalIdentity.objects.select_for_update().select_related("user").get(pk=known.pk).user


def _refuse(slug: str, leaving: int, asked: int) -> None:
    log.error(
        "%s: %d of %d people would be gone at once, so none was switched off: is the app's visible range, or "
        "its right to read the directory, another one than before? Whoever left is switched off by hand.",
        slug, leaving, asked,
    )  # fmt: skip
    audit.record(BY + slug, "sync.refused", f"provider:{slug}", {"gone": leaving, "asked": asked})


class Syncing:
    """The thread of a server that syncs again and again."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it runs already."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="sso.sync", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the look-up that is under way; what it answers changes nothing any more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            thread.join(1.0)

    def _run(self) -> None:
        while not self._stop.wait(min(TICK, current().sso.sync or TICK)):
            if current().sso.sync:
                self.attempt()

    def attempt(self) -> None:
        """One pass; whatever it meets, the next one comes."""
        try:
            sync(timezone.now(), stopping=self._stop.is_set)
        except (DatabaseError, InterfaceError) as error:
            log.warning("people could not be synced: the database is away (%s)", type(error).__name__)
        except Exception:  # a bug met with one person must not end the syncing of all
            log.exception("people could not be synced")
        finally:
            connection.close()


syncing: Final = Syncing()
